/* SPDX-License-Identifier: MIT */
/* The upcall itself: its frame, when it comes, what it does to the mask. */
#include "tests/guest/lib/guest.h"

static long port;
static int entries, nested;
static bool mask_seen;

static bool hook(struct trap_frame *frame)
{
	if (frame->vector != VECTOR_EVENT)
		return false;
	mask_seen = this_vcpu_info()->evtchn_upcall_mask;
	entries++;
	this_vcpu_info()->evtchn_upcall_pending = 0;
	this_vcpu_info()->evtchn_pending_sel = 0;
	event_clear(port);
	return true;
}

static bool hook_nested(struct trap_frame *frame)
{
	if (frame->vector != VECTOR_EVENT)
		return false;
	this_vcpu_info()->evtchn_upcall_pending = 0;
	this_vcpu_info()->evtchn_pending_sel = 0;
	event_clear(port);
	if (++nested < 3) {
		send_port(port);
		events_open(); /* comes in again, one level deeper */
		events_close();
	}
	return true;
}

static void claim_frame(void)
{
	struct trap_frame *trap = &this_cpu()->trap;
	uint64_t rbx = 0x1111, r11, rcx;

	send_port(port);
	write_once(this_vcpu_info()->evtchn_upcall_mask, 0);
	asm volatile("mov $17, %%eax\n\txor %%edi, %%edi\n\txor %%esi, %%esi\n\tsyscall\n"
		     : "=c"(rcx), "=r"(r11), "+b"(rbx)
		     :
		     : "rax", "rdi", "rsi", "rdx", "r8", "r10", "memory");
	expect("entered", entries, 1);
	expect("frame-cs", trap->cs & 0xffff, FLAT_KERNEL_CS & ~3);
	expect("frame-mask", trap->cs >> 32, 0);
	expect("frame-if", trap->rflags & 0x200, 0x200);
	expect("frame-rax-result", trap->rax, 4 << 16 | 17);
	expect("frame-rbx", trap->rbx, 0x1111);
	expect("frame-ss", trap->ss, FLAT_KERNEL_SS);
	expect("masked-inside", mask_seen, 1);
	expect("open-after-iret", this_vcpu_info()->evtchn_upcall_mask, 0);
	events_close();
}

static void claim_iret(void)
{
	/* iret that opens events with one pending: the upcall comes at its target. */
	static struct iret_context context;
	int before = entries;

	send_port(port);
	expect("closed", entries, before);
	context.rax = 5;
	context.cs = FLAT_KERNEL_CS & ~3;
	context.ss = FLAT_KERNEL_SS;
	context.rflags = 0x202;
	asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, 32(%0)\n\tmov %%rsp, 56(%0)\n\t"
		     "mov %0, %%rsp\n\tmov $23, %%eax\n\tsyscall\n1:\n"
		     :
		     : "r"(&context)
		     : "rax", "rcx", "r11", "memory");
	expect("iret-opens", entries, before + 1);
	expect("iret-mask", this_vcpu_info()->evtchn_upcall_mask, 0);
	expect("iret-target", this_cpu()->trap.rax, 5);
	events_close();
}

void guest_main(void)
{
	port = bind_ipi(0);
	need(port > 0);
	trap_hook = hook;
	claim_frame();
	claim_iret();
	trap_hook = hook_nested;
	send_port(port);
	events_open();
	events_close();
	expect("nested", nested, 3);
	/* The flag alone, without any port, is an upcall too. */
	trap_hook = hook;
	entries = 0;
	this_vcpu_info()->evtchn_upcall_pending = 1;
	events_open();
	expect("flag-alone", entries, 1);
	events_close();
	this_vcpu_info()->evtchn_upcall_pending = 1;
	call_version(XENVER_version, NULL);
	expect("mask-holds", entries, 1);
	try_asm("ud2");
	expect("mask-holds-trap", entries, 1);
	write_once(this_vcpu_info()->evtchn_upcall_mask, 0);
	trap_info_t one[2] = {trap_table[6], {0}};

	one[0].flags = 0;
	need(!call_traps(one));
	try_asm("ud2");
	expect("trap-return-delivers", entries, 2);
}
