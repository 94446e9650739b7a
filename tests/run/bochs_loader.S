/* SPDX-License-Identifier: MIT */
/*
 * tests/run/bochs_loader.S - the first sector of the disks that bochs_disk.py makes: loads what
 * the plan behind it says and starts it as a multiboot loader does.  GRUB takes Bochs longer
 * than a micro-guest's whole run; what real loaders hand over is tested by tests/scenario/grub.
 *
 * bochs_disk.py writes the plan and knows its layout: a multiboot information at PLAN, then the
 * entry's address, the number of loads, and for each: where to, sectors, and how many words of
 * four bytes behind them are zeroed.
 */
#define PLAN	     0x7e00 /* behind this sector            */
#define PLAN_SECTORS 8
#define PLAN_ENTRY   0x7e80
#define PLAN_COUNT   0x7e84
#define PLAN_LOADS   0x7e88
#define MEMORY_MAP   0x9000
#define BUFFER	     0x10000
#define AT_ONCE	     64 /* sectors: below what one segment holds */

#define INFO_MMAP_LENGTH (PLAN + 44)
#define INFO_MMAP_ADDR	 (PLAN + 48)

	.code16
	.text
	.globl _start
_start:
	ljmp $0, $1f
1:	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movw $_start, %sp
	cld
	movb %dl, drive
	inb $0x92, %al
	orb $2, %al /* address line 20 */
	outb %al, $0x92

	movw $PLAN_SECTORS, sectors
	movw $PLAN, offset
	call read
	movw $0, offset
	movw $BUFFER >> 4, segment

	/* The memory map, each entry behind its own size. */
	xorl %ebx, %ebx
	movw $MEMORY_MAP + 4, %di
2:	movl $0xe820, %eax
	movl $0x534d4150, %edx /* "SMAP" */
	movl $20, %ecx
	int $0x15
	jc 3f
	movl $20, -4(%di)
	addw $24, %di
	testl %ebx, %ebx
	jnz 2b
3:	subw $MEMORY_MAP + 4, %di
	movzwl %di, %edi
	movl %edi, INFO_MMAP_LENGTH
	movl $MEMORY_MAP, INFO_MMAP_ADDR

	/* Segments that reach 4 GiB stay so when protection is off again. */
	cli
	lgdt descriptors
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	movw $flat_data - table, %bx
	movw %bx, %ds
	movw %bx, %es
	andb $~1, %al
	movl %eax, %cr0
	xorw %bx, %bx
	movw %bx, %ds
	movw %bx, %es
	sti

	movw $PLAN_LOADS, %bp
4:	movl (%bp), %edi
	movl 4(%bp), %edx
5:	movl $AT_ONCE, %eax
	cmpl %eax, %edx
	jae 6f
	movl %edx, %eax
6:	movw %ax, sectors
	pushl %edx
	pushl %edi
	pushw %bp
	call read
	popw %bp
	popl %edi
	popl %edx
	movzwl sectors, %eax
	subl %eax, %edx
	shll $7, %eax
	movl %eax, %ecx
	movl $BUFFER, %esi
	addr32 rep movsl
	testl %edx, %edx
	jnz 5b
	movl 8(%bp), %ecx
	xorl %eax, %eax
	addr32 rep stosl
	addw $12, %bp
	decl PLAN_COUNT
	jnz 4b

	cli
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	ljmp $flat_code - table, $7f
	.code32
7:	movw $flat_data - table, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %fs
	movw %ax, %gs
	movw %ax, %ss
	movl $0x2badb002, %eax
	movl $PLAN, %ebx
	jmp *PLAN_ENTRY

	.code16
/* Reads the next `sectors` to segment:offset.  What cannot be read ends here, in silence. */
read:
	movw $packet, %si
	movb drive, %dl
	movb $0x42, %ah
	int $0x13
	jc .
	movzwl sectors, %eax
	addl %eax, sector
	ret

	.balign 8
table:
	.quad 0
flat_code:
	.quad 0x00cf9b000000ffff
flat_data:
	.quad 0x00cf93000000ffff
descriptors:
	.word . - table - 1
	.long table
packet:
	.word 16
sectors:
	.word 0
offset:
	.word 0
segment:
	.word 0
sector:
	.quad 1
drive:
	.byte 0

	.org 510
	.word 0xaa55
