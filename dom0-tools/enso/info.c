/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/info.c - the command info: the host, or all about one guest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "dom0-tools/config/json.h"
#include "dom0-tools/config/values.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/kept.h"
#include "dom0-tools/enso/look.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/scheduler.h"
#include "dom0-tools/lib/text.h"

/* All that is known of the host. */
struct host_facts {
	struct utsname system;
	struct host_info host;
	struct host_version version;
	uint32_t scheduler;
};

static int find_facts(struct invocation *invocation, struct host_facts *facts)
{
	struct hypervisor *hypervisor;
	int result = invocation_need_hypervisor(invocation);

	hypervisor = invocation->hypervisor;
	if (!result)
		result = host_get_info(hypervisor, &facts->host, &invocation->failure);
	if (!result)
		result = host_get_version(hypervisor, &facts->version, &invocation->failure);
	if (!result)
		result = scheduler_get_kind(hypervisor, &facts->scheduler, &invocation->failure);
	uname(&facts->system);
	return result;
}

static uint64_t mebibytes(uint64_t pages)
{
	return pages / 256;
}

static void print_xl_hardware(const struct host_info *host)
{
	const uint32_t *caps = host->hardware_capabilities;

	printf("nr_cpus                : %u\n", host->cpus);
	printf("max_cpu_id             : %u\n", host->cpu_id_max);
	printf("nr_nodes               : %u\n", host->nodes);
	printf("cores_per_socket       : %u\n", host->cores_per_socket);
	printf("threads_per_core       : %u\n", host->threads_per_core);
	printf("cpu_mhz                : %u.%03u\n", host->cpu_khz / 1000, host->cpu_khz % 1000);
	printf("hw_caps                : %08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x\n", caps[0],
	       caps[1], caps[2], caps[3], caps[4], caps[5], caps[6], caps[7]);
	printf("virt_caps              :%s%s%s\n", host->runs_pv ? " pv" : "",
	       host->runs_hvm ? " hvm" : "", host->directio ? " pv_directio" : "");
	printf("total_memory           : %lu\n", (unsigned long)mebibytes(host->total_pages));
	printf("free_memory            : %lu\n",
	       (unsigned long)mebibytes(host->free_pages + host->scrub_pages));
	printf("sharing_freed_memory   : 0\n");
	printf("sharing_used_memory    : 0\n");
	printf("outstanding_claims     : %lu\n", (unsigned long)mebibytes(host->outstanding_pages));
	printf("free_cpus              : 0\n");
}

/* Scripts read these lines: names and order are xl's. */
static void print_like_xl(const struct host_facts *facts)
{
	const struct host_version *version = &facts->version;

	printf("host                   : %s\n", facts->system.nodename);
	printf("release                : %s\n", facts->system.release);
	printf("version                : %s\n", facts->system.version);
	printf("machine                : %s\n", facts->system.machine);
	print_xl_hardware(&facts->host);
	printf("xen_major              : %u\n", version->major);
	printf("xen_minor              : %u\n", version->minor);
	printf("xen_extra              : %s\n", version->extra);
	printf("xen_version            : %u.%u%s\n", version->major, version->minor,
	       version->extra);
	printf("xen_caps               : %s\n", version->capabilities);
	printf("xen_scheduler          : %s\n", scheduler_name(facts->scheduler));
	printf("xen_pagesize           : %u\n", version->page_bytes);
	printf("platform_params        : virt_start=0x%lx\n",
	       (unsigned long)version->virtual_start);
	printf("xen_changeset          : %s\n", version->changeset);
	printf("xen_commandline        : %s\n", version->command_line);
	printf("cc_compiler            : %s\n", version->compiler);
	printf("cc_compile_by          : %s\n", version->compiled_by);
	printf("cc_compile_domain      : %s\n", version->compile_domain);
	printf("cc_compile_date        : %s\n", version->compile_date);
	printf("xend_config_format     : 4\n");
}

static void print_host(const struct host_facts *facts)
{
	const struct host_info *host = &facts->host;
	const struct host_version *version = &facts->version;
	char total[TEXT_BYTES_ROOM], rest[TEXT_BYTES_ROOM];

	printf("host         %s, Linux %s\n", facts->system.nodename, facts->system.release);
	printf("hypervisor   %s, ABI of Xen %u.%u%s\n", host_is_enso(version) ? "Enso" : "Xen",
	       version->major, version->minor, version->extra);
	printf("tools        enso " ENSO_VERSION "\n");
	printf("guests       %s%s\n", host->runs_pv ? "pv" : "", host->runs_hvm ? " pvh hvm" : "");
	printf("CPUs         %u, %u.%03u MHz, %u threads a core, %u cores a socket, %u nodes\n",
	       host->cpus, host->cpu_khz / 1000, host->cpu_khz % 1000, host->threads_per_core,
	       host->cores_per_socket, host->nodes);
	printf("memory       %s, %s free for guests\n",
	       text_write_bytes(total, host->total_pages << 12),
	       text_write_bytes(rest, host_free_pages(host) << 12));
	printf("scheduler    %s\n", scheduler_name(facts->scheduler));
	printf("pass-through %s\n", host->directio ? "yes" : "no: there is no IOMMU");
	printf("options      %s\n", version->command_line);
}

static void describe_host(const struct host_facts *facts, struct json_object *object)
{
	const struct host_info *host = &facts->host;
	const struct host_version *version = &facts->version;

	output_add_text(object, "name", facts->system.nodename);
	output_add_text(object, "kernel", facts->system.release);
	output_add_text(object, "hypervisor", host_is_enso(version) ? "Enso" : "Xen");
	output_add_number(object, "abi_major", version->major);
	output_add_number(object, "abi_minor", version->minor);
	output_add_text(object, "extra", version->extra);
	output_add_text(object, "tools", ENSO_VERSION);
	output_add_text(object, "capabilities", version->capabilities);
	output_add_text(object, "options", version->command_line);
	output_add_text(object, "scheduler", scheduler_name(facts->scheduler));
	output_add_number(object, "cpus", host->cpus);
	output_add_number(object, "max_cpu_id", host->cpu_id_max);
	output_add_number(object, "cpu_khz", host->cpu_khz);
	output_add_number(object, "threads_per_core", host->threads_per_core);
	output_add_number(object, "cores_per_socket", host->cores_per_socket);
	output_add_number(object, "nodes", host->nodes);
	output_add_number(object, "total_memory_kib", host->total_pages * 4);
	output_add_number(object, "free_memory_kib", host_free_pages(host) * 4);
	output_add_number(object, "claimed_memory_kib", host->outstanding_pages * 4);
	output_add_flag(object, "pv", host->runs_pv);
	output_add_flag(object, "hvm", host->runs_hvm);
	output_add_flag(object, "directio", host->directio);
}

static int info_host(struct invocation *invocation)
{
	struct host_facts facts;
	struct json_object *document;
	int result = find_facts(invocation, &facts);

	if (result)
		return result;
	if (invocation->json) {
		document = output_begin(invocation);
		describe_host(&facts, output_add_object(document, "host"));
		return output_print(invocation, document);
	}
	if (invocation->like_xl)
		print_like_xl(&facts);
	else
		print_host(&facts);
	return 0;
}

static void print_config(const struct guest_config *config)
{
	printf("kernel       %s\n", config->kernel ? config->kernel : "-");
	if (config->ramdisk)
		printf("initrd       %s\n", config->ramdisk);
	if (config->command_line)
		printf("arguments    %s\n", config->command_line);
	printf("on death     poweroff: %s, reboot: %s, crash: %s, watchdog: %s\n",
	       guest_action_name(config->on_poweroff), guest_action_name(config->on_reboot),
	       guest_action_name(config->on_crash), guest_action_name(config->on_watchdog));
	for (size_t i = 0; i < config->disk_count; i++)
		printf("disk         %s: %s%s\n", config->disks[i].target,
		       config->disks[i].source ? config->disks[i].source : "empty",
		       config->disks[i].read_only ? ", read-only" : "");
	for (size_t i = 0; i < config->network_count; i++) {
		char mac[GUEST_MAC_TEXT];

		guest_mac_print(config->networks[i].mac, mac);
		printf("network      %s%s%s\n", mac, config->networks[i].bridge ? " on " : "",
		       config->networks[i].bridge ? config->networks[i].bridge : "");
	}
}

static void print_guest(const struct guest *guest, const struct guest_config *config, bool kept,
			const char *tty)
{
	const struct domain_info *info = &guest->info;
	struct guest_state state = guest_state_of(info);
	char memory[TEXT_BYTES_ROOM], limit[TEXT_BYTES_ROOM], uuid[UUID_TEXT];

	printf("guest        %s, id %u\n", guest->name[0] ? guest->name : "-", info->domid);
	printf("uuid         %s\n", uuid_write(uuid, info->uuid));
	printf("state        %s (%s)\n", state.name, state.reason);
	printf("type         %s\n", guest_type_name(config->type));
	printf("vCPUs        %u on line of %u, %.1f s used\n", info->vcpus_online, info->vcpus_max,
	       (double)info->cpu_time_ns / 1e9);
	printf("memory       %s, at most %s\n", text_write_bytes(memory, info->memory_pages << 12),
	       info->max_pages > UINT32_MAX ? "all"
					    : text_write_bytes(limit, info->max_pages << 12));
	printf("console      %s\n", tty ? tty : "-");
	if (kept)
		print_config(config);
	else
		printf("origin       not created by enso\n");
}

static int print_guest_json(struct invocation *invocation, const struct guest *guest,
			    const struct guest_config *config, bool kept, const char *tty)
{
	struct json_object *document = output_begin(invocation);
	struct json_object *object = output_add_object(document, "guest");

	guest_describe_fully(guest, object);
	output_add_text(object, "console", tty);
	output_add_flag(object, "kept", kept);
	output_add(object, "config", json_guest(config));
	return output_print(invocation, document);
}

static int info_guest(struct invocation *invocation)
{
	struct guest_config *config;
	struct guest guest;
	char *tty = NULL;
	bool kept;
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_find(invocation, invocation->arguments.words[0], &guest);
	if (!result)
		result = kept_read(invocation, &guest, &config, &kept);
	if (result)
		return result;
	if (store_read(invocation->store, STORE_NOW, &tty, NULL, "/local/domain/%u/console/tty",
		       guest.info.domid))
		tty = NULL;
	if (invocation->json)
		result = print_guest_json(invocation, &guest, config, kept, tty);
	else
		print_guest(&guest, config, kept, tty);
	free(tty);
	guest_config_free(config);
	return result;
}

int command_info(struct invocation *invocation)
{
	return invocation->arguments.count ? info_guest(invocation) : info_host(invocation);
}
