/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/thunks.S - every indirect call and jump of Enso's goes
 * through one of these (gcc's -mindirect-branch=thunk-extern calls them by
 * these names), so that a target trained by a guest is not followed.
 *
 * As they stand they are return trampolines: the CPU guesses that RET goes to
 * the loop behind the CALL, not where its branch predictor was led.  Where IBRS
 * keeps the predictor apart a plain jump does (speculation_policy.c decides).
 */
#include "xen-like/arch/x86/alternatives.h"

.macro THUNK register
	.section .text.thunk_\register, "ax", @progbits
	.balign	32
	.globl	__x86_indirect_thunk_\register
	.type	__x86_indirect_thunk_\register, @function
__x86_indirect_thunk_\register:
771:	call	1f
2:	pause
	lfence
	jmp	2b
1:	mov	%\register, (%rsp)
	ret
	int3
772:
	.size	__x86_indirect_thunk_\register, . - __x86_indirect_thunk_\register
	alternative_row	ALTERNATIVE_THUNK_JUMP, "jmp *%\register; int3"
	alternative_row	ALTERNATIVE_THUNK_LFENCE, "lfence; jmp *%\register; int3"
.endm

	.irp	register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	THUNK	\register
	.endr

	.section .note.GNU-stack, "", @progbits
