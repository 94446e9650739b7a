/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/host.h - the machine and the hypervisor themselves: memory and
 * CPUs, version, log, pools.  hypervisor.h says what all these calls share.
 */
#pragma once

#include "dom0-tools/lib/hypervisor.h"

struct host_info {
	uint32_t threads_per_core, cores_per_socket;
	uint32_t cpus;	     /* online */
	uint32_t cpu_id_max; /* the highest number a CPU can have */
	uint32_t nodes;
	uint32_t cpu_khz;
	bool runs_pv, runs_hvm;
	bool directio; /* devices can be given to guests: there is an IOMMU */
	uint64_t total_pages, free_pages, scrub_pages, outstanding_pages;
	uint32_t hardware_capabilities[8];
};

int MUST_CHECK
host_get_info(struct hypervisor *hypervisor, struct host_info *info, struct failure *failure);

/* What is free for a new guest, in pages. */
static inline uint64_t host_free_pages(const struct host_info *info)
{
	uint64_t have = info->free_pages + info->scrub_pages;

	return have > info->outstanding_pages ? have - info->outstanding_pages : 0;
}

/* All strings are NUL-terminated, perhaps cut. */
struct host_version {
	uint32_t major, minor;
	char extra[XEN_EXTRAVERSION_LEN + 1];
	char capabilities[sizeof(xen_capabilities_info_t) + 1];
	char changeset[sizeof(xen_changeset_info_t) + 1];
	char compiler[65], compiled_by[17], compile_domain[33], compile_date[33];
	char command_line[sizeof(xen_commandline_t) + 1];
	uint64_t virtual_start;
	uint32_t page_bytes;
};

/* Several calls. */
int MUST_CHECK
host_get_version(struct hypervisor *hypervisor, struct host_version *version,
		 struct failure *failure);

/* CPU i has idled idle_ns[i] since boot; *count goes in as room, comes back as CPUs told. */
int MUST_CHECK
host_get_idle_times(struct hypervisor *hypervisor, uint64_t *idle_ns, uint32_t *count,
		    struct failure *failure);

/* Where the reader of a log is; start with all zero. */
struct host_log_position {
	bool started;
	uint32_t index;
};

/*
 * The hypervisor's log from `position` on, at most `room` bytes; returns how
 * many, 0 when there is nothing new.  `clear` empties it behind the reader.
 */
int MUST_CHECK
host_read_log(struct hypervisor *hypervisor, struct host_log_position *position, bool clear,
	      char *text, size_t room, struct failure *failure);

/* As if these keys were typed on the hypervisor's console. */
int MUST_CHECK
host_send_debug_keys(struct hypervisor *hypervisor, const char *keys, struct failure *failure);

struct host_cpupool {
	uint32_t id, scheduler, domains;
	uint64_t cpus[256 / 64]; /* bit n of cpus[n / 64] is CPU n */
};

/* The first pool from `id` on: 1 found, 0 none, or a negative errno. */
int MUST_CHECK
host_find_cpupool(struct hypervisor *hypervisor, uint32_t id, struct host_cpupool *pool,
		  struct failure *failure);

/* Whether this hypervisor is Enso, by its extra version. */
bool host_is_enso(const struct host_version *version);

/*
 * Whether all memory a new guest gets is zero.  Enso promises it; Xen's depends on
 * how it was built and started, so that there the answer is no.
 */
int MUST_CHECK
host_gives_zeroed_memory(struct hypervisor *hypervisor, bool *zeroed, struct failure *failure);
