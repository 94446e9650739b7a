/* SPDX-License-Identifier: MIT */
/*
 * Ways into the micro-guest's kernel, and the ways back out of it.  Every
 * entry ends in trap_handle() with a struct trap_frame on the stack; deciding
 * what an entry means is trap.c's.
 */
#include "tests/guest/lib/layout.h"

	.text

	/* One stub a vector, 32 bytes each: RCX and R11 come back from the frame. */
	.globl trap_stubs
	.balign 32
trap_stubs:
	vector = 0
	.rept 256
	.balign 32
	pop %rcx
	pop %r11
	.if (vector != 8) && (vector != 10) && (vector != 11) && (vector != 12) && \
	    (vector != 13) && (vector != 14) && (vector != 17) && (vector != 21)
	pushq $0
	.endif
	pushq $vector
	jmp trap_common
	vector = vector + 1
	.endr

	.macro callback name, number
	.globl \name
\name:
	pop %rcx
	pop %r11
	pushq $0
	pushq $\number
	jmp trap_common
	.endm

	callback event_callback, VECTOR_EVENT
	callback syscall_callback, VECTOR_SYSCALL
	callback sysenter_callback, VECTOR_SYSENTER

	/* RCX, R11, DS, ES, FS, GS, then the frame: keep the four selectors. */
	.globl failsafe_callback
failsafe_callback:
	pop %rcx
	pop %r11
	popq failsafe_selectors + 0(%rip)
	popq failsafe_selectors + 8(%rip)
	popq failsafe_selectors + 16(%rip)
	popq failsafe_selectors + 24(%rip)
	pushq $0
	pushq $VECTOR_FAILSAFE
	jmp trap_common

trap_common:
	cld
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, %rdi
	mov %rsp, %rbx
	and $-16, %rsp
	call trap_handle
	mov %rbx, %rsp
trap_leave:
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	/* vector and error code make room for RCX and the flags of iret. */
	mov %rcx, (%rsp)
	movq $0, 8(%rsp)
	push %r11
	push %rax
	mov $23, %eax
	syscall
	ud2

	/*
	 * long user_enter(struct trap_frame *frame, uint64_t *kernel_rsp):
	 * leaves through the frame; comes back by user_leave().
	 */
	.globl user_enter
user_enter:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rsi)
	mov %rdi, %rbx
	/* Entries from user mode must not overwrite what is saved here. */
	mov %rsp, %rsi
	mov $0xe02b, %edi
	mov $3, %eax
	syscall
	mov %rbx, %rsp
	jmp trap_leave

	/* void user_leave(uint64_t kernel_rsp, long result) */
	.globl user_leave
user_leave:
	mov %rdi, %rsp
	mov %rsi, %rax
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret

	/*
	 * void catch_call(void (*function)(void *), void *argument, uint64_t *rsp):
	 * a fault inside continues at catch_landing with *rsp as the stack.
	 */
	.globl catch_call, catch_landing
catch_call:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdx
	mov %rsp, (%rdx)
	mov %rdi, %rax
	mov %rsi, %rdi
	call *%rax
catch_landing:
	pop %rdx
	movq $0, (%rdx)
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret

	/* void iret_raw(struct iret_context *context): never comes back here. */
	.globl iret_raw
iret_raw:
	mov %rdi, %rsp
	mov $23, %eax
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
