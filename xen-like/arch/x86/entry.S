/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/entry.S - into Enso and out again.
 *
 * Coming from a guest (ring 3), the CPU's TSS points at the end of the running
 * vCPU's own `regs`, so a trap saves straight into it; SYSCALL is brought to
 * the same shape by hand.  Then the CPU's stack is taken, from its top.
 * Coming from Enso itself, registers are saved on the stack in use.
 *
 * The way out to a guest is return_to_guest: it does this CPU's work, lets
 * events in, and leaves by SYSRET when the frame allows it, else IRET.  A
 * hypercall after which there is nothing to do leaves by itself: entry_syscall.
 *
 * Interrupts are off from the first instruction to the last.
 */
#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/asm.h"
#include "xen-like/arch/x86/entry.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/offsets.h"

#define TRAP_FAILSAFE 0x101
#define TRAP_SYSCALL32 0x102

/* Goes on at `where` if there may be events or an NMI for the vCPU in RDI.  Changes RCX. */
.macro JUMP_IF_NEWS where
	mov	VCPU_INFO(%rdi), %rcx
	cmpb	$0, (%rcx)		/* evtchn_upcall_pending */
	je	1f
	cmpb	$0, 1(%rcx)		/* evtchn_upcall_mask */
	je	\where
1:	cmpb	$0, VCPU_NMI_PENDING(%rdi)
	jne	\where
.endm

	.text

	ENTRY_STUBS entry_stubs, entry_common, entry_own_stack

/*
 * Traps and interrupts on the ordinary stacks.
 */
	.balign	16
entry_common:
	testb	$3, 16(%rsp)		/* CS: error, rip, cs */
	jz	entry_from_enso
	swapgs
	.globl	entry_guest
entry_guest:
	PUSH_GENERAL
	mov	%rsp, %rdi
	mov	%gs:CPU_STACK_TOP, %rsp
	cld
	SHUT_GUEST_PAGES
	call	guest_trap		/* (struct regs *) */
	/* falls through */

	.globl	return_to_guest
return_to_guest:
	cmpl	$0, %gs:CPU_WORK
	jne	.Lwork
	mov	%gs:CPU_CURRENT, %rdi
	JUMP_IF_NEWS .Lnews
.Lleave:
	lea	VCPU_REGS(%rdi), %rsp
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
	ALTERNATIVE_TO "swapgs; sysretq", ALTERNATIVE_GUARDED, guarded_sysret

.Liret:
	POP_GENERAL
	ALTERNATIVE_TO "add $8, %rsp; swapgs", ALTERNATIVE_GUARDED, guarded_iret_out
	.globl	guest_iret
guest_iret:
	iretq

.Lwork:
	mov	%gs:CPU_STACK_TOP, %rsp
	call	exit_work
	jmp	return_to_guest

.Lnews:
	mov	%gs:CPU_STACK_TOP, %rsp
	call	guest_events		/* (struct vcpu *) */
	cmpl	$0, %gs:CPU_WORK	/* it may have ended its domain */
	jne	.Lwork
	mov	%gs:CPU_CURRENT, %rdi
	jmp	.Lleave

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
	.globl	guest_iret_failed
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
	.globl	entry_from_enso
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
	.globl	own_stack_inside
own_stack_inside:
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
	SHUT_GUEST_PAGES
	and	$~15, %rsp
	mov	%rdi, %rbp
	call	own_stack_trap		/* (struct regs *) */
	mov	%rbp, %rsp
	mov	$0xc0000101, %ecx
	mov	%r12, %rax
	mov	%r12, %rdx
	shr	$32, %rdx
	wrmsr
	ALTERNATIVE_TO no_op_5, ALTERNATIVE_GUARDED, guarded_own_stack_leave
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
	SHUT_GUEST_PAGES
	call	guest_trap
	jmp	return_to_guest

/*
 * SYSCALL: a hypercall from guest kernel, a system call from guest user.  What is
 * done without leaving the guest's registers, entry_quick.S does.
 */
	.balign	16
	.globl	entry_syscall
entry_syscall:
	swapgs
	mov	%rsp, %gs:CPU_SCRATCH
	mov	%gs:CPU_CURRENT, %rsp
	cmpw	$0, VCPU_KERNEL_MODE(%rsp) /* a process, and no NMI waits */
	je	quick_system_call
	cmp	$HYPERCALL_IRET, %rax
	je	quick_iret
	/*
	 * The frame is made as a trap would have made it, but for the registers that C
	 * preserves: they are put there when the way out is return_to_guest.
	 */
	.globl	entry_syscall_other
entry_syscall_other:
	add	$(VCPU_REGS + REGS_SIZE), %rsp
.Lsyscall_frame:
	push	$SELECTOR_GUEST_SS
	push	%gs:CPU_SCRATCH
	push	%r11
	push	$SELECTOR_GUEST_CS64
	push	%rcx
	push	$0
	PUSH_CHANGED
	mov	%gs:CPU_STACK_TOP, %rsp
	/* Which kind it is, is Enso's knowledge, not the selector's. */
	mov	%gs:CPU_CURRENT, %rcx
	cmpb	$0, VCPU_KERNEL_MODE(%rcx)
	je	.Lsystem_call
	/* The other arguments are where C looks for them. */
	mov	%r10, %rcx
	mov	%eax, %r9d
	call	hypercall_from_guest
	lea	-HYPERCALL_UNFINISHED(%rax), %rcx
	cmp	$1, %rcx
	jbe	.Lunfinished

	/*
	 * A call like most: the guest goes on behind it, with what it had in its
	 * registers.  Those that C preserves are still there.
	 */
	mov	%gs:CPU_CURRENT, %rdi
	cmpl	$0, %gs:CPU_WORK
	jne	.Lresult
	JUMP_IF_NEWS .Lresult
	mov	VCPU_REGS+REGS_RCX(%rdi), %rcx
	cmp	%rcx, VCPU_REGS+REGS_RIP(%rdi)
	jne	.Lresult
	mov	VCPU_REGS+REGS_R11(%rdi), %r11
	test	$0x10100, %r11d		/* RF, TF */
	jnz	.Lresult
	/* SYSCALL was at a canonical address, so this is all that may lie behind it. */
	cmp	first_not_canonical(%rip), %rcx
	je	.Lresult
	mov	VCPU_REGS+REGS_R10(%rdi), %r10
	mov	VCPU_REGS+REGS_R9(%rdi), %r9
	mov	VCPU_REGS+REGS_R8(%rdi), %r8
	mov	VCPU_REGS+REGS_RDX(%rdi), %rdx
	mov	VCPU_REGS+REGS_RSI(%rdi), %rsi
	mov	VCPU_REGS+REGS_RSP(%rdi), %rsp
	mov	VCPU_REGS+REGS_RDI(%rdi), %rdi
	ALTERNATIVE_TO "swapgs; sysretq", ALTERNATIVE_GUARDED, guarded_sysret

.Lresult:
	SAVE_PRESERVED %rdi
	mov	%rax, VCPU_REGS+REGS_RAX(%rdi)
	jmp	return_to_guest

.Lunfinished:
	mov	%gs:CPU_CURRENT, %rcx
	SAVE_PRESERVED %rcx
	mov	%rax, %rdi
	call	hypercall_unfinished	/* (int64_t) */
	jmp	return_to_guest

.Lsystem_call:
	SAVE_PRESERVED %rcx
	mov	%rcx, %rdi
	call	bounce_syscall		/* (struct vcpu *) */
	jmp	return_to_guest

/* The same without entry_quick.S. */
	.balign	16
	.globl	entry_syscall_plain
entry_syscall_plain:
	swapgs
	.globl	entry_syscall_inside
entry_syscall_inside:
	mov	%rsp, %gs:CPU_SCRATCH
	mov	%gs:CPU_GUEST_FRAME, %rsp
	jmp	.Lsyscall_frame

/* SYSCALL of a 32-bit process (AMD).  SYSENTER faults: cpu.c, and traps.c decodes it. */
	.balign	16
	.globl	entry_syscall32
entry_syscall32:
	swapgs
	.globl	entry_syscall32_inside
entry_syscall32_inside:
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

	.section .rodata
	.balign	8
first_not_canonical:
	.quad	0x0000800000000000

	.section .note.GNU-stack, "", @progbits
