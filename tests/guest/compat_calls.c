/* SPDX-License-Identifier: MIT */
/*
 * 32-bit code of user mode: that it runs as such, and what INT 80h, SYSCALL
 * and SYSENTER out of it bring to the kernel, with a callback and without.
 *
 * AMD's CPUs have SYSCALL there, Intel's SYSENTER; emulators mix them.
 */
#include "tests/guest/lib/cpu.h"

/* An ordinary stub has the frame of a system call's callback: these tell them apart. */
#define VECTOR_SYSCALL32  0x84
#define VECTOR_SYSENTER32 0x85
#define STUB(vector)	  ((uint64_t)trap_stubs + (vector)*32)

#define UD		  6
#define GP		  13

asm(".pushsection .user, \"ax\"\n.code32\n"
    "c32_mode: xor %eax, %eax\n\t.byte 0x48\n\tnop\n\tmov %cs, %ebx\n\tmov %ss, %edx\n\t"
    "int $0x80\n\tud2\n"
    "c32_int80: int $0x80\n\tud2\n"
    "c32_int81: int $0x81\n\tud2\n"
    "c32_syscall: syscall\n\tud2\n"
    "c32_sysenter: sysenter\n\tud2\n"
    "c32_ud: ud2\n"
    "c32_hlt: hlt\n"
    "c32_cli: cli\n"
    "c32_out: out %al, $0x80\n"
    "c32_push: push %eax\n\tint $0x80\n"
    "c32_read: mov %ss, %edx\n\tmov %edx, %ds\n\tmov (%edi), %eax\n\tint $0x80\n"
    "c32_to_64: ljmp $0xe033, $0x40000000\n"
    ".code64\n"
    ".popsection");
extern const char c32_mode[], c32_int80[], c32_int81[], c32_syscall[], c32_sysenter[], c32_ud[],
	c32_hlt[], c32_cli[], c32_out[], c32_push[], c32_read[], c32_to_64[];

static struct trap_frame before;

static void frame_32(const char *text)
{
	user_frame(&before, text);
	before.cs = FLAT_USER_CS32;
	before.ss = FLAT_USER_SS32;
	before.rax = 0xa0a1a2a3;
	before.rbx = 0xb0b1b2b3;
	before.rcx = 0xc0c1c2c3;
	before.rdx = 0xd0d1d2d3;
	before.rsi = 0x50515253;
	before.rdi = 0x60616263;
	before.rbp = 0x70717273;
	before.r8 = 0x0808080808080808;
	before.r9 = 0x0909090909090909;
	before.r10 = 0x1010101010101010;
	before.r11 = 0x1111111111111111;
	before.r12 = 0x1212121212121212;
	before.r13 = 0x1313131313131313;
	before.r14 = 0x1414141414141414;
	before.r15 = 0x1515151515151515;
}

static long user32(const char *text)
{
	frame_32(text);
	return user_run(&before);
}

static long reg(uint16_t type, uint16_t flags, uint64_t address)
{
	struct callback_register callback = {.type = type, .flags = flags, .address = address};

	return call_callback(CALLBACKOP_register, &callback);
}

static long unreg(uint16_t type)
{
	struct callback_unregister callback = {.type = type};

	return call_callback(CALLBACKOP_unregister, &callback);
}

/* All but RCX and R11, which SYSCALL takes; 32-bit code keeps the upper registers. */
static void expect_registers(const char *group)
{
	const struct trap_frame *trap = &this_cpu()->trap;

	claim_named(group, "rax", trap->rax, before.rax);
	claim_named(group, "rbx", trap->rbx, before.rbx);
	claim_named(group, "rdx", trap->rdx, before.rdx);
	claim_named(group, "rsi", trap->rsi, before.rsi);
	claim_named(group, "rdi", trap->rdi, before.rdi);
	claim_named(group, "rbp", trap->rbp, before.rbp);
	claim_named(group, "r8", trap->r8, before.r8);
	claim_named(group, "r9", trap->r9, before.r9);
	claim_named(group, "r10", trap->r10, before.r10);
	claim_named(group, "r12", trap->r12, before.r12);
	claim_named(group, "r13", trap->r13, before.r13);
	claim_named(group, "r14", trap->r14, before.r14);
	claim_named(group, "r15", trap->r15, before.r15);
}

static void claim_mode(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	expect("mode", user32(c32_mode), 0x80);
	/* 48h is a decrement in 32-bit code, a prefix in 64-bit code. */
	expect("mode-is-32-bit", (uint32_t)trap->rax, 0xffffffff);
	expect("mode-cs", trap->rbx & 0xffff, FLAT_USER_CS32);
	expect("mode-ss", trap->rdx & 0xffff, FLAT_USER_SS32);
	expect("push", user32(c32_push), 0x80);
	expect("push-rsp", trap->rsp, USER_STACK - 4);
	frame_32(c32_push);
	before.rsp = 4;
	expect("push-nowhere", user_run(&before), 14);
	expect("push-nowhere-cr2", this_cpu()->cr2, 0);
	frame_32(c32_push);
	before.rsp = 0;
	expect("push-wraps", user_run(&before), 14);
	expect("push-wraps-cr2", this_cpu()->cr2, 0xfffffffc);
	frame_32(c32_read);
	before.rdi = 0xfffffffc;
	expect("read-top", user_run(&before), 14);
	expect("read-top-cr2", this_cpu()->cr2, 0xfffffffc);
	expect("to-64", user32(c32_to_64), 0x80);
}

static void claim_int80(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	expect("int80", user32(c32_int80), 0x80);
	expect_registers(GUEST_NAME ".int80");
	expect("int80-rcx", trap->rcx, before.rcx);
	expect("int80-r11", trap->r11, before.r11);
	expect("int80-rip", trap->rip, user_va(c32_int80) + 2);
	expect("int80-cs", trap->cs & 0xffff, FLAT_USER_CS32);
	expect("int80-rflags", trap->rflags & 0x3ff, 0x202);
	expect("int80-rsp", trap->rsp, USER_STACK);
	expect("int80-ss", trap->ss, FLAT_USER_SS32);
	expect("int80-masks", this_vcpu_info()->evtchn_upcall_mask, 1);
	expect("int81-refused", user32(c32_int81), GP);
	expect("int81-rip", trap->rip, user_va(c32_int81));
	expect("int81-cs", trap->cs & 0xffff, FLAT_USER_CS32);
}

static void claim_faults(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	expect("ud", user32(c32_ud), UD);
	expect_registers(GUEST_NAME ".ud");
	expect("ud-rip", trap->rip, user_va(c32_ud));
	expect("ud-cs", trap->cs & 0xffff, FLAT_USER_CS32);
	expect("hlt", user32(c32_hlt), GP);
	expect("hlt-error", trap->error, 0);
	expect("cli", user32(c32_cli), GP);
	expect("out", user32(c32_out), GP);
}

/* Nobody asked for them: the process has made a mistake, and nothing else. */
static void claim_none(void)
{
	struct trap_frame *trap = &this_cpu()->trap;
	long vector = user32(c32_syscall);

	expect("syscall-none", vector, UD);
	expect("syscall-none-rip", trap->rip, user_va(c32_syscall));
	expect("syscall-none-cs", trap->cs & 0xffff, FLAT_USER_CS32);
	expect("syscall-none-rsp", trap->rsp, USER_STACK);
	vector = user32(c32_sysenter);
	expect_true("sysenter-none", vector == GP || (is_amd() && vector == UD));
	expect("sysenter-none-rip", trap->rip, user_va(c32_sysenter));
	expect("sysenter-none-cs", trap->cs & 0xffff, FLAT_USER_CS32);
	expect("sysenter-none-rsp", trap->rsp, USER_STACK);
}

static void claim_syscall(void)
{
	struct trap_frame *trap = &this_cpu()->trap;
	long vector;

	expect("syscall-register",
	       reg(CALLBACKTYPE_syscall32, CALLBACKF_mask_events, STUB(VECTOR_SYSCALL32)), 0);
	vector = user32(c32_syscall);
	/* Intel's CPUs have none here, whatever the kernel says. */
	if (vector == UD && !is_amd()) {
		print("note: no SYSCALL in 32-bit code on this CPU");
		return;
	}
	expect("syscall", vector, VECTOR_SYSCALL32);
	expect_registers(GUEST_NAME ".syscall");
	expect("syscall-rcx", trap->rcx, user_va(c32_syscall) + 2);
	expect("syscall-r11", trap->r11 & 0x3ff, 0x202);
	expect("syscall-rip", trap->rip, user_va(c32_syscall) + 2);
	expect("syscall-cs", trap->cs & 0xffff, FLAT_USER_CS32);
	expect("syscall-rflags", trap->rflags & 0x3ff, 0x202);
	expect("syscall-rsp", trap->rsp, USER_STACK);
	expect("syscall-ss", trap->ss, FLAT_USER_SS32);
	expect("syscall-masks", this_vcpu_info()->evtchn_upcall_mask, 1);
	/* With the flag or without: what Xen does here, and what Linux knows. */
	expect("syscall-flagless", reg(CALLBACKTYPE_syscall32, 0, STUB(VECTOR_SYSCALL32)), 0);
	events_open();
	expect("syscall-flagless-taken", user32(c32_syscall), VECTOR_SYSCALL32);
	expect("syscall-flagless-masks", this_vcpu_info()->evtchn_upcall_mask, 1);
	expect("syscall-unregister", unreg(CALLBACKTYPE_syscall32), -XEN_EINVAL);
	expect("syscall-still", user32(c32_syscall), VECTOR_SYSCALL32);
	expect("syscall-zero", reg(CALLBACKTYPE_syscall32, 0, 0), 0);
	expect("syscall-gone", user32(c32_syscall), UD);
	expect("syscall-gone-rip", trap->rip, user_va(c32_syscall));
}

static void claim_sysenter(void)
{
	struct trap_frame *trap = &this_cpu()->trap;
	long vector;

	expect("sysenter-register",
	       reg(CALLBACKTYPE_sysenter, CALLBACKF_mask_events, STUB(VECTOR_SYSENTER32)), 0);
	vector = user32(c32_sysenter);
	/* AMD's CPUs have none in long mode; an emulator may let it reach the hypervisor. */
	if (is_amd() && vector != VECTOR_SYSENTER32) {
		expect_true("sysenter-amd", vector == UD || vector == GP);
		expect("sysenter-amd-rip", trap->rip, user_va(c32_sysenter));
		return;
	}
	expect("sysenter", vector, VECTOR_SYSENTER32);
	expect_registers(GUEST_NAME ".sysenter");
	expect("sysenter-rcx", trap->rcx, before.rcx);
	expect("sysenter-r11", trap->r11, before.r11);
	/* Where it came from is the kernel's to know, but it is of user mode. */
	expect("sysenter-ring", trap->cs & 3, 3);
	expect("sysenter-if", trap->rflags & 0x200, 0x200);
	expect("sysenter-masks", this_vcpu_info()->evtchn_upcall_mask, 1);
	expect("sysenter-unregister", unreg(CALLBACKTYPE_sysenter), -XEN_EINVAL);
	expect("sysenter-still", user32(c32_sysenter), VECTOR_SYSENTER32);
	expect("sysenter-zero", reg(CALLBACKTYPE_sysenter, 0, 0), 0);
	expect("sysenter-gone", user32(c32_sysenter), GP);
	expect("sysenter-gone-rip", trap->rip, user_va(c32_sysenter));
}

void guest_main(void)
{
	user_init();
	claim_mode();
	claim_int80();
	claim_faults();
	claim_none();
	claim_syscall();
	claim_sysenter();
	expect("64-bit-still", ({
		       user_frame(&before, c32_int80);
		       user_run(&before);
	       }),
	       0x80);
}
