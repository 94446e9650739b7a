/* SPDX-License-Identifier: MIT */
/* Selectors that cannot be loaded on the way to the guest: #GP or the failsafe callback. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\nuser_syscall: syscall\n\tud2\n.popsection");
extern const char user_syscall[];

static uint64_t gdt[512] PAGE_ALIGNED;

void guest_main(void)
{
	struct trap_frame frame, *trap = &this_cpu()->trap;
	long vector;

	user_init();
	user_frame(&frame, user_syscall);
	frame.cs = 0xfff3;
	vector = user_run(&frame);
	expect_true("bad-cs", vector == 13 || vector == VECTOR_FAILSAFE);
	expect("bad-cs-rip", trap->rip, frame.rip);
	expect("bad-cs-cs", trap->cs & 0xffff, 0xfff3);
	user_frame(&frame, user_syscall);
	frame.ss = 0xfff3;
	vector = user_run(&frame);
	expect_true("bad-ss", vector == 13 || vector == VECTOR_FAILSAFE);
	expect("bad-ss-ss", trap->ss & 0xffff, 0xfff3);
	user_frame(&frame, user_syscall);
	frame.rip = NON_CANONICAL;
	vector = user_run(&frame);
	expect_true("bad-rip", vector == VECTOR_FAILSAFE || vector == 13);
	/* A data selector in use vanishes from the GDT; the next entry finds it gone. */
	static uint64_t frames[1];

	gdt[1] = 0x00cff3000000fffful;
	frames[0] = mfn_of(gdt);
	need(!set_pte(gdt, PTE_RO) && !call_gdt(frames, 512));
	expect("load", try_asm("mov %0, %%es", : : "r"(1 << 3 | 3)), NONE);
	need(!call_descriptor(maddr_of(&gdt[1]), 0));
	user_frame(&frame, user_syscall);
	vector = user_run(&frame);
	expect_true("vanished", vector == VECTOR_SYSCALL || vector == VECTOR_FAILSAFE);
	asm volatile("mov %0, %%es" : : "r"(0));
	user_frame(&frame, user_syscall);
	expect("fine-again", user_run(&frame), VECTOR_SYSCALL);
}
