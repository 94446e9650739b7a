/* SPDX-License-Identifier: MIT */
/* xen-like/boot_finish.c - see boot_finish.h. */
#include "xen-like/boot_finish.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/console.h"
#include "xen-like/sched/sched.h"

void boot_finish(void)
{
	log_debug("boot: %lu KiB of Enso's code and data are done with\n",
		  paging_release_boot() >> 10);
	sched_start_cpu();
}
