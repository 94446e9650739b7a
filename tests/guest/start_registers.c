/* SPDX-License-Identifier: MIT */
/* What the registers hold at a PV kernel's first instruction. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	const struct entry_registers *r = &entry_registers;

	expect("rax", r->rax, 0);
	expect("rbx", r->rbx, 0);
	expect("rcx", r->rcx, 0);
	expect("rdx", r->rdx, 0);
	expect("rdi", r->rdi, 0);
	expect("rbp", r->rbp, 0);
	expect("r8-r15", r->r8 | r->r9 | r->r10 | r->r11 | r->r12 | r->r13 | r->r14 | r->r15, 0);
	expect("rsi-is-start-info", r->rsi, start_info);
	expect("cs", r->cs, FLAT_KERNEL_CS);
	expect("ss", r->ss, FLAT_KERNEL_SS);
	expect("ds", r->ds, 0);
	expect("es", r->es, 0);
	expect("fs", r->fs, 0);
	expect("gs", r->gs, 0);
	expect("rflags-if", r->rflags & 0x200, 0x200);
	expect("rflags-rest", r->rflags & ~0x246ul, 0);
	expect("rsp-end-of-page", r->rsp & 0xfff, 0);
	expect_true("rsp-behind-tables",
		    r->rsp == start_info->pt_base + (start_info->nr_pt_frames + 1) * 4096);
	expect("mask", this_vcpu_info()->evtchn_upcall_mask, 1);
}
