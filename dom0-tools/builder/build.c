/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/build.c - building a guest, told in steps.
 *
 * steps[] is the story: each step says what it does, and what undoes it.  The
 * first that fails has the ones before it undone in reverse, so that there is a
 * whole guest or nothing; and as every trace that outlives this process can be
 * found by the lock's file, a builder killed in between leaves only work for
 * guest_reap.
 */
#include "dom0-tools/builder/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/builder/attach.h"
#include "dom0-tools/builder/guest_files.h"
#include "dom0-tools/builder/kernel.h"
#include "dom0-tools/builder/load.h"
#include "dom0-tools/builder/nodes.h"
#include "dom0-tools/builder/room.h"
#include "dom0-tools/lib/domain.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/memory.h"
#include "dom0-tools/lib/scheduler.h"
#include "dom0-tools/lib/vcpu.h"

#define SPARE_KIB      1024 /* a guest may have so much more, as with Xen's tools */
#define DEFAULT_WEIGHT 256

struct construction {
	struct hypervisor *hypervisor;
	struct store *store;
	const struct guest_config *config;
	const struct guest_build_options *options;
	struct failure *failure;
	char object[160]; /* "guest web1" */

	struct guest_kernel kernel;
	int ramdisk;
	uint64_t ramdisk_bytes;
	struct pv_plan plan;

	struct guest_files files;
	int name_lock;
	uint16_t domid;
	bool left_over; /* something could not be undone */
	struct guest_ports ports;
	struct guest_memory memory;
};

static void construction_begin(struct construction *c, const struct guest_config *config,
			       struct failure *failure)
{
	memset(c, 0, sizeof(*c));
	c->config = config;
	c->failure = failure;
	c->kernel.descriptor = c->ramdisk = c->name_lock = -1;
	snprintf(c->object, sizeof(c->object), "guest %s", config->name ? config->name : "?");
	guest_files_begin(&c->files, config->uuid);
}

static void construction_end(struct construction *c)
{
	guest_kernel_close(&c->kernel);
	if (c->ramdisk >= 0)
		close(c->ramdisk);
	free(c->memory.p2m);
}

static struct device_wishes device_wishes(const struct construction *c)
{
	return (struct device_wishes){
		.domid = c->domid,
		.object = c->object,
		.is_new = true,
		.disks = c->config->disks,
		.disk_count = c->config->disk_count,
		.networks = c->config->networks,
		.network_count = c->config->network_count,
	};
}

/* ---- 1: the configuration ------------------------------------------------- */

/* Media and bridges, so that one that is missing is told before there is a domain. */
static int check_devices(struct construction *c)
{
	const struct device_wishes wishes = device_wishes(c);

	return devices_check(&wishes, c->failure);
}

static int step_check(struct construction *c)
{
	struct guest_config_fault fault;

	if (guest_config_check(c->config, &fault, 1))
		return failure_set(c->failure, EINVAL, c->object, "correct its configuration",
				   "%s: %s", guest_field_name(fault.field), fault.text);
	if (c->config->type != GUEST_PV)
		return failure_set(c->failure, EOPNOTSUPP, c->object, "make it a PV guest",
				   "only PV guests are supported yet");
	if (c->config->bootloader)
		return failure_set(c->failure, EOPNOTSUPP, c->object, "name a kernel instead",
				   "boot loaders that run in dom0 are not supported");
	if (!c->config->kernel)
		return failure_set(c->failure, EINVAL, c->object, "name a kernel",
				   "it has no kernel");
	return check_devices(c);
}

/* ---- 2: kernel, ramdisk, plan --------------------------------------------- */

static int open_ramdisk(struct construction *c)
{
	const char *path = c->config->ramdisk;
	struct stat status;

	if (!path)
		return 0;
	c->ramdisk = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (c->ramdisk < 0 || fstat(c->ramdisk, &status) != 0)
		return failure_set(c->failure, errno, path, "check the path in the configuration",
				   "cannot open the ramdisk: %s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return failure_set(c->failure, EINVAL, path, "give the path of a file",
				   "the ramdisk is not a plain file");
	c->ramdisk_bytes = status.st_size;
	return 0;
}

/* What is the kernel's fault is told of its file; what does not fit, of the guest. */
static int impossible(struct construction *c, enum pv_plan_error error)
{
	const char *why = pv_plan_error_text(error);

	if (error >= PV_PLAN_KERNEL_TOO_BIG && c->plan.needed_pages != ~0ull)
		return failure_set(c->failure, EINVAL, c->object, "give it more memory",
				   "%s: %llu MiB are needed and it has %llu", why,
				   (unsigned long long)(c->plan.needed_pages + 255) >> 8,
				   (unsigned long long)c->config->memory_kib >> 10);
	if (error < PV_PLAN_COMMAND_LINE_TOO_LONG)
		return failure_set(c->failure, EINVAL, c->config->kernel,
				   "give a kernel for Xen's paravirtual guests", "%s", why);
	return failure_set(c->failure, EINVAL, c->object, NULL, "%s", why);
}

static int step_plan(struct construction *c)
{
	struct pv_plan_request request = {PV_ROLE_GUEST, c->config->memory_kib / 4, 0,
					  c->config->command_line};
	enum pv_plan_error error;
	int result = guest_kernel_open(c->config->kernel, &c->kernel, c->failure);

	if (result == 0)
		result = open_ramdisk(c);
	if (result)
		return result;
	request.ramdisk_bytes = c->ramdisk_bytes;
	error = pv_plan_make(&c->kernel.image, &request, &c->plan);
	return error ? impossible(c, error) : 0;
}

/* ---- 3: nobody else makes it, and there is room ---------------------------- */

static int step_lock(struct construction *c)
{
	int result = guest_files_lock(&c->files, false, c->object, c->failure);

	if (result == 0)
		result = guest_files_lock_name(c->config->name, &c->name_lock, c->failure);
	if (result == 0)
		result = room_check_names(c->hypervisor, c->config, c->failure);
	if (result == 0)
		result = room_check_memory(c->hypervisor, c->object, c->plan.nr_pages, c->failure);
	return result;
}

static void undo_lock(struct construction *c)
{
	guest_files_unlock_name(c->name_lock);
	c->name_lock = -1;
	if (c->left_over)
		guest_files_leave(&c->files);
	else
		guest_files_unlock(&c->files);
}

static void not_undone(struct construction *c, const char *what)
{
	c->left_over = true;
	fprintf(stderr, "enso: %s: %s; ensod goes on with it\n", c->object, what);
}

/* ---- 4: its configuration, kept -------------------------------------------- */

static int step_keep_configuration(struct construction *c)
{
	return guest_files_write_configuration(&c->files, c->config, c->failure);
}

static void undo_keep_configuration(struct construction *c)
{
	guest_files_remove_configuration(&c->files);
}

/* ---- 5: an empty domain ---------------------------------------------------- */

static int create_domain(struct construction *c)
{
	const struct guest_config *config = c->config;
	struct domain_creation creation = {
		.vcpus_max = config->vcpus_max,
		.max_event_channel = config->max_event_channels,
		.max_grant_frames = config->max_grant_frames ? (int)config->max_grant_frames : -1,
		.max_maptrack_frames =
			config->max_maptrack_frames ? (int)config->max_maptrack_frames : -1,
	};
	int result;

	memcpy(creation.uuid, config->uuid, sizeof(creation.uuid));
	result = domain_create(c->hypervisor, &creation, &c->domid, c->failure);
	return result ? result : guest_files_note_domain(&c->files, c->domid, c->failure);
}

static int step_create(struct construction *c)
{
	int result = create_domain(c);

	if (result == 0)
		result = domain_set_max_vcpus(c->hypervisor, c->domid, c->config->vcpus_max,
					      c->failure);
	if (result == 0)
		result = domain_set_max_memory(c->hypervisor, c->domid,
					       c->config->memory_kib + SPARE_KIB, c->failure);
	if (result == 0)
		result = domain_set_address_size(c->hypervisor, c->domid, 64, c->failure);
	if (result == 0)
		result = memory_set_map(c->hypervisor, c->domid, c->config->memory_max_kib << 10,
					c->failure);
	if (result == 0 && c->config->time_offset_seconds)
		result = domain_set_time_offset(c->hypervisor, c->domid,
						c->config->time_offset_seconds, c->failure);
	if (result == 0)
		result = domain_allocate_port(c->hypervisor, c->domid, 0, &c->ports.store_port,
					      c->failure);
	if (result == 0)
		result = domain_allocate_port(c->hypervisor, c->domid, 0, &c->ports.console_port,
					      c->failure);
	return result;
}

static void undo_create(struct construction *c)
{
	if (c->domid && domain_destroy(c->hypervisor, c->domid, NULL))
		not_undone(c, "its domain could not be destroyed");
}

/* ---- 6, 7, 8: its memory --------------------------------------------------- */

static int step_populate(struct construction *c)
{
	int result;

	c->memory = (struct guest_memory){
		.hypervisor = c->hypervisor,
		.domid = c->domid,
		.plan = &c->plan,
		.progress = c->options->progress,
	};
	result = host_gives_zeroed_memory(c->hypervisor, &c->memory.is_zero, c->failure);
	return result ? result : guest_memory_populate(&c->memory, c->failure);
}

static int step_load(struct construction *c)
{
	int result = guest_memory_load_kernel(&c->memory, &c->kernel.image, c->kernel.descriptor,
					      c->config->kernel, c->failure);

	if (result == 0 && c->ramdisk_bytes)
		result = guest_memory_load_ramdisk(&c->memory, c->ramdisk, c->config->ramdisk,
						   c->failure);
	return result;
}

static int step_write_tables(struct construction *c)
{
	struct domain_info info;
	int result = domain_info(c->hypervisor, c->domid, &info, c->failure);

	if (result)
		return result;
	c->ports.shared_info_frame = info.shared_info_frame;
	result = guest_memory_write_tables(&c->memory, &c->ports, c->config->command_line,
					   c->failure);
	if (result == 0 && c->plan.has_hypercall_page)
		result = domain_write_hypercall_page(
			c->hypervisor, c->domid, c->memory.p2m[c->plan.hypercall_pfn], c->failure);
	/* From here on nobody may hold its tables writable. */
	if (result == 0)
		result = memory_pin_l4(c->hypervisor, c->domid, c->memory.p2m[c->plan.tables.first],
				       c->failure);
	return result;
}

/* ---- 9: vCPUs and their share ---------------------------------------------- */

static int pin_vcpus(struct construction *c)
{
	uint32_t count = MIN(c->config->vcpu_config_count, c->config->vcpus_max);
	int result = 0;

	_Static_assert(sizeof(struct vcpu_cpus) == sizeof(struct guest_cpu_set),
		       "one is the other");
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		struct vcpu_cpus cpus;

		memcpy(&cpus, &c->config->vcpu[i].cpus, sizeof(cpus));
		if (c->config->vcpu[i].pinned)
			result = vcpu_set_affinity(c->hypervisor, c->domid, i, &cpus, NULL,
						   c->failure);
	}
	return result;
}

static int set_share(struct construction *c)
{
	struct scheduler_share share = {c->config->weight, c->config->cap};
	uint32_t kind;
	int result;

	if (share.weight == DEFAULT_WEIGHT && !share.cap)
		return 0;
	result = scheduler_get_kind(c->hypervisor, &kind, c->failure);
	return result ? result
		      : scheduler_set_share(c->hypervisor, c->domid, kind, &share, c->failure);
}

static int step_vcpus(struct construction *c)
{
	struct vcpu_guest_context context;
	int result;

	guest_tables_context(&c->plan, c->memory.p2m, &context);
	result = vcpu_set_context(c->hypervisor, c->domid, 0, &context, c->failure);
	if (result == 0)
		result = pin_vcpus(c);
	return result ? result : set_share(c);
}

/* ---- 10: the daemons may come in -------------------------------------------- */

/* What the guest's own kernel cannot grant before it runs. */
static int grant_rings(struct construction *c)
{
	struct memory_grants grants;
	int result = memory_map_grants(c->hypervisor, c->domid, &grants, c->failure);

	if (result)
		return result;
	grants.entries[GNTTAB_RESERVED_CONSOLE] = (grant_entry_v1_t){
		.flags = GTF_permit_access,
		.domid = 0,
		.frame = c->memory.p2m[c->plan.console_ring_pfn],
	};
	grants.entries[GNTTAB_RESERVED_XENSTORE] = (grant_entry_v1_t){
		.flags = GTF_permit_access,
		.domid = 0,
		.frame = c->memory.p2m[c->plan.store_ring_pfn],
	};
	memory_unmap_grants(c->hypervisor, &grants);
	return 0;
}

static int step_store(struct construction *c)
{
	struct guest_nodes nodes = {
		.domid = c->domid,
		.uuid = c->files.uuid,
		.config = c->config,
		.ports = c->ports,
		.store_ring_frame = c->memory.p2m[c->plan.store_ring_pfn],
		.console_ring_frame = c->memory.p2m[c->plan.console_ring_pfn],
	};
	int result = grant_rings(c);

	if (result == 0)
		result = guest_nodes_write(&nodes, c->failure);
	if (result == 0)
		result = store_introduce(c->store, c->domid, nodes.store_ring_frame,
					 c->ports.store_port, c->failure);
	return result;
}

static void undo_store(struct construction *c)
{
	if (guest_nodes_remove(c->domid, c->files.uuid, NULL))
		not_undone(c, "its nodes in the store could not be removed");
}

/* ---- 11: its disks and networks --------------------------------------------- */

static int step_devices(struct construction *c)
{
	const struct device_wishes wishes = device_wishes(c);

	return devices_attach(c->store, &wishes, NULL, c->failure);
}

static void undo_devices(struct construction *c)
{
	if ((c->config->disk_count || c->config->network_count) &&
	    devices_remove_all(c->store, c->domid, NULL))
		not_undone(c, "its devices could not be taken away");
}

/* ---- 12: it runs ------------------------------------------------------------ */

static int step_start(struct construction *c)
{
	if (!c->options->paused) {
		int result = domain_unpause(c->hypervisor, c->domid, c->failure);

		if (result)
			return result;
	}
	/* It is whole: nobody need clean up after us. */
	undo_lock(c);
	return 0;
}

/*
 * What each step undoes is also what it may have done by half: undo is called
 * for the step that failed, too.
 */
static const struct build_step {
	const char *name; /* for --timing, and on the terminal when it takes long */
	int (*act)(struct construction *c);
	void (*undo)(struct construction *c);
} steps[] = {
	{"checking the configuration", step_check, NULL},
	{"reading the kernel", step_plan, NULL},
	{"looking for room", step_lock, undo_lock},
	{"keeping the configuration", step_keep_configuration, undo_keep_configuration},
	{"making a domain", step_create, undo_create},
	{"giving it memory", step_populate, NULL},
	{"loading the kernel", step_load, NULL},
	{"writing page tables", step_write_tables, NULL},
	{"setting vCPUs up", step_vcpus, NULL},
	{"writing the store", step_store, undo_store},
	{"attaching devices", step_devices, undo_devices},
	{"starting it", step_start, NULL},
};

int guest_build(struct hypervisor *hypervisor, struct store *store,
		const struct guest_config *config, const struct guest_build_options *options,
		uint16_t *domid, struct failure *failure)
{
	struct construction c;
	size_t at = 0;
	int result = 0;

	construction_begin(&c, config, failure);
	c.hypervisor = hypervisor;
	c.store = store;
	c.options = options;
	for (; result == 0 && at < ARRAY_SIZE(steps); at++) {
		timing_begin(options->timing, steps[at].name);
		progress_begin(options->progress, steps[at].name, 0);
		result = steps[at].act(&c);
	}
	timing_end(options->timing);
	progress_end(options->progress);
	while (result && at-- > 0) {
		if (steps[at].undo)
			steps[at].undo(&c);
	}
	*domid = c.domid;
	construction_end(&c);
	return result;
}

int guest_build_check(const struct guest_config *config, struct failure *failure)
{
	struct construction c;
	int result;

	construction_begin(&c, config, failure);
	result = step_check(&c);
	if (result == 0)
		result = step_plan(&c);
	construction_end(&c);
	return result;
}
