/* SPDX-License-Identifier: MIT */
/* A kernel with the HYPERCALL_PAGE note gets 32-byte stubs that work. */
/* start: -DGUEST_WITH_HYPERCALL_PAGE */
#include "tests/guest/lib/guest.h"

extern uint8_t hypercall_page[];

static long through_page(unsigned int number, uint64_t a, uint64_t b, uint64_t *rcx, uint64_t *r11)
{
	long result;

	*rcx = 0xc0ffee;
	*r11 = 0x11ee11;
	asm volatile("mov %2, %%r11\n\tcall *%6\n\tmov %%r11, %2"
		     : "=a"(result), "+c"(*rcx), "+r"(*r11), "+D"(a), "+S"(b)
		     : "d"(0), "r"(hypercall_page + number * 32)
		     : "r8", "r10", "r11", "memory");
	return result;
}

void guest_main(void)
{
	uint64_t rcx, r11;

	expect("version", through_page(__HYPERVISOR_xen_version, XENVER_version, 0, &rcx, &r11),
	       4 << 16 | 17);
	expect("rcx-kept", rcx, 0xc0ffee);
	expect("r11-kept", r11, 0x11ee11);
	expect("pagesize", through_page(__HYPERVISOR_xen_version, XENVER_pagesize, 0, &rcx, &r11),
	       4096);
	expect("yield", through_page(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, &rcx, &r11), 0);
	expect("unknown", through_page(63, 0, 0, &rcx, &r11), -XEN_ENOSYS);
	/* Every stub is there, none is left empty. */
	long empty = 0;

	for (int i = 0; i < 40; i++)
		empty += hypercall_page[i * 32] == 0;
	expect("filled", empty, 0);
}
