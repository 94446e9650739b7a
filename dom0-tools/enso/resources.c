/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/resources.c - the commands that change what a guest may use of the
 * host: vcpu-set, mem-set, mem-max, sched.  pin.c has vcpu-pin.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/enso/waiting.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/progress.h"
#include "dom0-tools/lib/scheduler.h"
#include "dom0-tools/lib/text.h"

/* What a guest may have above its target: shared pages, its own slack. */
#define MEMORY_SLACK_KIB 1024
#define MEMORY_LEAST_KIB (16 << 10)

static int find_usable(struct invocation *invocation, struct guest *guest)
{
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_find(invocation, invocation->arguments.words[0], guest);
	if (!result && (guest->info.dying || guest->info.shut_down))
		result = failure_set(&invocation->failure, EBUSY, guest_label(guest), NULL,
				     "it is %s", guest_state_of(&guest->info).name);
	return result;
}

/* Looks until `reached` says so; ETIMEDOUT told with what was reached. */
static int look_until(struct invocation *invocation, struct guest *guest, const char *what,
		      bool (*reached)(const struct domain_info *info, uint64_t wanted),
		      uint64_t wanted, uint64_t seconds)
{
	struct waiting waiting;
	int result = waiting_begin(&waiting, invocation, seconds, 100);

	while (!result) {
		result = domain_info(invocation->hypervisor, guest->info.domid, &guest->info,
				     &invocation->failure);
		if (result || reached(&guest->info, wanted))
			return result;
		result = waiting_next(&waiting);
		if (result == 0)
			return failure_set(&invocation->failure, ETIMEDOUT, guest_label(guest),
					   "`enso console` shows what it does",
					   "it has not done it after %lu s: %u vCPUs on line, %lu "
					   "KiB, wanted %s",
					   (unsigned long)seconds, guest->info.vcpus_online,
					   (unsigned long)guest->info.memory_pages * 4, what);
		result = result < 0 ? result : 0;
	}
	return result;
}

/* With --wait. */
static int wait_until(struct invocation *invocation, struct guest *guest, const char *what,
		      bool (*reached)(const struct domain_info *info, uint64_t wanted),
		      uint64_t wanted)
{
	struct progress progress = {.runs = false};
	int result;

	if (!arguments_has(&invocation->arguments, "wait"))
		return 0;
	progress_begin(&progress, "waiting for the guest to do it", 0);
	result = look_until(invocation, guest, what, reached, wanted,
			    arguments_number(&invocation->arguments, "timeout", 30));
	progress_end(&progress);
	return result;
}

struct vcpu_setting {
	const struct guest *guest;
	uint64_t wanted;
};

/* All vCPUs at once: a guest that looks sees them all as they shall be. */
static int write_availability(struct store *store, store_transaction_t transaction, void *context,
			      struct failure *failure)
{
	const struct vcpu_setting *setting = context;
	int result = 0;

	for (uint32_t vcpu = 0; !result && vcpu < setting->guest->info.vcpus_max; vcpu++) {
		char path[64];

		snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability",
			 setting->guest->info.domid, vcpu);
		result = store_write(store, transaction, path, failure, "%s",
				     vcpu < setting->wanted ? "online" : "offline");
	}
	return result;
}

static bool has_vcpus(const struct domain_info *info, uint64_t wanted)
{
	return info->vcpus_online == wanted;
}

int command_vcpu_set(struct invocation *invocation)
{
	const char *word = invocation->arguments.words[1];
	struct vcpu_setting setting;
	struct json_object *document;
	struct guest guest;
	int result;

	if (!argument_number(word, &setting.wanted) || setting.wanted == 0)
		return invocation_misused(invocation, "N is 1 or more, not '%s'", word);
	result = find_usable(invocation, &guest);
	if (result)
		return result;
	if (setting.wanted > guest.info.vcpus_max)
		return failure_set(&invocation->failure, EBUSY, guest_label(&guest),
				   "create it with more: <vcpu> in its configuration",
				   "it was created with %u vCPUs, so it cannot have %lu",
				   guest.info.vcpus_max, (unsigned long)setting.wanted);
	setting.guest = &guest;
	result = store_transact(invocation->store, write_availability, &setting,
				&invocation->failure);
	if (!result)
		result = wait_until(invocation, &guest, word, has_vcpus, setting.wanted);
	if (result || !invocation->json)
		return result;
	document = output_begin(invocation);
	guest_describe(&guest, output_add_object(document, "guest"));
	output_add_number(document, "vcpus", setting.wanted);
	output_add_number(document, "online", guest.info.vcpus_online);
	return output_print(invocation, document);
}

/* Whether so much more is free; told with the arithmetic. */
static int check_free(struct invocation *invocation, const struct guest *guest, uint64_t kib)
{
	uint64_t have = guest->info.memory_pages * 4, free_kib;
	struct host_info host;
	int result;

	if (kib <= have)
		return 0;
	result = host_get_info(invocation->hypervisor, &host, &invocation->failure);
	if (result)
		return result;
	free_kib = host_free_pages(&host) * 4;
	if (kib - have <= free_kib)
		return 0;
	return failure_set(&invocation->failure, ENOMEM, guest_label(guest),
			   "give it less, or destroy or shrink another guest",
			   "it has %lu KiB and shall have %lu, which needs %lu; %lu are free",
			   (unsigned long)have, (unsigned long)kib, (unsigned long)(kib - have),
			   (unsigned long)free_kib);
}

/* memory/static-max of the store: what the guest was made for.  0: it is not there. */
static int read_static_max(struct invocation *invocation, const struct guest *guest, uint64_t *kib)
{
	struct failure failure = {0};
	int result = store_read_number(invocation->store, STORE_NOW, kib, &failure,
				       "/local/domain/%u/memory/static-max", guest->info.domid);

	if (!result)
		return 0;
	*kib = 0;
	if (result != -ENOENT)
		invocation->failure = failure;
	return result == -ENOENT ? 0 : result;
}

static int check_target(struct invocation *invocation, const struct guest *guest, uint64_t kib)
{
	uint64_t static_max;
	int result;

	if (kib < MEMORY_LEAST_KIB)
		return failure_set(&invocation->failure, EBUSY, guest_label(guest), NULL,
				   "%lu KiB is less than the 16 MiB that any guest needs",
				   (unsigned long)kib);
	result = read_static_max(invocation, guest, &static_max);
	if (result)
		return result;
	if (static_max && kib > static_max)
		return failure_set(&invocation->failure, EBUSY, guest_label(guest),
				   "create it with more: <memory> in its configuration",
				   "it was made for at most %lu KiB, so it cannot have %lu",
				   (unsigned long)static_max, (unsigned long)kib);
	return check_free(invocation, guest, kib);
}

/* A balloon driver stops within a few pages of its target. */
static bool has_memory(const struct domain_info *info, uint64_t kib)
{
	uint64_t have = info->memory_pages * 4;
	uint64_t apart = have > kib ? have - kib : kib - have;

	return apart <= MEMORY_SLACK_KIB;
}

/* The hypervisor's limit first when it grows, so that the guest never runs into it. */
static int set_memory(struct invocation *invocation, const struct guest *guest, uint64_t kib)
{
	char path[64];
	int result = 0;

	/* dom0's limit is the boot option's and stays. */
	if (guest->info.domid != 0)
		result = domain_set_max_memory(invocation->hypervisor, guest->info.domid,
					       kib + MEMORY_SLACK_KIB, &invocation->failure);
	if (result)
		return result;
	snprintf(path, sizeof(path), "/local/domain/%u", guest->info.domid);
	return store_write_below(invocation->store, path, "memory/target", &invocation->failure,
				 "%lu", (unsigned long)kib);
}

int command_mem_set(struct invocation *invocation)
{
	const char *word = invocation->arguments.words[1];
	struct json_object *document;
	struct guest guest;
	uint64_t kib;
	int result;

	if (!argument_size(word, 'm', &kib))
		return invocation_misused(invocation, "SIZE is like 512, 512m or 2g, not '%s'",
					  word);
	result = find_usable(invocation, &guest);
	if (!result)
		result = check_target(invocation, &guest, kib);
	if (!result)
		result = set_memory(invocation, &guest, kib);
	if (!result)
		result = wait_until(invocation, &guest, word, has_memory, kib);
	if (result || !invocation->json)
		return result;
	document = output_begin(invocation);
	guest_describe(&guest, output_add_object(document, "guest"));
	output_add_number(document, "target_kib", kib);
	output_add_number(document, "memory_kib", guest.info.memory_pages * 4);
	return output_print(invocation, document);
}

int command_mem_max(struct invocation *invocation)
{
	const char *word = invocation->arguments.words[1];
	struct json_object *document;
	struct guest guest;
	uint64_t kib;
	int result;

	if (!argument_size(word, 'm', &kib) || kib == 0)
		return invocation_misused(invocation, "SIZE is like 512, 512m or 2g, not '%s'",
					  word);
	result = find_usable(invocation, &guest);
	if (!result)
		result = domain_set_max_memory(invocation->hypervisor, guest.info.domid, kib,
					       &invocation->failure);
	if (result || !invocation->json)
		return result;
	document = output_begin(invocation);
	guest_describe(&guest, output_add_object(document, "guest"));
	output_add_number(document, "max_memory_kib", kib);
	return output_print(invocation, document);
}

static void show_share(const struct guest *guest, const struct scheduler_share *share,
		       struct json_object *array)
{
	struct json_object *object = output_append_object(array);

	if (!array) {
		printf("%-33s %4u %6u %4u\n", guest->name[0] ? guest->name : "-", guest->info.domid,
		       share->weight, share->cap);
		return;
	}
	output_add_number(object, "id", guest->info.domid);
	output_add_text(object, "name", guest->name[0] ? guest->name : NULL);
	output_add_number(object, "weight", share->weight);
	output_add_number(object, "cap", share->cap);
}

static int change_share(struct invocation *invocation, const struct guest *guest, uint32_t kind)
{
	const struct arguments *arguments = &invocation->arguments;
	struct scheduler_share share;
	uint64_t weight, cap;
	int result = scheduler_get_share(invocation->hypervisor, guest->info.domid, kind, &share,
					 &invocation->failure);

	if (result)
		return result;
	weight = arguments_number(arguments, "weight", share.weight);
	cap = arguments_number(arguments, "cap", share.cap);
	if (weight < 1 || weight > UINT16_MAX)
		return invocation_misused(invocation, "a weight is 1 to 65535, not %lu",
					  (unsigned long)weight);
	if (cap > guest->info.vcpus_max * 100ul)
		return invocation_misused(invocation,
					  "a cap is at most 100 for each of the guest's %u vCPUs, "
					  "not %lu",
					  guest->info.vcpus_max, (unsigned long)cap);
	share.weight = (uint16_t)weight;
	share.cap = (uint16_t)cap;
	return scheduler_set_share(invocation->hypervisor, guest->info.domid, kind, &share,
				   &invocation->failure);
}

static int change_ratelimit(struct invocation *invocation, uint32_t kind)
{
	uint64_t us = arguments_number(&invocation->arguments, "ratelimit", 0);

	if (us && (us < RATELIMIT_LEAST || us > RATELIMIT_MOST))
		return invocation_misused(
			invocation, "a rate limit is 0 or from %u to %u microseconds, not %lu",
			RATELIMIT_LEAST, RATELIMIT_MOST, (unsigned long)us);
	return scheduler_set_ratelimit(invocation->hypervisor, kind, (uint32_t)us,
				       &invocation->failure);
}

static int show_shares(struct invocation *invocation, const struct guest *guests, size_t count,
		       uint32_t kind)
{
	struct json_object *document = NULL, *array = NULL;
	uint32_t us = 0;
	int result = kind != SCHEDULER_CREDIT2
			     ? 0
			     : scheduler_get_ratelimit(invocation->hypervisor, kind, &us,
						       &invocation->failure);

	if (result)
		return result;
	if (invocation->json) {
		document = output_begin(invocation);
		output_add_number(document, "ratelimit_us", us);
		array = output_add_array(document, "guests");
	} else {
		if (invocation->arguments.count == 0 && kind == SCHEDULER_CREDIT2)
			printf("Cpupool Pool-0: ratelimit=%uus\n", us);
		printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	}
	for (size_t i = 0; !result && i < count; i++) {
		struct scheduler_share share;

		result = scheduler_get_share(invocation->hypervisor, guests[i].info.domid, kind,
					     &share, &invocation->failure);
		if (!result)
			show_share(&guests[i], &share, array);
	}
	if (document && !result)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}

int command_sched(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	bool change = arguments_has(arguments, "weight") || arguments_has(arguments, "cap");
	bool limit = arguments_has(arguments, "ratelimit");
	struct guest *guests;
	uint32_t kind;
	size_t count;
	int result;

	if (change && arguments->count == 0)
		return invocation_misused(invocation, "--weight and --cap need a GUEST");
	result = guests_selected(invocation, &guests, &count);
	if (result)
		return result;
	result = scheduler_get_kind(invocation->hypervisor, &kind, &invocation->failure);
	if (!result && limit)
		result = change_ratelimit(invocation, kind);
	if (!result && change)
		result = change_share(invocation, &guests[0], kind);
	if (!result && ((!change && !limit) || invocation->json))
		result = show_shares(invocation, guests, count, kind);
	free(guests);
	return result;
}
