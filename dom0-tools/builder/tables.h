/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/tables.h - what a new guest finds in the pages its plan set
 * aside: first page tables, start_info, registers.  Pure: pages are given by
 * whoever has mapped them; entries name machine frames by p2m[].
 */
#pragma once

#include "xen-like/base/pv_plan.h"

/*
 * Writes whole pages: `pages` is where tables.first (for boot) or
 * p2m_tables.first (for the p2m's) is mapped, with all of the range behind it.
 * p2m[] has plan->nr_pages entries.  The L4 is with the boot tables.
 */
void guest_tables_fill_boot(const struct pv_plan *plan, const xen_pfn_t *p2m, uint64_t *pages);
void guest_tables_fill_p2m(const struct pv_plan *plan, const xen_pfn_t *p2m, uint64_t *pages);

/* What the tools know of a new domain when it is about to start. */
struct guest_ports {
	uint64_t shared_info_frame; /* mfn */
	uint32_t store_port, console_port;
};

/* All of *info.  `command_line` as it was planned. */
void guest_tables_start_info(const struct pv_plan *plan, const xen_pfn_t *p2m,
			     const struct guest_ports *ports, const char *command_line,
			     start_info_t *info);

/* All of *context: the registers vCPU 0 starts with. */
void guest_tables_context(const struct pv_plan *plan, const xen_pfn_t *p2m,
			  struct vcpu_guest_context *context);
