/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/list.c - the commands that show guests: list, vcpu-list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/look.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/text.h"
#include "dom0-tools/lib/vcpu.h"

void guest_describe_fully(const struct guest *guest, struct json_object *object)
{
	const struct domain_info *info = &guest->info;
	struct guest_state state = guest_state_of(info);
	char letters[7];

	guest_describe(guest, object);
	output_add_text(object, "state", state.name);
	output_add_number(object, "state_code", (uint64_t)state.code);
	output_add_text(object, "reason", state.reason);
	output_add_number(object, "reason_code", (uint64_t)state.reason_code);
	output_add_number(object, "vcpus", info->vcpus_online);
	output_add_number(object, "max_vcpus", info->vcpus_max);
	output_add_number(object, "memory_kib", info->memory_pages * 4);
	output_add_number(object, "max_memory_kib", info->max_pages * 4);
	output_add_number(object, "cpu_time_ns", info->cpu_time_ns);
	guest_state_letters(info, letters);
	output_add_text(object, "xl_state", letters);
}

static int print_json(struct invocation *invocation, const struct guest *guests, size_t count)
{
	struct json_object *document = output_begin(invocation);
	struct json_object *array = output_add_array(document, "guests");

	for (size_t i = 0; i < count; i++)
		guest_describe_fully(&guests[i], output_append_object(array));
	return output_print(invocation, document);
}

static void print_names(const struct guest *guests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (guests[i].info.domid != 0 && guests[i].name[0])
			puts(guests[i].name);
}

/* Scripts parse this table: it is that of xl, byte by byte. */
static void print_like_xl(const struct guest *guests, size_t count)
{
	printf("%-40s %5s %5s %5s\t%s\t%s\n", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)");
	for (size_t i = 0; i < count; i++) {
		const struct domain_info *info = &guests[i].info;
		char letters[7];

		guest_state_letters(info, letters);
		printf("%-40s %5u %5lu %5u     %s  %8.1f\n",
		       guests[i].name[0] ? guests[i].name : "(null)", info->domid,
		       (unsigned long)((info->memory_pages + 128) / 256), info->vcpus_online,
		       letters, (double)info->cpu_time_ns / 1e9);
	}
}

static int name_width(const struct guest *guests, size_t count)
{
	int width = 4;

	for (size_t i = 0; i < count; i++) {
		int length = (int)strlen(guests[i].name);

		width = length > width ? length : width;
	}
	return width;
}

static void print_table(const struct guest *guests, size_t count, bool full)
{
	int width = name_width(guests, count);

	printf("%5s  %-*s  %-11s %5s %10s %12s", "ID", width, "NAME", "STATE", "VCPUS", "MEMORY",
	       "CPU TIME");
	printf("%s\n", full ? "   LIMIT      REASON    UUID" : "");
	for (size_t i = 0; i < count; i++) {
		const struct domain_info *info = &guests[i].info;
		struct guest_state state = guest_state_of(info);
		char memory[TEXT_BYTES_ROOM], limit[TEXT_BYTES_ROOM], uuid[UUID_TEXT];

		printf("%5u  %-*s  %-11s %5u %10s %10.1f s", info->domid, width,
		       guests[i].name[0] ? guests[i].name : "-", state.name, info->vcpus_online,
		       text_write_bytes(memory, info->memory_pages << 12),
		       (double)info->cpu_time_ns / 1e9);
		if (full)
			printf("   %-10s %-9s %s",
			       info->max_pages > UINT32_MAX
				       ? "none"
				       : text_write_bytes(limit, info->max_pages << 12),
			       state.reason, uuid_write(uuid, info->uuid));
		putchar('\n');
	}
}

int command_list(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct guest *guests;
	size_t count;
	int result = guests_selected(invocation, &guests, &count);

	if (result)
		return result;
	if (invocation->json)
		result = print_json(invocation, guests, count);
	else if (arguments_has(arguments, "names"))
		print_names(guests, count);
	else if (invocation->like_xl)
		print_like_xl(guests, count);
	else
		print_table(guests, count, arguments_has(arguments, "long"));
	free(guests);
	return result;
}

/* "0-3", or "all" when it has every CPU there is. */
void look_write_cpus(const struct vcpu_cpus *cpus, uint32_t cpu_count, char *text, size_t room)
{
	struct guest_cpu_set set = {{0}};
	bool all = true;

	for (uint32_t cpu = 0; cpu < cpu_count && cpu < GUEST_CPUS_MAX; cpu++) {
		if (cpus->bits[cpu / 64] >> (cpu % 64) & 1)
			set.bits[cpu / 64] |= 1ull << (cpu % 64);
		else
			all = false;
	}
	if (all)
		snprintf(text, room, "all");
	else
		(void)guest_cpu_set_print(&set, text, room);
}

/* Where rows of vcpu-list go. */
struct vcpu_table {
	struct invocation *invocation;
	uint32_t cpus;		   /* of the host */
	struct json_object *array; /* NULL: a table for people */
};

static void print_vcpu(const struct vcpu_table *table, const struct guest *guest, uint32_t number,
		       const struct vcpu_status *info, const char *hard, const char *soft)
{
	const char *state = !info->online   ? "--p"
			    : info->running ? "r--"
			    : info->blocked ? "-b-"
					    : "---";
	char where[16] = "-";

	if (info->online)
		snprintf(where, sizeof(where), "%u", info->cpu);
	printf("%-32s %5u %5u %5s   %3s %9.1f  %s / %s\n",
	       guest->name[0]		    ? guest->name
	       : table->invocation->like_xl ? "(null)"
					    : "-",
	       guest->info.domid, number, where, state, (double)info->cpu_time_ns / 1e9, hard,
	       soft);
}

static int show_vcpu(const struct vcpu_table *table, const struct guest *guest, uint32_t number)
{
	struct hypervisor *hypervisor = table->invocation->hypervisor;
	struct failure *failure = &table->invocation->failure;
	char hard[GUEST_CPU_SET_TEXT], soft[GUEST_CPU_SET_TEXT];
	struct vcpu_affinity affinity;
	struct vcpu_status info;
	struct json_object *object;
	int result;

	result = vcpu_get_status(hypervisor, guest->info.domid, number, &info, failure);
	if (!result)
		result = vcpu_get_affinity(hypervisor, guest->info.domid, number, &affinity,
					   failure);
	if (result)
		return result;
	look_write_cpus(&affinity.hard, table->cpus, hard, sizeof(hard));
	look_write_cpus(&affinity.soft, table->cpus, soft, sizeof(soft));
	if (!table->array) {
		print_vcpu(table, guest, number, &info, hard, soft);
		return 0;
	}
	object = output_append_object(table->array);
	output_add_text(object, "guest", guest->name[0] ? guest->name : NULL);
	output_add_number(object, "id", guest->info.domid);
	output_add_number(object, "vcpu", number);
	output_add_number(object, "cpu", info.cpu);
	output_add_text(object, "state",
			!info.online   ? "offline"
			: info.running ? "running"
			: info.blocked ? "blocked"
				       : "runnable");
	output_add_number(object, "cpu_time_ns", info.cpu_time_ns);
	output_add_text(object, "hard_affinity", hard);
	output_add_text(object, "soft_affinity", soft);
	return 0;
}

static int show_vcpus(const struct vcpu_table *table, const struct guest *guests, size_t count)
{
	int result = 0;

	if (!table->array)
		printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State",
		       "Time(s)", "Affinity (Hard / Soft)");
	for (size_t i = 0; !result && i < count; i++)
		for (uint32_t vcpu = 0; !result && vcpu < guests[i].info.vcpus_max; vcpu++)
			result = show_vcpu(table, &guests[i], vcpu);
	return result;
}

int command_vcpu_list(struct invocation *invocation)
{
	struct vcpu_table table = {.invocation = invocation};
	struct json_object *document = NULL;
	struct host_info host;
	struct guest *guests;
	size_t count;
	int result = guests_selected(invocation, &guests, &count);

	if (result)
		return result;
	result = host_get_info(invocation->hypervisor, &host, &invocation->failure);
	table.cpus = host.cpus;
	if (!result && invocation->json) {
		document = output_begin(invocation);
		table.array = output_add_array(document, "vcpus");
	}
	if (!result)
		result = show_vcpus(&table, guests, count);
	free(guests);
	if (!document)
		return result;
	if (!result)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}
