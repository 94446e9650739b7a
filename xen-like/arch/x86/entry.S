/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/entry.S - into Enso and out again.
 *
 * Coming from a guest (ring 3), the CPU's TSS points at the end of the running
 * vCPU's own `regs`, so a trap saves straight into it; SYSCALL is brought to
 * the same shape by hand.  Then the CPU's stack is taken, from its top.
 * Coming from Enso itself, registers are saved on the stack in use.
 *
 * There is one way out to a guest, return_to_guest: it does this CPU's work,
 * lets events in, and leaves by SYSRET when the frame allows it, else IRET.
 *
 * Interrupts are off from the first instruction to the last.
 */
#include "xen-like/arch/x86/asm.h"
#include "xen-like/arch/x86/layout.h"

#define CPU_GUEST_FRAME 0x08
#define CPU_STACK_TOP 0x10
#define CPU_SCRATCH 0x18
#define CPU_CURRENT 0x20
#define CPU_WORK 0x28

/* Offsets in struct regs (regs.h, checked in traps.c). */
#define REGS_R11 48
#define REGS_RAX 80
#define REGS_RCX 88
#define REGS_ERROR 120
#define REGS_VECTOR 124
#define REGS_RIP 128
#define REGS_CS 136
#define REGS_RFLAGS 144
#define REGS_RSP 152
#define REGS_SS 160
#define REGS_SIZE 168

#define VCPU_REGS 8 /* offset of regs in struct vcpu */
#define TRAP_SYSCALL 0x100
#define TRAP_FAILSAFE 0x101
#define TRAP_SYSCALL32 0x102

.macro PUSH_GENERAL
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
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

/* A guest's AC flag must not open its pages to us. */
.macro CLOSE_GUEST_PAGES
	cmpb	$0, smap_active(%rip)
	je	.Lno_smap\@
	clac
.Lno_smap\@:
.endm

	.text

/* One stub a vector, 16 bytes apart; traps.c points the IDT here. */
	.balign	16
	.globl	entry_stubs
entry_stubs:
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
	jmp	entry_own_stack
	.else
	jmp	entry_common
	.endif
	vector = vector + 1
	.endr

/*
 * Traps and interrupts on the ordinary stacks.
 */
	.balign	16
entry_common:
	testb	$3, 16(%rsp)		/* CS: error, rip, cs */
	jz	entry_from_enso
	swapgs
	PUSH_GENERAL
	mov	%rsp, %rdi
	mov	%gs:CPU_STACK_TOP, %rsp
	cld
	CLOSE_GUEST_PAGES
	call	guest_trap		/* (struct regs *) */
	/* falls through */

	.globl	return_to_guest
return_to_guest:
	cmpl	$0, %gs:CPU_WORK
	jne	.Lwork
	mov	%gs:CPU_CURRENT, %rdi
	call	guest_events		/* (struct vcpu *) */
	cmpl	$0, %gs:CPU_WORK
	jne	.Lwork

	mov	%gs:CPU_GUEST_FRAME, %rsp
	sub	$REGS_SIZE, %rsp
	/* SYSRET does when RCX = RIP, R11 = RFLAGS and the selectors are the flat ones. */
	mov	REGS_RCX(%rsp), %rcx
	cmp	%rcx, REGS_RIP(%rsp)
	jne	.Liret
	mov	REGS_R11(%rsp), %r11
	cmp	%r11, REGS_RFLAGS(%rsp)
	jne	.Liret
	test	$0x10100, %r11d		/* RF, TF: only IRET sets them right */
	jnz	.Liret
	cmpl	$SELECTOR_GUEST_CS64, REGS_CS(%rsp)
	jne	.Liret
	cmpl	$SELECTOR_GUEST_SS, REGS_SS(%rsp)
	jne	.Liret
	mov	%rcx, %rax
	shl	$16, %rax
	sar	$16, %rax
	cmp	%rcx, %rax		/* SYSRET to a non-canonical RIP faults in ring 0 */
	jne	.Liret

	/* AMD's SYSRET keeps the attributes of a null SS, as interrupts leave it. */
	mov	$SELECTOR_HYPERVISOR_DS, %eax
	mov	%eax, %ss
	POP_GENERAL			/* RCX and R11 are already what SYSRET takes */
	mov	(REGS_RSP - REGS_ERROR)(%rsp), %rsp
	swapgs
	sysretq

.Liret:
	POP_GENERAL
	add	$8, %rsp
	swapgs
	.globl	guest_iret
guest_iret:
	iretq

.Lwork:
	mov	%gs:CPU_STACK_TOP, %rsp
	call	exit_work
	jmp	return_to_guest

/* void enter_guest(void): drop this stack and go to current's guest. */
	.globl	enter_guest
enter_guest:
	mov	%gs:CPU_STACK_TOP, %rsp
	jmp	return_to_guest

/*
 * IRET to the guest refused what it was given.  The guest's registers are all
 * in place, its GS too; the fault's frame lies over the saved copies, which
 * are made anew.
 */
guest_iret_failed:
	swapgs
	mov	%gs:CPU_GUEST_FRAME, %rsp
	sub	$(REGS_SIZE - REGS_ERROR), %rsp
	movl	$0, (%rsp)
	movl	$TRAP_FAILSAFE, 4(%rsp)
	PUSH_GENERAL
	mov	%rsp, %rdi
	mov	%gs:CPU_STACK_TOP, %rsp
	cld
	call	guest_trap
	jmp	return_to_guest

/*
 * A trap or interrupt in Enso: a fault with a resume address, an interrupt in
 * the idle loop, or our own bug.
 */
	.balign	16
entry_from_enso:
	push	%rax
	lea	guest_iret(%rip), %rax
	cmp	%rax, 16(%rsp)		/* rax, error, rip */
	pop	%rax
	je	guest_iret_failed
	PUSH_GENERAL
	mov	%rsp, %rdi
	cld
	mov	%rsp, %rbp
	and	$~15, %rsp
	call	enso_trap		/* (struct regs *) */
	mov	%rbp, %rsp
	POP_GENERAL
	add	$8, %rsp
	iretq

/*
 * #DB, #NMI, #DF and #MC come on stacks of their own, at any moment: GS may be
 * the guest's even in ring 0.  This CPU's record is found at the stack's top,
 * above the frame: 8 bytes below the page's end (arch/x86/cpu.c puts it there).
 */
	.balign	16
entry_own_stack:
	PUSH_GENERAL
	mov	%rsp, %rdi
	cld
	mov	$0xc0000101, %ecx	/* GS base, whosever it is */
	rdmsr
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %r12
	mov	%rsp, %rbx
	or	$0xfff, %rbx
	mov	-7(%rbx), %rax
	mov	%rax, %r13
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr				/* now it is ours */
	testb	$3, REGS_CS(%rdi)
	jz	.Lown_stack_stay
	cmpl	$1, REGS_VECTOR(%rdi)
	je	.Ldebug_from_guest
.Lown_stack_stay:
	CLOSE_GUEST_PAGES
	and	$~15, %rsp
	mov	%rdi, %rbp
	call	own_stack_trap		/* (struct regs *) */
	mov	%rbp, %rsp
	mov	$0xc0000101, %ecx
	mov	%r12, %rax
	mov	%r12, %rdx
	shr	$32, %rdx
	wrmsr
	POP_GENERAL
	add	$8, %rsp
	iretq

/*
 * #DB of a guest is like its other traps: put GS bases where SWAPGS would
 * have (the guest's in KERNEL_GS_BASE), move the frame, go on.
 */
.Ldebug_from_guest:
	mov	$0xc0000102, %ecx
	mov	%r12, %rax
	mov	%r12, %rdx
	shr	$32, %rdx
	wrmsr
	mov	%rdi, %rsi
	mov	%gs:CPU_GUEST_FRAME, %rdi
	sub	$REGS_SIZE, %rdi
	mov	%rdi, %rbx
	mov	$(REGS_SIZE / 8), %ecx
	rep movsq
	mov	%rbx, %rdi
	mov	%gs:CPU_STACK_TOP, %rsp
	CLOSE_GUEST_PAGES
	call	guest_trap
	jmp	return_to_guest

/*
 * SYSCALL: a hypercall from guest kernel, a system call from guest user.
 * The frame is made as a trap would have made it.
 */
	.balign	16
	.globl	entry_syscall
entry_syscall:
	swapgs
	mov	%rsp, %gs:CPU_SCRATCH
	mov	%gs:CPU_GUEST_FRAME, %rsp
	push	$SELECTOR_GUEST_SS
	push	%gs:CPU_SCRATCH
	push	%r11
	push	$SELECTOR_GUEST_CS64
	push	%rcx
	push	$0
	movl	$TRAP_SYSCALL, 4(%rsp)
	PUSH_GENERAL
	mov	%gs:CPU_STACK_TOP, %rsp
	call	guest_syscall		/* (void) */
	jmp	return_to_guest

/* SYSCALL of a 32-bit process (AMD).  SYSENTER faults: cpu.c, and traps.c decodes it. */
	.balign	16
	.globl	entry_syscall32
entry_syscall32:
	swapgs
	mov	%rsp, %gs:CPU_SCRATCH
	mov	%gs:CPU_GUEST_FRAME, %rsp
	push	$SELECTOR_GUEST_SS
	push	%gs:CPU_SCRATCH
	push	%r11
	push	$SELECTOR_GUEST_CS32
	push	%rcx
	push	$0
	movl	$TRAP_SYSCALL32, 4(%rsp)
	PUSH_GENERAL
	mov	%rsp, %rdi
	mov	%gs:CPU_STACK_TOP, %rsp
	call	guest_trap
	jmp	return_to_guest

	.section .note.GNU-stack, "", @progbits
