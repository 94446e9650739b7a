/* SPDX-License-Identifier: MIT */
/* xen-like/boot_finish.c - see boot_finish.h. */
#include "xen-like/boot_finish.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/sched/sched.h"

void boot_finish(void)
{
	log_debug("boot: %lu KiB of Enso's code and data are done with\n",
		  paging_release_boot() >> 10);
	/* Not before: another CPU may have it run, and end, while this one is at that. */
	CHECK(domain_controller_unpause(hardware_domain) == 0);
	sched_start_cpu();
}
