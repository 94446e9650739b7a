/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/boot.S - from the boot loader (32-bit, no paging) to
 * enso_main() in 64-bit mode, and the same road for the other CPUs.
 *
 * First tables: the low 4 GiB as they are, and once more at DIRECT_MAP_START;
 * the image at IMAGE_START.  arch/x86/paging.c replaces them.
 */
#include "xen-like/arch/x86/layout.h"

#define PHYSICAL(symbol) ((symbol) - IMAGE_START)

#define MULTIBOOT1_MAGIC 0x1badb002
#define MULTIBOOT1_FLAGS 0x3		/* modules on pages, memory map */
#define MULTIBOOT2_MAGIC 0xe85250d6

	.section .boot.headers, "ax", @progbits
	.balign	8
multiboot1_header:
	.long	MULTIBOOT1_MAGIC
	.long	MULTIBOOT1_FLAGS
	.long	-(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

	.balign	8
multiboot2_header:
	.long	MULTIBOOT2_MAGIC
	.long	0			/* i386 protected mode */
	.long	multiboot2_end - multiboot2_header
	.long	-(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_header))
	.balign	8
	.short	1, 1			/* information: optional */
	.long	multiboot2_wanted_end - . + 4
	.long	1, 3, 6, 8, 12, 14, 15	/* see multiboot.c */
multiboot2_wanted_end:
	.balign	8
	.short	4, 1			/* console: none is required, text is fine */
	.long	12
	.long	2
	.balign	8
	.short	5, 1			/* framebuffer: whatever size there is, 32 bits */
	.long	20
	.long	0, 0, 32
	.balign	8
	.short	6, 0			/* modules on pages */
	.long	8
	.short	0, 0
	.long	8
multiboot2_end:

	.section .boot, "ax", @progbits
	.code32
	.globl	boot_entry
boot_entry:
	cli
	cld
	mov	$PHYSICAL(boot_stack_end), %esp
	mov	%eax, PHYSICAL(boot_magic)
	mov	%ebx, PHYSICAL(boot_information)

	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$29, %edx
	jnc	no_long_mode

	/* 2,048 pages of 2 MiB */
	mov	$PHYSICAL(boot_l2), %edi
	mov	$0x83, %eax
	xor	%edx, %edx
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	mov	%edx, 4(%edi)
	add	$0x200000, %eax
	adc	$0, %edx
	add	$8, %edi
	loop	1b

	mov	$PHYSICAL(boot_l2) + 3, %eax
	mov	%eax, PHYSICAL(boot_l3_low)
	add	$0x1000, %eax
	mov	%eax, PHYSICAL(boot_l3_low) + 8
	add	$0x1000, %eax
	mov	%eax, PHYSICAL(boot_l3_low) + 16
	add	$0x1000, %eax
	mov	%eax, PHYSICAL(boot_l3_low) + 24
	/* the image: its slot's first GiB is the machine's first */
	movl	$PHYSICAL(boot_l2) + 3, PHYSICAL(boot_l3_image)

	movl	$PHYSICAL(boot_l3_low) + 3, PHYSICAL(boot_l4)
	movl	$PHYSICAL(boot_l3_image) + 3, PHYSICAL(boot_l4) + 257 * 8
	movl	$PHYSICAL(boot_l3_low) + 3, PHYSICAL(boot_l4) + 262 * 8
	mov	$PHYSICAL(boot_l4), %eax
	mov	%eax, %cr3
	lgdt	PHYSICAL(boot_gdt_pointer)
	call	enter_long_mode
	ljmp	$8, $PHYSICAL(1f)

	.code64
1:	movabs	$boot_high, %rax
	jmp	*%rax

	.code32
/* Nothing else can say it: no C of ours runs here. */
no_long_mode:
	mov	$PHYSICAL(no_long_mode_text), %esi
	mov	$0xb8000, %edi
	mov	$0x3f8, %edx
1:	lodsb
	test	%al, %al
	jz	3f
	out	%al, %dx
	mov	$10000, %ecx		/* a slow line's time */
	cmp	$' ', %al
	jb	2f
	mov	$0x0f, %ah
	mov	%ax, (%edi)
	add	$2, %edi
2:	loop	2b
	jmp	1b
3:	hlt
	jmp	3b
no_long_mode_text:
	.ascii	"(Enso) cannot boot: this CPU has no 64-bit mode; use one that has\r\n"
	.asciz	"(Enso) halted\r\n"

/* CR3 and a GDT are loaded; paging and long mode on return. */
enter_long_mode:
	mov	%cr4, %eax
	or	$0x20, %eax		/* PAE */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax		/* LME */
	push	%edx
	push	%eax
	mov	$0x80000001, %eax
	cpuid
	test	$0x100000, %edx		/* no-execute, when there is */
	pop	%eax
	jz	2f
	or	$0x800, %eax
2:	pop	%edx
	mov	$0xc0000080, %ecx
	wrmsr
	mov	%cr0, %eax
	or	$0x80010001, %eax	/* PG, WP, PE */
	and	$~0xe, %eax		/* not MP, EM, TS */
	mov	%eax, %cr0
	ret

	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00af9a000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf92000000ffff	/* 0x10: data */
boot_gdt_end:
boot_gdt_pointer:
	.short	boot_gdt_end - boot_gdt - 1
	.quad	PHYSICAL(boot_gdt)

	.section .text.boot, "ax", @progbits
	.code64
boot_high:
	mov	$0x10, %eax
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	lea	boot_stack_end(%rip), %rsp
	mov	boot_magic(%rip), %edi
	mov	boot_information(%rip), %esi
	xor	%ebp, %ebp
	call	enso_main		/* (uint32_t magic, uint32_t information) */
	ud2

	.text
/*
 * void run_on_stack(uint64_t stack_top, void (*function)(void)): goes on
 * there and never comes back.
 */
	.globl	run_on_stack
run_on_stack:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	call	__x86_indirect_thunk_rsi
	ud2

/*
 * Other CPUs start here, in real mode, at a page below 1 MiB to which
 * arch/x86/smp.c copies the code from trampoline_start to trampoline_end and
 * fills the words behind it.
 */
	.section .rodata.trampoline, "a", @progbits
	.globl	trampoline_start, trampoline_end, trampoline_words
	.code16
trampoline_start:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	xor	%ebx, %ebx
	mov	%cs, %bx
	shl	$4, %ebx
	/* tables and jumps need this page's own address */
	lea	(trampoline_gdt - trampoline_start)(%ebx), %eax
	mov	%eax, trampoline_gdt_pointer + 2 - trampoline_start
	lea	(trampoline_32 - trampoline_start)(%ebx), %eax
	mov	%eax, trampoline_far_32 - trampoline_start
	lea	(trampoline_64 - trampoline_start)(%ebx), %eax
	mov	%eax, trampoline_far_64 - trampoline_start
	lgdtl	trampoline_gdt_pointer - trampoline_start
	mov	%cr0, %eax
	or	$1, %eax
	mov	%eax, %cr0
	ljmpl	*(trampoline_far_32 - trampoline_start)

	.code32
trampoline_32:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	mov	(trampoline_words - trampoline_start)(%ebx), %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx
	xor	%edx, %edx
	mov	(trampoline_words + 4 - trampoline_start)(%ebx), %eax
	wrmsr				/* LME, NXE */
	mov	%cr0, %eax
	or	$0x80010001, %eax
	and	$~0xe, %eax
	mov	%eax, %cr0
	ljmp	*(trampoline_far_64 - trampoline_start)(%ebx)

	.code64
trampoline_64:
	mov	(trampoline_words + 8 - trampoline_start)(%rbx), %rsp
	mov	(trampoline_words + 16 - trampoline_start)(%rbx), %rax
	mov	(trampoline_words + 24 - trampoline_start)(%rbx), %rdi
	xor	%ebp, %ebp
	call	*%rax			/* (struct cpu *) */
	ud2

	.balign	8
trampoline_gdt:				/* accessed: the page is read-only once paging is on */
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code */
	.quad	0x00cf93000000ffff	/* 0x10: data */
	.quad	0x00af9b000000ffff	/* 0x18: 64-bit code */
trampoline_gdt_pointer:
	.short	31
	.long	0
trampoline_far_32:
	.long	0
	.short	0x08
trampoline_far_64:
	.long	0
	.short	0x18
	.balign	8
/* CR3 (32 bits), EFER low, stack, function, argument */
trampoline_words:
	.long	0, 0
	.quad	0, 0, 0
trampoline_end:

	.section .bss.boot, "aw", @nobits
	.balign	4096
	.globl	boot_l4
boot_l4:	.space	4096
boot_l3_low:	.space	4096
boot_l3_image:	.space	4096
boot_l2:	.space	4 * 4096
boot_stack:	.space	8 * 4096
boot_stack_end:
boot_magic:	.long	0
boot_information: .long	0

	.section .note.GNU-stack, "", @progbits
