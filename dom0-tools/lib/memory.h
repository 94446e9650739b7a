/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/memory.h - a PV guest's memory: giving it frames, and reaching
 * into them from dom0.  hypervisor.h says what all these calls share.
 *
 * Frames are machine frames (mfns), as everywhere with PV guests.
 */
#pragma once

#include "dom0-tools/lib/hypervisor.h"

/*
 * Gives the domain extents of 2^order pages.  frames[i] goes in as the first
 * pfn of extent i and comes back as its first mfn.  As many calls as it takes.
 * *done extents were got: fewer than count is no failure, there is just not so
 * much contiguous memory.
 */
int MUST_CHECK
memory_populate(struct hypervisor *hypervisor, uint16_t domid, unsigned int order,
		xen_pfn_t *frames, size_t count, size_t *done, struct failure *failure);

/* The E820 a PV guest is told: RAM from 0 to `bytes`. */
int MUST_CHECK
memory_set_map(struct hypervisor *hypervisor, uint16_t domid, uint64_t bytes,
	       struct failure *failure);

/*
 * Maps `count` frames of the domain one behind the other.  All or nothing:
 * EINVAL if one of them is not the domain's.
 */
int MUST_CHECK
memory_map(struct hypervisor *hypervisor, uint16_t domid, const xen_pfn_t *frames, size_t count,
	   bool writable, void **at, struct failure *failure);

/* Undoes memory_map.  NULL is fine. */
void memory_unmap(struct hypervisor *hypervisor, void *at, size_t count);

/* A guest's grant table, its first frame, v1 entries. */
struct memory_grants {
	grant_entry_v1_t *entries;
	size_t count;
	void *handle;
};

int MUST_CHECK
memory_map_grants(struct hypervisor *hypervisor, uint16_t domid, struct memory_grants *grants,
		  struct failure *failure);
void memory_unmap_grants(struct hypervisor *hypervisor, struct memory_grants *grants);

/* Checks the page tables below `frame` and keeps them: no frame may be mapped writable. */
int MUST_CHECK
memory_pin_l4(struct hypervisor *hypervisor, uint16_t domid, uint64_t frame,
	      struct failure *failure);
