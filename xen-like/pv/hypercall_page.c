/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/hypercall_page.c - see hypercall_page.h.
 */
#include "xen-like/pv/hypercall_page.h"
#include "xen-like/base/abi.h"
#include "xen-like/base/string.h"

#define STUB_BYTES 32
#define INT3	   0xcc

/* push rcx; push r11; mov $n, eax; syscall; pop r11; pop rcx; ret */
static const uint8_t stub[] = {0x51, 0x41, 0x53, 0xb8, 0,    0,	   0,
			       0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
#define STUB_NUMBER 4

/* iret takes rax from the stack too, and does not come back. */
static const uint8_t iret_stub[] = {0x51, 0x41, 0x53, 0x50, 0xb8, __HYPERVISOR_iret,
				    0,	  0,	0,    0x0f, 0x05};

void hypercall_page_fill(void *page)
{
	memset(page, INT3, PAGE_SIZE);
	for (uint32_t number = 0; number < PAGE_SIZE / STUB_BYTES; number++) {
		uint8_t *at = (uint8_t *)page + number * STUB_BYTES;

		memcpy(at, stub, sizeof(stub));
		memcpy(at + STUB_NUMBER, &number, sizeof(number));
	}
	memcpy((uint8_t *)page + __HYPERVISOR_iret * STUB_BYTES, iret_stub, sizeof(iret_stub));
}
