/* SPDX-License-Identifier: MIT */
/* Writes to L1 tables that the hypervisor emulates: each instruction form Linux uses. */
#include "tests/guest/lib/guest.h"

static uint8_t a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED;

static void claim_linux(uint64_t *slot)
{
	uint64_t value, old;
	uint8_t carry;

	expect("assist", call_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
	value = maddr_of(b) | PTE_RW;
	expect("mov", try_asm("mov %1, %0", : "=m"(*slot) : "r"(value) : "memory"), NONE);
	expect("mov-seen", *slot & ~PTE_G, value);
	expect("movq-imm", try_asm("movq $0, %0", : "=m"(*slot) : : "memory"), NONE);
	expect("movq-imm-seen", *slot & ~PTE_G, 0);
	value = old = maddr_of(a) | PTE_RW;
	expect("xchg", try_asm("xchg %0, %1", : "+r"(old), "+m"(*slot) : : "memory"), NONE);
	expect("xchg-old", old, 0);
	expect("xchg-seen", *slot & ~PTE_G, value);
	expect("btr",
	       try_asm("lock btrq $5, %1\n\tsetc %0",
		       : "=q"(carry), "+m"(*slot)
		       :
		       : "memory", "cc"),
	       NONE);
	expect("btr-carry", carry, 1);
	expect("btr-seen", *slot & ~PTE_G, value & ~PTE_A);
	expect("andb",
	       try_asm("lock andb $0xfd, %0",
		       : "+m"(*(uint8_t *)slot)
		       :
		       : "memory", "cc"),
	       NONE);
	expect("andb-seen", *slot & PTE_W, 0);
	old = *slot;
	expect("cmpxchg",
	       try_asm("lock cmpxchg %2, %1",
		       : "+a"(old), "+m"(*slot)
		       : "r"(value)
		       : "memory", "cc"),
	       NONE);
	expect("cmpxchg-seen", *slot & ~PTE_G, value);
}

/* Forms that Linux 6.1 does not use, but a compiler may choose. */
static void claim_others(uint64_t *slot)
{
	uint64_t value = maddr_of(a) | PTE_RW, old = 0x1234;
	uint8_t carry;

	expect("cmpxchg-other",
	       try_asm("lock cmpxchg %3, %1\n\tsetz %2",
		       : "+a"(old), "+m"(*slot), "=q"(carry)
		       : "r"(0ul)
		       : "memory", "cc"),
	       NONE);
	expect("cmpxchg-other-zf", carry, 0);
	expect("cmpxchg-other-old", old & ~PTE_G, value);
	expect("cmpxchg-other-kept", *slot & ~PTE_G, value);
	expect("or", try_asm("lock orq $0x200, %0", : "+m"(*slot) : : "memory", "cc"), NONE);
	expect("or-seen", *slot & ~PTE_G, value | 0x200);
	expect("orb", try_asm("lock orb $4, 1(%0)", : : "r"(slot) : "memory", "cc"), NONE);
	expect("orb-seen", *slot & ~PTE_G, value | 0x600);
	expect("bts", try_asm("lock btsq $11, %0", : "+m"(*slot) : : "memory", "cc"), NONE);
	expect("bts-seen", *slot & ~PTE_G, value | 0xe00);
	expect("mov32",
	       try_asm("movl %1, %0",
		       : "=m"(*(uint32_t *)slot)
		       : "r"((uint32_t)value)
		       : "memory"),
	       NONE);
	expect("mov32-seen", *slot & ~PTE_G, value);
	expect("index",
	       try_asm("mov %0, (%1,%2,8)",
		       :
		       : "r"(value | 0x200), "r"((uint64_t)slot & ~0xffful),
			 "r"(((uint64_t)slot & 0xfff) / 8)
		       : "memory"),
	       NONE);
	expect("index-seen", *slot & ~PTE_G, value | 0x200);
	expect("r15-store", ({
		       register uint64_t r15 asm("r15") = value;
		       register uint64_t *r12 asm("r12") = slot;
		       try_asm("mov %0, (%1)", : : "r"(r15), "r"(r12) : "memory");
	       }),
	       NONE);
	expect("r15-seen", *slot & ~PTE_G, value);
}

void guest_main(void)
{
	uint64_t *slot = boot_slot(a, 1);

	claim_linux(slot);
	claim_others(slot);
}
