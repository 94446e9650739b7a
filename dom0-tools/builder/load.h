/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/load.h - a new guest's memory: got from the hypervisor, and
 * filled as its plan says, in few and large pieces.
 */
#pragma once

#include "dom0-tools/builder/tables.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/hypervisor.h"
#include "dom0-tools/lib/progress.h"

struct guest_memory {
	struct hypervisor *hypervisor;
	uint16_t domid;
	const struct pv_plan *plan;
	xen_pfn_t *p2m;		   /* [plan->nr_pages], by guest_memory_populate */
	bool is_zero;		   /* pages come zeroed: what shall be zero need not be written */
	struct progress *progress; /* NULL: not shown */
	uint64_t loaded;	   /* pages, for the progress */
};

/* Gives the guest all its pages; p2m is the caller's to free, also on failure. */
int MUST_CHECK
guest_memory_populate(struct guest_memory *memory, struct failure *failure);

/* The kernel's segments, from its file. */
int MUST_CHECK
guest_memory_load_kernel(struct guest_memory *memory, const struct kernel_image *kernel, int file,
			 const char *path, struct failure *failure);

/* The ramdisk, plan->mod_bytes of it. */
int MUST_CHECK
guest_memory_load_ramdisk(struct guest_memory *memory, int file, const char *path,
			  struct failure *failure);

/* start_info, rings, page tables, the p2m, shared_info; all is unmapped again. */
int MUST_CHECK
guest_memory_write_tables(struct guest_memory *memory, const struct guest_ports *ports,
			  const char *command_line, struct failure *failure);
