/* SPDX-License-Identifier: MIT */
/*
 * xen-like/font.S - glyphs for vga.c, 256 of 16 bytes: the VGA font of Debian's
 * console-setup-linux ("all console fonts are public domain by nature", says its
 * copyright file), cut out by build.mk.
 */
	.section .rodata
	.globl	font_glyphs
font_glyphs:
	.incbin	"build/font.bin"

	.section .note.GNU-stack, "", @progbits
