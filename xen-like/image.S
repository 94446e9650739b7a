/* SPDX-License-Identifier: MIT */
/*
 * xen-like/image.S - the container loaders see: the linked image as one
 * segment at 2 MiB with room for its .bss.  ENTRY and IMAGE_END are the low
 * 32 bits of linked addresses, and so physical ones (see layout.h).
 */
	.section .text, "awx", @progbits
	.globl	boot_entry_physical
	.set	boot_entry_physical, ENTRY
	.incbin	"enso.bin"
	.space	IMAGE_END - 0x200000 - (. - .text)
