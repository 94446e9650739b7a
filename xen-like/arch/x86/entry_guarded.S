/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/entry_guarded.S - the ways in and out on CPUs whose guesses
 * a guest could use (speculation_policy.c): the IDT and SYSCALL lead here, and
 * entry.S' ways out jump here.  What a way in does, it does before entry.S' own
 * code, to which it goes on as if the trap had come there.  Other CPUs never
 * get here.
 *
 * With XPTI guests run on tables (xpti.c) that have of Enso only this section,
 * the IDT, and this CPU's record, entry stack and four own stacks.  So between
 * a guest and a change of CR3 nothing else may be touched.
 */
#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/entry.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/offsets.h"

#define MSR_SPEC_CTRL 0x48
#define MSR_PRED_COMMAND 0x49
#define RETURNS 32 /* what the deepest return stack holds */

/* What follows, up to 9: below, is done only with `feature`. */
.macro ONLY_WITH feature
	ALTERNATIVE "jmp 9f", \feature, ""
.endm

.macro BARRIER
	ALTERNATIVE no_op_3, ALTERNATIVE_BARRIER, "lfence"
.endm

/* EAX, ECX and EDX are free. */
.macro WRITE_SPEC_CTRL value
	mov	$MSR_SPEC_CTRL, %ecx
	mov	\value(%rip), %eax
	xor	%edx, %edx
	wrmsr
.endm

.macro WRITE_IBPB
	mov	$MSR_PRED_COMMAND, %ecx
	mov	$1, %eax
	xor	%edx, %edx
	wrmsr
.endm

/* Calls that never return: a return guessed too many ends in a loop.  RSP moves. */
.macro FILL_RETURNS
	.rept	RETURNS
	call	8f
7:	pause
	lfence
	jmp	7b
8:
	.endr
.endm

.macro SAVE_FOR_MSR
	mov	%rax, %gs:CPU_SAVED
	mov	%rcx, %gs:(CPU_SAVED + 8)
	mov	%rdx, %gs:(CPU_SAVED + 16)
.endm

.macro RESTORE_AFTER_MSR
	mov	%gs:CPU_SAVED, %rax
	mov	%gs:(CPU_SAVED + 8), %rcx
	mov	%gs:(CPU_SAVED + 16), %rdx
.endm

/* A guest was left; GS is ours.  Changes flags only. */
.macro GUARD_IN
	BARRIER				/* was that SWAPGS guessed? */
	ONLY_WITH ALTERNATIVE_XPTI
	mov	%rax, %gs:CPU_SAVED
	mov	%gs:CPU_LOADED_CR3, %rax
	mov	%rax, %cr3
	mov	%gs:CPU_SAVED, %rax
9:	ONLY_WITH ALTERNATIVE_IBPB_ENTRY
	SAVE_FOR_MSR
	WRITE_IBPB
	RESTORE_AFTER_MSR
9:	ONLY_WITH ALTERNATIVE_SPEC_CTRL
	SAVE_FOR_MSR
	WRITE_SPEC_CTRL speculation_word_own
	RESTORE_AFTER_MSR
9:	ONLY_WITH ALTERNATIVE_RSB_ENTRY
	mov	%rsp, %gs:CPU_SAVED
	mov	%gs:CPU_STACK_TOP, %rsp
	FILL_RETURNS
	mov	%gs:CPU_SAVED, %rsp
9:
.endm

/* A guest is next: its registers are loaded but for GS.  Changes flags only. */
.macro GUARD_OUT
	ONLY_WITH ALTERNATIVE_SPEC_CTRL
	SAVE_FOR_MSR
	WRITE_SPEC_CTRL speculation_word_guest
	RESTORE_AFTER_MSR
9:	ONLY_WITH ALTERNATIVE_XPTI
	mov	%rax, %gs:CPU_SAVED
	mov	%gs:CPU_GUEST_CR3, %rax
	mov	%rax, %cr3
	mov	%gs:CPU_SAVED, %rax
9:	ONLY_WITH ALTERNATIVE_VERW_EXIT
	verw	%gs:CPU_DATA_SELECTOR
9:
.endm

	.section .text.entry, "ax", @progbits
	ENTRY_STUBS guarded_stubs, guarded_common, guarded_own_stack

/*
 * A trap on the entry stack: from a guest; or an interrupt or fault in Enso
 * itself, on the stack in use.
 */
	.balign	16
guarded_common:
	testb	$3, 16(%rsp)		/* CS: error, rip, cs */
	jz	guarded_from_enso
	swapgs
	GUARD_IN
	mov	%rax, %gs:CPU_SAVED
	mov	%rsp, %rax
	mov	%gs:CPU_GUEST_FRAME, %rsp
	pushq	40(%rax)
	pushq	32(%rax)
	pushq	24(%rax)
	pushq	16(%rax)
	pushq	8(%rax)
	pushq	(%rax)
	mov	%gs:CPU_SAVED, %rax
	jmp	entry_guest

guarded_from_enso:
	BARRIER
	push	%rax
	lea	guarded_iret(%rip), %rax
	cmp	%rax, 16(%rsp)		/* rax, error, rip */
	pop	%rax
	je	1f
	jmp	entry_from_enso
/* IRET refused its frame: GS and CR3 are the guest's already. */
1:	swapgs
	GUARD_IN
	swapgs
	jmp	guest_iret_failed

	.balign	16
	.globl	guarded_syscall
guarded_syscall:
	swapgs
	GUARD_IN
	jmp	entry_syscall_inside

	.balign	16
	.globl	guarded_syscall32
guarded_syscall32:
	swapgs
	GUARD_IN
	jmp	entry_syscall32_inside

/* entry.S: all is loaded, RSP too. */
	.globl	guarded_sysret
guarded_sysret:
	GUARD_OUT
	swapgs
	sysretq

/* entry.S: RSP is at the error code below the frame, which moves to the entry stack. */
	.globl	guarded_iret_out
guarded_iret_out:
	mov	%rax, %gs:CPU_SAVED
	mov	%rsp, %rax
	mov	%gs:CPU_ENTRY_STACK, %rsp
	pushq	40(%rax)
	pushq	32(%rax)
	pushq	24(%rax)
	pushq	16(%rax)
	pushq	8(%rax)
	mov	%gs:CPU_SAVED, %rax
	GUARD_OUT
	swapgs
guarded_iret:
	iretq

/*
 * #DB, #NMI, #DF and #MC at any moment, also on a guest's tables in ring 0: the
 * CR3 found (R14) is put back, and SPEC_CTRL ours unless a guest is next.
 */
	.balign	16
guarded_own_stack:
	PUSH_GENERAL
	mov	%rsp, %rdi
	cld
	mov	%rsp, %rbx
	or	$0xfff, %rbx
	mov	-7(%rbx), %rbx		/* this CPU's record */
	ONLY_WITH ALTERNATIVE_XPTI
	mov	%cr3, %r14
	mov	CPU_LOADED_CR3(%rbx), %rax
	mov	%rax, %cr3
9:	ONLY_WITH ALTERNATIVE_SPEC_CTRL
	WRITE_SPEC_CTRL speculation_word_own
9:	testb	$3, REGS_CS(%rdi)
	jz	1f
	ONLY_WITH ALTERNATIVE_IBPB_ENTRY
	WRITE_IBPB
9:	ONLY_WITH ALTERNATIVE_RSB_ENTRY
	FILL_RETURNS
	mov	%rdi, %rsp
9:
1:	BARRIER
	jmp	own_stack_inside

/* entry.S: R13 is this CPU's record, RSP at the registers to go back to. */
	.globl	guarded_own_stack_leave
guarded_own_stack_leave:
	testb	$3, REGS_CS(%rsp)
	jz	1f
	ONLY_WITH ALTERNATIVE_SPEC_CTRL
	WRITE_SPEC_CTRL speculation_word_guest
9:	ONLY_WITH ALTERNATIVE_VERW_EXIT
	verw	CPU_DATA_SELECTOR(%r13)
9:
1:	ONLY_WITH ALTERNATIVE_XPTI
	mov	%r14, %cr3
9:	POP_GENERAL
	add	$8, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
