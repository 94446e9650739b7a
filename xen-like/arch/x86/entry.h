/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/entry.h - what entry.S, entry_quick.S and entry_guarded.S share:
 * offsets, the order of saved registers, the stubs of an IDT.  For assembly.
 */
#pragma once

#include "xen-like/arch/x86/offsets.h"

/* clang-format off */

/* Offsets in struct cpu (checked in cpu.c). */
#define CPU_GUEST_FRAME 0x08
#define CPU_STACK_TOP 0x10
#define CPU_SCRATCH 0x18
#define CPU_CURRENT 0x20
#define CPU_WORK 0x28
#define CPU_ENTRY_STACK 0x30
#define CPU_GUEST_CR3 0x38
#define CPU_LOADED_CR3 0x40
#define CPU_SAVED 0x48
#define CPU_DATA_SELECTOR 0x60
#define CPU_HYPERCALLS 0x108
#define CPU_CR3_LOADS 0x110

/* What C may change, and what it preserves. */
.macro PUSH_CHANGED
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
.endm

.macro PUSH_GENERAL
	PUSH_CHANGED
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

/* The latter, later: to the `regs` of the vCPU at `vcpu`. */
.macro SAVE_PRESERVED vcpu
	mov	%rbx, VCPU_REGS+REGS_RBX(\vcpu)
	mov	%rbp, VCPU_REGS+REGS_RBP(\vcpu)
	mov	%r12, VCPU_REGS+REGS_R12(\vcpu)
	mov	%r13, VCPU_REGS+REGS_R13(\vcpu)
	mov	%r14, VCPU_REGS+REGS_R14(\vcpu)
	mov	%r15, VCPU_REGS+REGS_R15(\vcpu)
.endm

.macro POP_GENERAL
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

/*
 * One stub a vector, 16 bytes apart; traps.c points the IDT here.  `own` takes
 * those that come on stacks of their own.
 */
.macro ENTRY_STUBS name, common, own
	.balign	16
	.globl	\name
\name:
	vector = 0
	.rept	256
	.balign	16
	.if	vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
	/* the CPU pushed an error code */
	.else
	push	$0
	.endif
	movl	$vector, 4(%rsp)
	.if	vector == 1 || vector == 2 || vector == 8 || vector == 18
	jmp	\own
	.else
	jmp	\common
	.endif
	vector = vector + 1
	.endr
.endm
