/* SPDX-License-Identifier: MIT */
/*
 * 32-bit code that means no good: instruction pointers and stacks beyond
 * 4 GiB, steps over system calls, and the kernel itself in 32-bit code.  The
 * kernel gets a fault or a system call, and the hypervisor lives.
 */
#include "tests/guest/lib/cpu.h"

#define VECTOR_SYSCALL32  0x84
#define VECTOR_SYSENTER32 0x85
#define STUB(vector)	  ((uint64_t)trap_stubs + (vector)*32)

asm(".pushsection .user, \"ax\"\n.code32\n"
    "c32_syscall: syscall\n\tud2\n"
    "c32_sysenter: sysenter\n\tud2\n"
    "c32_int80: int $0x80\n\tud2\n"
    "c32_int82: int $0x82\n\tud2\n"
    "c32_segments: mov %ebx, %ds\n\tmov %ebx, %es\n\tsyscall\n\tud2\n"
    "c32_mov_ss: mov %ss, %eax\n\tmov %eax, %ss\n\tsyscall\n\tud2\n"
    ".code64\n"
    ".popsection");
extern const char c32_syscall[], c32_sysenter[], c32_int80[], c32_int82[], c32_segments[],
	c32_mov_ss[];

static struct trap_frame frame;

static void frame_32(const char *text)
{
	user_frame(&frame, text);
	frame.cs = FLAT_USER_CS32;
	frame.ss = FLAT_USER_SS32;
}

/* Whatever the CPU makes of it, it is an ordinary entry from user mode. */
static bool comes_back(void)
{
	long vector = user_run(&frame);

	return (vector >= 0 && vector < 256) || vector == VECTOR_SYSCALL ||
	       vector == VECTOR_FAILSAFE;
}

static long reg(uint16_t type, uint64_t address)
{
	struct callback_register callback = {
		.type = type, .flags = CALLBACKF_mask_events, .address = address};

	return call_callback(CALLBACKOP_register, &callback);
}

static void claim_pointers(void)
{
	static const uint64_t far[] = {0x100000000ul, 0x140000000ul, NON_CANONICAL,
				       HYPERVISOR_VA, ~0ul,	     0xfffffffful};

	for (unsigned int i = 0; i < ARRAY_SIZE(far); i++) {
		frame_32(c32_int80);
		frame.rip = far[i];
		expect_true("rip-far", comes_back());
		frame_32(c32_int80);
		frame.rsp = far[i];
		expect_true("rsp-far", comes_back());
		frame_32(c32_syscall);
		frame.rsp = far[i];
		expect_true("rsp-far-syscall", comes_back());
		frame_32(c32_sysenter);
		frame.rsp = far[i];
		expect_true("rsp-far-sysenter", comes_back());
	}
}

/* A step flag does not follow into the kernel, nor does AC, DF or NT. */
static void claim_flags(void)
{
	static const char *const texts[] = {c32_syscall, c32_sysenter, c32_int80};

	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		frame_32(texts[i]);
		frame.rflags = 0x202 | 0x100;
		expect_true("step", comes_back());
		frame_32(texts[i]);
		frame.rflags = 0x202 | 0x40000 | 0x400 | 0x4000;
		expect_true("flags", comes_back());
		expect("flags-if", this_cpu()->trap.rflags & 0x200, 0x200);
	}
	frame_32(c32_mov_ss);
	frame.rflags = 0x302;
	expect_true("step-behind-mov-ss", comes_back());
}

static void claim_segments(void)
{
	frame_32(c32_segments);
	frame.rbx = FLAT_RING3_SS32;
	expect_true("segments", comes_back());
	frame.rbx = 0xe010; /* the hypervisor's own */
	expect("segments-hypervisor", user_run(&frame), 13);
	expect("segments-error", this_cpu()->trap.error, 0xe010);
}

/* IRET to 32-bit code may cut RSP down: this stack is below 4 GiB too. */
static void kernel_stack_alias(void)
{
	char *stack = (char *)this_cpu();

	for (unsigned int at = 0; at < STACK_SIZE; at += PAGE_SIZE)
		need(!map_va((uint32_t)(uint64_t)(stack + at), maddr_of(stack + at) | PTE_RW));
}

/* The kernel in 32-bit code: those are no hypercalls, and no system calls of it. */
static void run_as_kernel(void *argument)
{
	struct iret_context context = {
		.rip = user_va(argument),
		.cs = FLAT_KERNEL_CS32 & ~3,
		.rflags = 0x2,
		/* Traps come to the lower half of this address: kernel_stack_alias(). */
		.rsp = ((uint64_t)&context - 512) & ~15ul,
		.ss = FLAT_KERNEL_SS32 & ~3,
		.rax = __HYPERVISOR_xen_version,
	};

	iret_raw(&context);
}

static void claim_kernel(void)
{
	long vector = try_call(run_as_kernel, (void *)(uint64_t)c32_syscall);

	expect_true("kernel-syscall", vector == 6 || vector == VECTOR_SYSCALL32);
	vector = try_call(run_as_kernel, (void *)(uint64_t)c32_sysenter);
	expect_true("kernel-sysenter", vector == 6 || vector == 13 || vector == VECTOR_SYSENTER32);
	vector = try_call(run_as_kernel, (void *)(uint64_t)c32_int82);
	expect("kernel-int82", vector, 13);
	vector = try_call(run_as_kernel, (void *)(uint64_t)c32_int80);
	expect("kernel-int80", vector, 0x80);
}

void guest_main(void)
{
	user_init();
	kernel_stack_alias();
	claim_pointers();
	claim_flags();
	claim_kernel();
	expect("syscall32", reg(CALLBACKTYPE_syscall32, STUB(VECTOR_SYSCALL32)), 0);
	expect("sysenter", reg(CALLBACKTYPE_sysenter, STUB(VECTOR_SYSENTER32)), 0);
	expect("syscall32-non-canonical", reg(CALLBACKTYPE_syscall32, NON_CANONICAL), -XEN_EINVAL);
	expect("sysenter-non-canonical", reg(CALLBACKTYPE_sysenter, NON_CANONICAL), -XEN_EINVAL);
	claim_pointers();
	claim_flags();
	claim_segments();
	claim_kernel();
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
}
