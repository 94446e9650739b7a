/* SPDX-License-Identifier: MIT */
/* Privileged instructions of the guest's kernel: emulated, ignored or #GP. */
#include "tests/guest/lib/cpu.h"

static uint8_t page[4096] PAGE_ALIGNED;

static void claim_instructions(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table = {0xfff, (uint64_t)page};
	uint32_t zero = 0;

	expect("hlt", try_asm("hlt"), 13);
	expect("cli", try_asm("cli"), 13);
	expect("sti", try_asm("sti"), 13);
	expect("lgdt", try_asm("lgdt %0", : : "m"(table)), 13);
	expect("lidt", try_asm("lidt %0", : : "m"(table)), 13);
	expect("lldt", try_asm("lldt %w0", : : "r"(zero)), 13);
	expect("ltr", try_asm("ltr %w0", : : "r"(zero)), 13);
	expect("lmsw", try_asm("lmsw %w0", : : "r"(1)), 13);
	expect("invd", try_asm("invd"), 13);
	expect("swapgs", try_asm("swapgs"), 13);
	expect("sysretq", try_asm("sysretq"), 13);
	expect("mov-from-cr8", try_asm("mov %%cr8, %%rax", : : : "rax"), 13);
	expect("rdpmc", try_asm("rdpmc", : : "c"(0) : "rax", "rdx"), 13);
	expect("invlpg", try_asm("invlpg %0", : : "m"(page) : "memory"), 13);
	expect("mov-dr0", try_asm("mov %%rax, %%dr0", : : "a"(0ul)), NONE);
	expect("wbinvd", try_asm("wbinvd", : : : "memory"), NONE);
	expect("clts", try_asm("clts"), NONE);
	expect("rdtsc", try_asm("rdtsc", : : : "rax", "rdx"), NONE);
	expect("mwait", try_asm("mwait", : : "a"(0), "c"(0)) == 6 || this_cpu()->caught == 13, 1);
	expect("vmmcall",
	       try_asm("vmmcall",
		       :
		       : "a"(0)
		       : "memory") == 6 ||
		       this_cpu()->caught == 13,
	       1);
	expect("vmcall",
	       try_asm("vmcall",
		       :
		       : "a"(0)
		       : "memory") == 6 ||
		       this_cpu()->caught == 13,
	       1);
	expect("vmrun",
	       try_asm("vmrun",
		       :
		       : "a"(0)
		       : "memory") == 6 ||
		       this_cpu()->caught == 13,
	       1);
	expect("still-here", try_asm("nop"), NONE);
}

static void claim_control_registers(void)
{
	uint64_t cr0, cr3, cr4, value;

	expect("read-cr0", try_asm("mov %%cr0, %0", : "=r"(cr0)), NONE);
	expect("cr0-pe-pg-wp", cr0 & 0x80010001, 0x80010001);
	expect("write-cr0-same", try_asm("mov %0, %%cr0", : : "r"(cr0)), NONE);
	expect("write-cr0-no-wp", try_asm("mov %0, %%cr0", : : "r"(cr0 & ~0x10000ul)), 13);
	expect("write-cr0-no-pg", try_asm("mov %0, %%cr0", : : "r"(cr0 & ~(1ul << 31))), 13);
	expect("write-cr0-ts", try_asm("mov %0, %%cr0", : : "r"(cr0 | 8)), NONE);
	try_asm("mov %%cr0, %0", : "=r"(value));
	expect("cr0-ts-seen", value & 8, 8);
	expect("clts", try_asm("clts"), NONE);
	try_asm("mov %%cr0, %0", : "=r"(value));
	expect("cr0-ts-cleared", value & 8, 0);
	expect("read-cr2", try_asm("mov %%cr2, %0", : "=r"(value)), NONE);
	expect("write-cr2", try_asm("mov %0, %%cr2", : : "r"(0x1234ul)), NONE);
	try_asm("mov %%cr2, %0", : "=r"(value));
	expect("cr2-seen", value, 0x1234);
	expect("read-cr3", try_asm("mov %%cr3, %0", : "=r"(cr3)), NONE);
	expect("cr3", cr3, mfn_of((void *)start_info->pt_base) << 12);
	expect("write-cr3-same", try_asm("mov %0, %%cr3", : : "r"(cr3) : "memory"), NONE);
	expect("write-cr3-plain", try_asm("mov %0, %%cr3", : : "r"(maddr_of(page)) : "memory"), 13);
	expect("write-cr3-nowhere",
	       try_asm("mov %0, %%cr3",
		       :
		       : "r"(0xfffffffful << 12)
		       : "memory"),
	       13);
	expect("read-cr4", try_asm("mov %%cr4, %0", : "=r"(cr4)), NONE);
	expect("cr4-pae", cr4 & 0x20, 0x20);
	expect("write-cr4-same", try_asm("mov %0, %%cr4", : : "r"(cr4)), NONE);
	/* What the guest may not have is dropped or refused, never set. */
	try_asm("mov %0, %%cr4", : : "r"(cr4 | 1ul << 13 | 1ul << 21));
	try_asm("mov %%cr4, %0", : "=r"(value));
	expect("cr4-no-vmxe-smap", value & (1ul << 13 | 1ul << 21), 0);
	try_asm("mov %0, %%cr4", : : "r"(cr4 | 4)); /* TSD */
	try_asm("mov %%cr4, %0", : "=r"(value));
	expect("cr4-tsd", value & 4, 4);
	expect("cr4-tsd-kernel-rdtsc", try_asm("rdtsc", : : : "rax", "rdx"), NONE);
	try_asm("mov %0, %%cr4", : : "r"(cr4));
}

void guest_main(void)
{
	claim_instructions();
	claim_control_registers();
}
