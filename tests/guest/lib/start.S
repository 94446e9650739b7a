/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of a micro-guest and the notes that make it a PV
 * kernel.  The registers at entry are kept for the start-of-day tests; all
 * else is left to guest_start().
 */
#include "tests/guest/lib/layout.h"

	.macro note type, kind:vararg
	.align 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\kind
2:	.align 4
	.endm

	.section .note.xen, "a"
	note 5, .asciz "xen-3.0"			/* XEN_VERSION */
	note 6, .asciz "enso-micro-guest"		/* GUEST_OS */
	note 8, .asciz "generic"			/* LOADER */
	note 9, .asciz "yes"				/* PAE_MODE */
	note 3, .quad VIRT_BASE				/* VIRT_BASE */
	note 4, .quad 0					/* PADDR_OFFSET */
	note 1, .quad guest_entry			/* ENTRY */
	note 17, .long 0x801				/* SUPPORTED_FEATURES: dom0 */
#ifdef GUEST_WITH_INIT_P2M
	note 15, .quad INIT_P2M_VA			/* INIT_P2M */
	note 16, .long 1				/* MOD_START_PFN */
#endif
#ifdef GUEST_WITH_HYPERCALL_PAGE
	note 2, .quad hypercall_page			/* HYPERCALL_PAGE */

	.bss
	.balign 4096
	.globl hypercall_page
hypercall_page:
	.skip 4096
#endif

	.section .text.start, "ax"
	.globl guest_entry
guest_entry:
	/* Save everything before touching anything; flags go by the stack. */
	mov %rax, entry_registers + 0(%rip)
	mov %rbx, entry_registers + 8(%rip)
	mov %rcx, entry_registers + 16(%rip)
	mov %rdx, entry_registers + 24(%rip)
	mov %rsi, entry_registers + 32(%rip)
	mov %rdi, entry_registers + 40(%rip)
	mov %rbp, entry_registers + 48(%rip)
	mov %rsp, entry_registers + 56(%rip)
	mov %r8, entry_registers + 64(%rip)
	mov %r9, entry_registers + 72(%rip)
	mov %r10, entry_registers + 80(%rip)
	mov %r11, entry_registers + 88(%rip)
	mov %r12, entry_registers + 96(%rip)
	mov %r13, entry_registers + 104(%rip)
	mov %r14, entry_registers + 112(%rip)
	mov %r15, entry_registers + 120(%rip)
	pushfq
	popq entry_registers + 128(%rip)
	mov %cs, %eax
	mov %rax, entry_registers + 136(%rip)
	mov %ss, %eax
	mov %rax, entry_registers + 144(%rip)
	mov %ds, %eax
	mov %rax, entry_registers + 152(%rip)
	mov %es, %eax
	mov %rax, entry_registers + 160(%rip)
	mov %fs, %eax
	mov %rax, entry_registers + 168(%rip)
	mov %gs, %eax
	mov %rax, entry_registers + 176(%rip)
	cld
	lea stacks + STACK_SIZE(%rip), %rsp
	xor %ebp, %ebp
	mov %rsi, %rdi
	call guest_start
	ud2

	.globl vcpu_entry
vcpu_entry:
	/* A secondary vCPU: its stack was set by vcpu_start(). */
	xor %ebp, %ebp
	call vcpu_main
	ud2

	.data
	.balign 8
	.globl entry_registers
entry_registers:
	.skip 23 * 8

	.section .bss.stacks, "aw", @nobits
	.balign STACK_SIZE
	.globl stacks
stacks:
	.skip STACK_SIZE * VCPU_LIMIT

	.section .note.GNU-stack, "", @progbits
