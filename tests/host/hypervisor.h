/* SPDX-License-Identifier: MIT */
/*
 * tests/host/hypervisor.h - the hypervisor from its hypercalls down to page
 * types and the scheduler, on the host's machine, with two domains to call it:
 * 0, which controls and owns the hardware, and 1, a guest.
 *
 * What guests name by address goes through their own page tables.
 */
#pragma once

#include "tests/host/machine.h"

#define HOST_DOMAINS	 2
#define HOST_GUEST_PAGES 40
#define HOST_TABLES	 8  /* the first pages: L4 L3 L2 L1, and four bare ones, all read-only */
#define HOST_WRITABLE	 24 /* pages 8 to 31 are mapped writable; the rest not at all */
#define HOST_GUEST_VA	 0x10000ull /* of page 0; each next is 4 KiB on */
#define HOST_SHARED_VA	 (HOST_GUEST_VA + 48 * 4096)

/* Machine frames of each domain's pages, as they were at its start. */
extern uint64_t host_pages[HOST_DOMAINS][HOST_GUEST_PAGES];

void hypervisor_create(void);
/* Everything as hypervisor_create() left it. */
void hypervisor_reset(void);

/* The CPU that runs a vCPU of the domain, or -1. */
int host_cpu_of_domain(unsigned int domain);
/* What each CPU does on its way out of Enso: timers, scheduling, reaping. */
void host_work(void);
extern uint64_t host_now;
extern unsigned int host_waits; /* since the beginning: too many are endless */

/* A call as from the guest that this CPU runs; made again while it is not done. */
int64_t host_call(uint32_t number, const uint64_t args[5]);
/* A store by the running guest's kernel; false: not mapped writable. */
bool host_guest_store(uint64_t va, const void *from, uint64_t bytes);

bool host_guest_load(uint64_t va, void *to, uint64_t bytes);

/* NULL, or what is wrong with the machine. */
const char *hypervisor_check(void);
const char *hypervisor_check_tlbs(void);

/* The test's: the host is switched off; does not return. */
void host_power_off(void) __attribute__((noreturn));
