/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/entry_quick.S - what guests do more often than all else: a
 * process calls its kernel or touches a page that is not there, and a kernel goes back
 * by the iret hypercall, or reads the base of GS of the process that it switches from.
 *
 * They are done here at once, with the guest's registers left where they are: bounce.c's
 * bounce_syscall(), fault.c's guest_page_fault(), hypercalls/traps.c's hc_iret() and
 * emulate_msr.c's read_base() are the same in C.  Whatever is not as usual - an event waits, a handler is missing, the guest's
 * stack cannot be reached - goes on at entry_syscall_other or entry_guest, with all as the
 * CPU left it, and C deals with it.
 *
 * Work of this CPU's is not looked for: there was none when the guest was entered, and
 * what came up since has sent an interrupt, which waits for the guest too.
 *
 * Only for CPUs with FSGSBASE and without GUARDED ways (cpu.c), so without XPTI.
 * entry_syscall comes here with Enso's GS, the vCPU in RSP and the guest's RSP in
 * CPU_SCRATCH; the IDT with the frame in the vCPU's `regs`, from its error code on.
 */
#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/asm.h"
#include "xen-like/arch/x86/entry.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/offsets.h"

#define FRAME_BYTES 56	/* what a system call leaves on the kernel's stack */
#define FAULT_BYTES 64	/* what a page fault leaves there */
#define IRET_BYTES 72	/* struct iret_context */
#define FLAGS_ALWAYS 0x202 /* IF, and the one that is always 1 */
#define FLAG_DF 0x400
#define FAULT_USUAL 0xd	/* of its error code: PRESENT, USER and RESERVED say whether it is */
#define FAULT_USER 4
#define FAULT_SHOWN 0x16 /* WRITE, USER, FETCH */
#define TRAP_GP 13
#define TRAP_PF 14
#define FLAG_TF 0x100
#define FLAG_RF 0x10000
#define OPCODE_RDMSR 0x320f
#define OPCODE_BYTES 2
#define MSR_KERNEL_GS_BASE 0xc0000102

/* An instruction that may fault; then on at `refused`. */
.macro MAY_FAULT refused, instruction:vararg
1:	\instruction
	EXCEPTION_RESUME(1b, \refused)
.endm

/* guest_pointer() of mm/guest_copy.h: without a branch, also for a CPU that guesses. */
.macro GUEST_POINTER pointer, scratch, name, bytes
	mov	$(\bytes - 1 - HYPERVISOR_START), \scratch
	add	\pointer, \scratch
	cmp	.Lhypervisor_\name(%rip), \scratch
	cmovb	.Lnowhere(%rip), \pointer
.endm

/* vcpu_load_tables(): the L4 whose frame number is in `table`. */
.macro LOAD_TABLES table
	shl	$12, \table
	mov	\table, %gs:CPU_LOADED_CR3
	incq	%gs:CPU_CR3_LOADS
	mov	\table, %cr3
.endm

	.text

/*
 * A system call: RAX, RDX and RDI are put aside.  The frame is RCX, R11, RIP, CS,
 * RFLAGS, RSP, SS; user mode has IF set and IOPL 0.  SYSRET enters the handler, which
 * finds RCX and R11 on its stack.
 */
	.balign	16
	.globl	quick_system_call
quick_system_call:
	mov	%rax, VCPU_REGS+REGS_RAX(%rsp)
	mov	%rdx, VCPU_REGS+REGS_RDX(%rsp)
	mov	%rdi, VCPU_REGS+REGS_RDI(%rsp)
	mov	%rsp, %rdx
	mov	%gs:CPU_STACK_TOP, %rsp
	mov	VCPU_INFO(%rdx), %rax
	cmpw	$0, (%rax)		/* evtchn_upcall_pending, _mask */
	jne	.Lother_system_call
	mov	VCPU_DOMAIN(%rdx), %rax
	testb	$ASSIST_IOPL, DOMAIN_VM_ASSIST(%rax)
	jnz	.Lother_system_call
	mov	VCPU_SYSCALL(%rdx), %rax
	sar	$47, %rax		/* SYSRET to a non-canonical RIP faults in ring 0; */
	inc	%rax			/* a kernel's is in the upper half */
	jnz	.Lother_system_call
	mov	VCPU_KERNEL_TABLE(%rdx), %rdi
	test	%rdi, %rdi
	jz	.Lother_system_call
	LOAD_TABLES %rdi
	movb	$1, VCPU_KERNEL_MODE(%rdx)

	mov	VCPU_KERNEL_SP(%rdx), %rdi
	and	$~15, %rdi
	sub	$FRAME_BYTES, %rdi
	GUEST_POINTER %rdi, %rax, frame, FRAME_BYTES
	OPEN_GUEST_PAGES
	MAY_FAULT .Lstack_refused, mov %rcx, (%rdi)
	MAY_FAULT .Lstack_refused, mov %r11, 8(%rdi)
	MAY_FAULT .Lstack_refused, mov %rcx, 16(%rdi)
	MAY_FAULT .Lstack_refused, movq $SELECTOR_GUEST_CS64, 24(%rdi)
	MAY_FAULT .Lstack_refused, mov %r11, 32(%rdi)
	mov	%gs:CPU_SCRATCH, %rax
	MAY_FAULT .Lstack_refused, mov %rax, 40(%rdi)
	MAY_FAULT .Lstack_refused, movq $SELECTOR_GUEST_SS, 48(%rdi)
	SHUT_GUEST_PAGES

	/* Nothing fails from here on.  Events were not masked. */
	mov	VCPU_INFO(%rdx), %rcx
	mov	VCPU_SYSCALL_MASKS(%rdx), %al
	mov	%al, 1(%rcx)
	and	$~(FLAGS_NOT_ENTERED | FLAG_DF), %r11d
	mov	VCPU_SYSCALL(%rdx), %rcx
	mov	VCPU_REGS+REGS_RAX(%rdx), %rax
	/* All but RSP, RDX, RDI and the bases of GS are the guest's. */
.Lto_kernel:
	mov	%rdi, %rsp
	swapgs
	rdgsbase %rdi
	mov	%rdi, VCPU_GS_BASE_USER(%rdx)
	mov	VCPU_GS_BASE_KERNEL(%rdx), %rdi
	wrgsbase %rdi
	mov	VCPU_REGS+REGS_RDI(%rdx), %rdi
	mov	VCPU_REGS+REGS_RDX(%rdx), %rdx
	sysretq

.Lstack_refused:
	SHUT_GUEST_PAGES
	movb	$0, VCPU_KERNEL_MODE(%rdx)
.Lother_system_call:
	mov	VCPU_REGS+REGS_RAX(%rdx), %rax
	mov	VCPU_REGS+REGS_RDI(%rdx), %rdi
	mov	%rdx, %rsp
	mov	VCPU_REGS+REGS_RDX(%rsp), %rdx
	jmp	entry_syscall_other

/*
 * A page fault: of a process, as it says itself, on what is not there (no CPU keeps that, so
 * the tables need no look).  RAX, RCX, RDX and RDI are put aside in `regs`, where entry_guest
 * would put them too.  The frame is RCX, R11, error code, RIP, CS, RFLAGS, RSP, SS.  The
 * address is kept in RCX: writing the frame may fault, and that changes CR2.
 */
#define SAVED(register) (register - REGS_ERROR)(%rsp)
	.balign	16
	.globl	quick_page_fault
quick_page_fault:
	movl	$TRAP_PF, SAVED(REGS_VECTOR)
	testb	$3, SAVED(REGS_CS)
	jz	entry_from_enso
	swapgs
	mov	%rax, SAVED(REGS_RAX)
	mov	SAVED(REGS_ERROR), %eax
	and	$FAULT_USUAL, %eax
	cmp	$FAULT_USER, %eax
	jne	.Lunusual_fault
	cmpw	$0, SAVED(VCPU_KERNEL_MODE - VCPU_REGS) /* a process, and no NMI waits */
	jne	.Lunusual_fault
	mov	%rcx, SAVED(REGS_RCX)
	mov	%rdx, SAVED(REGS_RDX)
	mov	%rdi, SAVED(REGS_RDI)
	lea	SAVED(-VCPU_REGS), %rdx
	mov	%gs:CPU_STACK_TOP, %rsp
	mov	VCPU_INFO(%rdx), %rax
	cmpw	$0, (%rax)		/* evtchn_upcall_pending, _mask */
	jne	.Lother_fault
	mov	VCPU_DOMAIN(%rdx), %rax
	testb	$ASSIST_IOPL, DOMAIN_VM_ASSIST(%rax)
	jnz	.Lother_fault
	mov	VCPU_FAULT(%rdx), %rax
	sar	$47, %rax		/* a kernel's: in the upper half, canonical */
	inc	%rax
	jnz	.Lother_fault
	mov	VCPU_KERNEL_TABLE(%rdx), %rdi
	test	%rdi, %rdi
	jz	.Lother_fault
	mov	%cr2, %rcx
	LOAD_TABLES %rdi
	movb	$1, VCPU_KERNEL_MODE(%rdx)

	mov	VCPU_KERNEL_SP(%rdx), %rdi
	and	$~15, %rdi
	sub	$FAULT_BYTES, %rdi
	GUEST_POINTER %rdi, %rax, fault, FAULT_BYTES
	OPEN_GUEST_PAGES
	mov	VCPU_REGS+REGS_RCX(%rdx), %rax
	MAY_FAULT .Lfault_refused, mov %rax, (%rdi)
	MAY_FAULT .Lfault_refused, mov %r11, 8(%rdi)
	mov	VCPU_REGS+REGS_ERROR(%rdx), %eax
	and	$FAULT_SHOWN, %eax
	MAY_FAULT .Lfault_refused, mov %rax, 16(%rdi)
	mov	VCPU_REGS+REGS_RIP(%rdx), %rax
	MAY_FAULT .Lfault_refused, mov %rax, 24(%rdi)
	movzwl	VCPU_REGS+REGS_CS(%rdx), %eax
	MAY_FAULT .Lfault_refused, mov %rax, 32(%rdi)
	mov	VCPU_REGS+REGS_RFLAGS(%rdx), %rax
	MAY_FAULT .Lfault_refused, mov %rax, 40(%rdi)
	mov	VCPU_REGS+REGS_RSP(%rdx), %rax
	MAY_FAULT .Lfault_refused, mov %rax, 48(%rdi)
	mov	VCPU_REGS+REGS_SS(%rdx), %rax
	MAY_FAULT .Lfault_refused, mov %rax, 56(%rdi)
	SHUT_GUEST_PAGES

	/* Nothing fails from here on.  Events were not masked. */
	mov	VCPU_INFO(%rdx), %rax
	mov	%rcx, INFO_CR2(%rax)
	mov	VCPU_FAULT_MASKS(%rdx), %cl
	mov	%cl, 1(%rax)
	mov	VCPU_REGS+REGS_RFLAGS(%rdx), %r11
	and	$~FLAGS_NOT_ENTERED, %r11d
	/* AMD's SYSRET keeps the attributes of a null SS, as the fault left it. */
	mov	$SELECTOR_HYPERVISOR_DS, %eax
	mov	%eax, %ss
	mov	VCPU_FAULT(%rdx), %rcx
	mov	VCPU_REGS+REGS_RAX(%rdx), %rax
	jmp	.Lto_kernel

.Lfault_refused:
	SHUT_GUEST_PAGES
	movb	$0, VCPU_KERNEL_MODE(%rdx)
	mov	%rcx, %cr2
.Lother_fault:
	lea	VCPU_REGS+REGS_ERROR(%rdx), %rsp
	mov	SAVED(REGS_RCX), %rcx
	mov	SAVED(REGS_RDX), %rdx
	mov	SAVED(REGS_RDI), %rdi
.Lunusual_fault:
	mov	SAVED(REGS_RAX), %rax
	jmp	entry_guest

/*
 * RDMSR of KERNEL_GS_BASE, which faults: Linux' kernel reads it at each switch of processes.
 * As emulate_msr.c's read_base(); RAX, RDX and RDI are put aside in `regs`.
 */
	.balign	16
	.globl	quick_general_protection
quick_general_protection:
	movl	$TRAP_GP, SAVED(REGS_VECTOR)
	testb	$3, SAVED(REGS_CS)
	jz	entry_from_enso
	swapgs
	cmp	$MSR_KERNEL_GS_BASE, %ecx
	jne	entry_guest
	cmpl	$0, SAVED(REGS_ERROR)
	jne	entry_guest
	cmpw	$1, SAVED(VCPU_KERNEL_MODE - VCPU_REGS) /* its kernel, and no NMI waits */
	jne	entry_guest
	testl	$FLAG_TF, SAVED(REGS_RFLAGS)
	jnz	entry_guest
	mov	%rax, SAVED(REGS_RAX)
	mov	%rdx, SAVED(REGS_RDX)
	mov	%rdi, SAVED(REGS_RDI)
	lea	SAVED(-VCPU_REGS), %rdx
	mov	%gs:CPU_STACK_TOP, %rsp
	mov	VCPU_INFO(%rdx), %rax
	cmpb	$0, (%rax)		/* evtchn_upcall_pending */
	jne	.Lother_protection
	mov	VCPU_REGS+REGS_RIP(%rdx), %rdi
	GUEST_POINTER %rdi, %rax, opcode, OPCODE_BYTES
	OPEN_GUEST_PAGES
	MAY_FAULT .Lopcode_refused, movzwl (%rdi), %eax
	SHUT_GUEST_PAGES
	cmp	$OPCODE_RDMSR, %eax
	jne	.Lother_protection
	addq	$OPCODE_BYTES, VCPU_REGS+REGS_RIP(%rdx)
	andl	$~FLAG_RF, VCPU_REGS+REGS_RFLAGS(%rdx)
	mov	VCPU_REGS+REGS_RDI(%rdx), %rdi
	lea	VCPU_REGS+REGS_RIP(%rdx), %rsp
	mov	VCPU_GS_BASE_USER(%rdx), %rdx
	mov	%edx, %eax
	shr	$32, %rdx
	swapgs
	jmp	guest_iret

.Lopcode_refused:
	SHUT_GUEST_PAGES
.Lother_protection:
	lea	VCPU_REGS+REGS_ERROR(%rdx), %rsp
	mov	SAVED(REGS_RAX), %rax
	mov	SAVED(REGS_RDI), %rdi
	mov	SAVED(REGS_RDX), %rdx
	jmp	entry_guest

/*
 * The iret hypercall.  RAX, RCX and R11 come from the guest's frame, so they are free;
 * RDX is put aside, and where SYSCALL was and its flags, for the case that it is C's after all.
 * The frame that the CPU takes is made in the vCPU's `regs`, as guest_iret_failed wants it.
 */
	.balign	16
	.globl	quick_iret
quick_iret:
	cmpw	$1, VCPU_KERNEL_MODE(%rsp) /* its kernel, and no NMI waits */
	jne	entry_syscall_other
	mov	VCPU_INFO(%rsp), %rax
	cmpb	$0, (%rax)		/* evtchn_upcall_pending */
	jne	.Lother_iret
	mov	%rcx, %gs:CPU_SAVED
	mov	%r11, %gs:(CPU_SAVED + 8)
	mov	%rdx, VCPU_REGS+REGS_RDX(%rsp)
	mov	%rsp, %rcx
	mov	%rax, %rdx
	mov	%gs:CPU_SCRATCH, %r11
	mov	%gs:CPU_STACK_TOP, %rsp
	GUEST_POINTER %r11, %rax, iret, IRET_BYTES
	OPEN_GUEST_PAGES
	MAY_FAULT .Lframe_refused, mov 32(%r11), %rax
	mov	%rax, VCPU_REGS+REGS_RIP(%rcx)
	MAY_FAULT .Lframe_refused, mov 56(%r11), %rax
	mov	%rax, VCPU_REGS+REGS_RSP(%rcx)
	MAY_FAULT .Lframe_refused, movzwl 64(%r11), %eax
	or	$3, %eax
	mov	%rax, VCPU_REGS+REGS_SS(%rcx)
	MAY_FAULT .Lframe_refused, mov 48(%r11), %rax
	bt	$9, %eax		/* IF: events are not masked */
	setnc	1(%rdx)
	and	$FLAGS_OF_GUEST, %eax
	or	$FLAGS_ALWAYS, %eax
	mov	%rax, VCPU_REGS+REGS_RFLAGS(%rcx)
	movb	$0, VCPU_NMI_MASKED(%rcx)
	MAY_FAULT .Lframe_refused, movzwl 40(%r11), %edx
	mov	%rdx, VCPU_REGS+REGS_CS(%rcx)
	orb	$3, VCPU_REGS+REGS_CS(%rcx)
	MAY_FAULT .Lframe_refused, testb $1, 25(%r11)
	jnz	.Lin_syscall		/* VGCF_in_syscall */
	MAY_FAULT .Lframe_refused, mov 16(%r11), %rax
	mov	%rax, VCPU_REGS+REGS_RCX(%rcx)
	MAY_FAULT .Lframe_refused, mov (%r11), %rax
	MAY_FAULT .Lframe_refused, mov 8(%r11), %r11
.Lframe_read:
	SHUT_GUEST_PAGES
	and	$3, %edx
	cmp	$3, %edx		/* the ring it asks for says where to */
	je	.Lto_user
	incq	%gs:CPU_HYPERCALLS
	mov	VCPU_REGS+REGS_RDX(%rcx), %rdx
	lea	VCPU_REGS+REGS_RIP(%rcx), %rsp
	mov	VCPU_REGS+REGS_RCX(%rcx), %rcx
	swapgs
	jmp	guest_iret

.Lto_user:
	mov	VCPU_USER_TABLE(%rcx), %rdx
	test	%rdx, %rdx
	jz	.Liret_refused
	LOAD_TABLES %rdx
	movb	$0, VCPU_KERNEL_MODE(%rcx)
	incq	%gs:CPU_HYPERCALLS
	mov	VCPU_REGS+REGS_RDX(%rcx), %rdx
	mov	%rcx, %rsp
	swapgs
	rdgsbase %rcx
	mov	%rcx, VCPU_GS_BASE_KERNEL(%rsp)
	mov	VCPU_GS_BASE_USER(%rsp), %rcx
	wrgsbase %rcx
	mov	VCPU_REGS+REGS_RCX(%rsp), %rcx
	add	$(VCPU_REGS+REGS_RIP), %rsp
	/* As in return_to_guest; a process is in the lower half. */
	cmp	%rcx, (%rsp)
	jne	guest_iret
	cmp	%r11, REGS_RFLAGS-REGS_RIP(%rsp)
	jne	guest_iret
	test	$0x10100, %r11d		/* RF, TF */
	jnz	guest_iret
	cmpl	$SELECTOR_GUEST_CS64, REGS_CS-REGS_RIP(%rsp)
	jne	guest_iret
	cmpl	$SELECTOR_GUEST_SS, REGS_SS-REGS_RIP(%rsp)
	jne	guest_iret
	cmp	.Llower_end(%rip), %rcx
	jae	guest_iret
	mov	REGS_RSP-REGS_RIP(%rsp), %rsp
	sysretq

/* It does not want them: so SYSRET can take its way. */
.Lin_syscall:
	mov	VCPU_REGS+REGS_RIP(%rcx), %rax
	mov	%rax, VCPU_REGS+REGS_RCX(%rcx)
	MAY_FAULT .Lframe_refused, mov (%r11), %rax
	mov	VCPU_REGS+REGS_RFLAGS(%rcx), %r11
	jmp	.Lframe_read

.Lframe_refused:
	SHUT_GUEST_PAGES
.Liret_refused:
	mov	%rcx, %rsp
	mov	VCPU_REGS+REGS_RDX(%rsp), %rdx
	mov	%gs:CPU_SAVED, %rcx
	mov	%gs:(CPU_SAVED + 8), %r11
.Lother_iret:
	mov	$HYPERCALL_IRET, %eax
	jmp	entry_syscall_other

	.section .rodata
	.balign	8
.Lhypervisor_frame:
	.quad	HYPERVISOR_END - HYPERVISOR_START + FRAME_BYTES - 1
.Lhypervisor_fault:
	.quad	HYPERVISOR_END - HYPERVISOR_START + FAULT_BYTES - 1
.Lhypervisor_opcode:
	.quad	HYPERVISOR_END - HYPERVISOR_START + OPCODE_BYTES - 1
.Lhypervisor_iret:
	.quad	HYPERVISOR_END - HYPERVISOR_START + IRET_BYTES - 1
.Lnowhere:
	.quad	0x8000000000000000	/* NOWHERE */
.Llower_end:
	.quad	0x0000800000000000

	.section .note.GNU-stack, "", @progbits
