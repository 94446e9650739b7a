/* SPDX-License-Identifier: MIT */
/*
 * xen-like/image.S - the container loaders see: the linked image as one
 * segment at 2 MiB with room for its .bss behind.  ENTRY and IMAGE_END are the low
 * 32 bits of linked addresses, and so physical ones (see layout.h).
 */
	.section .text, "ax", @progbits
	.globl	boot_entry_physical
	.set	boot_entry_physical, ENTRY
image_bytes:
	.incbin	"enso.bin"
image_bytes_end:

	.section .bss, "aw", @nobits
	.space	IMAGE_END - 0x200000 - (image_bytes_end - image_bytes)

	.section .note.GNU-stack, "", @progbits
