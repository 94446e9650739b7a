/* SPDX-License-Identifier: MIT */
/* User mode: entry by iret, exceptions and system calls out of it, and what it cannot reach. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\n"
    "user_syscall: mov $0x77, %eax\n\tmov $0x11, %r11d\n\tsyscall\n"
    "user_after_syscall: ud2\n"
    "user_ud: ud2\n"
    "user_read: mov (%rdi), %rax\n\tsyscall\n"
    "user_write: mov %rsi, (%rdi)\n\tsyscall\n"
    "user_call: call *%rdi\n"
    "user_flags: pushfq\n\tpop %rax\n\tsyscall\n"
    "user_hlt: hlt\n"
    ".popsection");
extern const char user_syscall[], user_after_syscall[], user_ud[], user_read[], user_write[],
	user_call[], user_flags[], user_hlt[];

static long user(const char *text, uint64_t rdi)
{
	struct trap_frame frame;

	user_frame(&frame, text);
	frame.rdi = rdi;
	frame.rbx = 0xb0b0;
	return user_run(&frame);
}

static void claim_syscall(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	expect("syscall", user(user_syscall, 5), VECTOR_SYSCALL);
	expect("syscall-rax", trap->rax, 0x77);
	expect("syscall-rdi", trap->rdi, 5);
	expect("syscall-rbx", trap->rbx, 0xb0b0);
	expect("syscall-rip", trap->rip, user_va(user_after_syscall));
	expect("syscall-rcx", trap->rcx, user_va(user_after_syscall));
	expect("syscall-r11", trap->r11 & 0xfff, 0x202);
	expect("syscall-rflags", trap->rflags & 0xf02, 0x202);
	expect("syscall-rsp", trap->rsp, USER_STACK);
	expect("syscall-masks", this_vcpu_info()->evtchn_upcall_mask, 1);
	expect("flags", user(user_flags, 0), VECTOR_SYSCALL);
	expect("flags-iopl", trap->rax & 0x3000, 0);
	expect("flags-if", trap->rax & 0x200, 0x200);
}

static void claim_faults(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	expect("ud", user(user_ud, 0), 6);
	expect("ud-cs", trap->cs & 0xffff, FLAT_USER_CS64);
	expect("ud-if-open", trap->rflags & 0x200, 0x200);
	expect("read-own", user(user_read, USER_DATA_VA), VECTOR_SYSCALL);
	expect("write-text", user(user_write, USER_TEXT_VA), 14);
	expect("write-text-error", trap->error, 7);
	expect("read-kernel", user(user_read, (uint64_t)&start_info), 14);
	expect("read-kernel-error", trap->error, 4);
	expect("read-kernel-cr2", this_cpu()->cr2, &start_info);
	expect("read-hypervisor", user(user_read, HYPERVISOR_VA), 14);
	expect("read-hypervisor-error", trap->error & ~1ul, 4);
	expect("read-unmapped", user(user_read, UNMAPPED_VA), 14);
	expect("read-unmapped-error", trap->error, 4);
	expect("read-non-canonical", user(user_read, NON_CANONICAL), 13);
	expect("call-kernel", user(user_call, (uint64_t)guest_main), 14);
	expect("call-kernel-error", trap->error & ~0x10ul, 4);
	expect("hlt", user(user_hlt, 0), 13);
	expect("write-own", user(user_write, USER_DATA_VA + 64), VECTOR_SYSCALL);
}

void guest_main(void)
{
	user_init();
	claim_syscall();
	claim_faults();
	user_data[100] = 0x5a;
	expect("same-memory", user(user_read, USER_DATA_VA + 100), VECTOR_SYSCALL);
	expect("same-memory-value", this_cpu()->trap.rax & 0xff, 0x5a);
	expect("kernel-sees-user", *(uint8_t *)(USER_DATA_VA + 100), 0x5a);
	expect("no-user-tables", mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	expect("tables-again", mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(user_root), 0), 0);
	expect("syscall-again", user(user_syscall, 0), VECTOR_SYSCALL);
}
