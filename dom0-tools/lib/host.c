/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/host.c - sysctl and xen_version, as far as they are about the machine. */
#include "dom0-tools/lib/host.h"

#include <errno.h>
#include <string.h>

#include "dom0-tools/lib/hypercall.h"

int host_get_info(struct hypervisor *hypervisor, struct host_info *info, struct failure *failure)
{
	struct xen_sysctl *request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_physinfo);
	const struct xen_sysctl_physinfo *answer = &request->u.physinfo;
	int result = hypercall_sysctl(hypervisor, "ask about the machine", failure);

	if (result < 0)
		return result;
	*info = (struct host_info){
		.threads_per_core = answer->threads_per_core,
		.cores_per_socket = answer->cores_per_socket,
		.cpus = answer->nr_cpus,
		.cpu_id_max = answer->max_cpu_id,
		.nodes = answer->nr_nodes,
		.cpu_khz = answer->cpu_khz,
		.runs_pv = answer->capabilities & XEN_SYSCTL_PHYSCAP_pv,
		.runs_hvm = answer->capabilities & XEN_SYSCTL_PHYSCAP_hvm,
		.directio = answer->capabilities & XEN_SYSCTL_PHYSCAP_directio,
		.total_pages = answer->total_pages,
		.free_pages = answer->free_pages,
		.scrub_pages = answer->scrub_pages,
		.outstanding_pages = answer->outstanding_pages,
	};
	memcpy(info->hardware_capabilities, answer->hw_cap, sizeof(answer->hw_cap));
	return 0;
}

/* One question of xen_version; the answer is in the request page. */
static int ask_version(struct hypervisor *hypervisor, uint32_t question, size_t bytes,
		       struct failure *failure)
{
	void *answer = hypercall_request_begin(hypervisor, bytes);
	int result =
		xencall2(hypervisor->calls, __HYPERVISOR_xen_version, question, (uintptr_t)answer);

	return result >= 0 ? result
			   : hypercall_failed(errno, "host", "ask for the version", failure);
}

/* The same for text: `to` has a byte more than `bytes`. */
static int ask_text(struct hypervisor *hypervisor, uint32_t question, char *to, size_t bytes,
		    struct failure *failure)
{
	int result = ask_version(hypervisor, question, bytes, failure);

	if (result < 0)
		return result;
	memcpy(to, hypervisor->request, bytes);
	to[bytes] = '\0';
	return 0;
}

static int ask_numbers(struct hypervisor *hypervisor, struct host_version *version,
		       struct failure *failure)
{
	int result = xencall2(hypervisor->calls, __HYPERVISOR_xen_version, XENVER_version, 0);

	if (result < 0)
		return hypercall_failed(errno, "host", "ask for the version", failure);
	version->major = (uint32_t)result >> 16;
	version->minor = result & 0xffff;
	result = xencall2(hypervisor->calls, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	version->page_bytes = result > 0 ? (uint32_t)result : (uint32_t)PAGE_SIZE;
	result = ask_version(hypervisor, XENVER_platform_parameters,
			     sizeof(xen_platform_parameters_t), failure);
	if (result < 0)
		return result;
	version->virtual_start = ((xen_platform_parameters_t *)hypervisor->request)->virt_start;
	return 0;
}

int host_get_version(struct hypervisor *hypervisor, struct host_version *version,
		     struct failure *failure)
{
	const struct xen_compile_info *compile = hypervisor->request;
	int result;

	memset(version, 0, sizeof(*version));
	result = ask_numbers(hypervisor, version, failure);
	if (result == 0)
		result = ask_text(hypervisor, XENVER_extraversion, version->extra,
				  sizeof(version->extra) - 1, failure);
	if (result == 0)
		result = ask_text(hypervisor, XENVER_capabilities, version->capabilities,
				  sizeof(version->capabilities) - 1, failure);
	if (result == 0)
		result = ask_text(hypervisor, XENVER_changeset, version->changeset,
				  sizeof(version->changeset) - 1, failure);
	if (result == 0)
		result = ask_text(hypervisor, XENVER_commandline, version->command_line,
				  sizeof(version->command_line) - 1, failure);
	if (result == 0)
		result = ask_version(hypervisor, XENVER_compile_info, sizeof(*compile), failure);
	if (result < 0)
		return result;
	/* Each destination is zeroed and a byte longer than its source. */
	memcpy(version->compiler, compile->compiler, sizeof(compile->compiler));
	memcpy(version->compiled_by, compile->compile_by, sizeof(compile->compile_by));
	memcpy(version->compile_domain, compile->compile_domain, sizeof(compile->compile_domain));
	memcpy(version->compile_date, compile->compile_date, sizeof(compile->compile_date));
	return 0;
}

int host_get_idle_times(struct hypervisor *hypervisor, uint64_t *idle_ns, uint32_t *count,
			struct failure *failure)
{
	struct xen_sysctl_cpuinfo *bulk = hypercall_bulk(hypervisor, failure);
	struct xen_sysctl *request;
	uint32_t room = MIN(*count, (uint32_t)(BULK_BYTES / sizeof(*bulk)));
	int result;

	if (!bulk)
		return -ENOMEM;
	request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_getcpuinfo);
	request->u.getcpuinfo.max_cpus = room;
	set_xen_guest_handle(request->u.getcpuinfo.info, bulk);
	result = hypercall_sysctl(hypervisor, "ask about the CPUs", failure);
	if (result < 0)
		return result;
	*count = MIN(request->u.getcpuinfo.nr_cpus, room);
	for (uint32_t i = 0; i < *count; i++)
		idle_ns[i] = bulk[i].idletime;
	return 0;
}

int host_read_log(struct hypervisor *hypervisor, struct host_log_position *position, bool clear,
		  char *text, size_t room, struct failure *failure)
{
	char *bulk = hypercall_bulk(hypervisor, failure);
	struct xen_sysctl *request;
	int result;

	if (!bulk)
		return -ENOMEM;
	request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_readconsole);
	request->u.readconsole.clear = clear;
	request->u.readconsole.incremental = position->started;
	request->u.readconsole.index = position->index;
	request->u.readconsole.count = MIN(room, (size_t)BULK_BYTES);
	set_xen_guest_handle(request->u.readconsole.buffer, bulk);
	result = hypercall_sysctl(hypervisor, "read the hypervisor's log", failure);
	if (result < 0)
		return result;
	result = MIN((size_t)request->u.readconsole.count, MIN(room, (size_t)BULK_BYTES));
	memcpy(text, bulk, result);
	position->started = true;
	position->index = request->u.readconsole.index;
	return result;
}

int host_send_debug_keys(struct hypervisor *hypervisor, const char *keys, struct failure *failure)
{
	char *bulk = hypercall_bulk(hypervisor, failure);
	struct xen_sysctl *request;
	size_t count = MIN(strlen(keys), (size_t)PAGE_SIZE);

	if (!bulk)
		return -ENOMEM;
	memcpy(bulk, keys, count);
	request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_debug_keys);
	set_xen_guest_handle(request->u.debug_keys.keys, bulk);
	request->u.debug_keys.nr_keys = count;
	return hypercall_sysctl(hypervisor, "send debug keys", failure);
}

int host_find_cpupool(struct hypervisor *hypervisor, uint32_t id, struct host_cpupool *pool,
		      struct failure *failure)
{
	uint8_t *bulk = hypercall_bulk(hypervisor, failure);
	struct xen_sysctl *request;

	if (!bulk)
		return -ENOMEM;
	memset(bulk, 0, sizeof(pool->cpus));
	request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_cpupool_op);
	request->u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	request->u.cpupool_op.cpupool_id = id;
	set_xen_guest_handle(request->u.cpupool_op.cpumap.bitmap, bulk);
	request->u.cpupool_op.cpumap.nr_bits = sizeof(pool->cpus) * 8;
	if (xencall1(hypervisor->calls, __HYPERVISOR_sysctl, (uintptr_t)request) < 0)
		return errno == ENOENT
			       ? 0
			       : hypercall_failed(errno, "host", "ask about CPU pools", failure);
	pool->id = request->u.cpupool_op.cpupool_id;
	pool->scheduler = request->u.cpupool_op.sched_id;
	pool->domains = request->u.cpupool_op.n_dom;
	memcpy(pool->cpus, bulk, sizeof(pool->cpus));
	return 1;
}

bool host_is_enso(const struct host_version *version)
{
	return strcasestr(version->extra, "enso") != NULL;
}

int host_gives_zeroed_memory(struct hypervisor *hypervisor, bool *zeroed, struct failure *failure)
{
	struct host_version version = {0};
	int result = ask_text(hypervisor, XENVER_extraversion, version.extra,
			      sizeof(version.extra) - 1, failure);

	*zeroed = result == 0 && host_is_enso(&version);
	return result;
}
