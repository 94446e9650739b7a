/* SPDX-License-Identifier: MIT */
/*
 * The shortest ways into a kernel and out of it that the calling conventions allow,
 * so that what tests/bench/operations counts is the hypervisor's and little else.
 */
#include "tests/guest/lib/layout.h"

	.text

	/* Leaves with RIP, CS, RFLAGS, RSP, SS on the stack; flags as in struct iret_context. */
	.macro leave_by_iret flags
	pushq $\flags
	push %rcx
	push %r11
	push %rax
	mov $23, %eax
	syscall
	ud2
	.endm

	/* A fault on an instruction of two bytes: on behind it. */
	.globl quick_fault
quick_fault:
	pop %rcx
	pop %r11
	addq $2, (%rsp)
	leave_by_iret 0

	/* A system call: number 0 does nothing, others end user mode. */
	.globl quick_syscall
quick_syscall:
	test %eax, %eax
	jnz syscall_callback
	pop %rcx
	pop %r11
	leave_by_iret 0x100

	/* An upcall: this vCPU's port (quick_ports[]) is taken back. */
	.globl quick_event
quick_event:
	pop %rcx
	pop %r11
	push %rax
	push %rbx
	mov %rsp, %rax
	and $-STACK_SIZE, %rax
	mov (%rax), %eax
	mov quick_ports(, %rax, 4), %ebx
	shl $6, %eax
	add shared_info, %rax
	movb $0, (%rax)
	movq $0, 8(%rax)
	mov shared_info, %rax
	lock btr %rbx, 512*4(%rax)
	pop %rbx
	pop %rax
	leave_by_iret 0

	.section .user, "ax"
	/* RBX system calls of number 0, then one of number 1. */
	.globl user_calls, user_faults
user_calls:
1:	xor %eax, %eax
	syscall
	dec %rbx
	jnz 1b
	mov $1, %eax
	syscall
	/* RBX faults, then a system call. */
user_faults:
1:	ud2
	dec %rbx
	jnz 1b
	mov $1, %eax
	syscall

	.section .note.GNU-stack, "", @progbits
