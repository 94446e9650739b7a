/* SPDX-License-Identifier: MIT */
/*
 * xen-like/enso.lds.S - the image.  It is linked where it runs, at
 * IMAGE_START + IMAGE_PHYS, and loaded at IMAGE_PHYS; the two differ by
 * IMAGE_START, so the low 32 bits of an address are its physical address.
 *
 *   .boot    headers for loaders, 32-bit start        gone after boot
 *   .text    code                                     read, execute
 *   .rodata  constants, exception table, symbols      read
 *   .data    variables                                read, write
 *   .bss     zero variables, boot page tables         read, write
 */
#include "xen-like/arch/x86/layout.h"

OUTPUT_FORMAT("elf64-x86-64")
ENTRY(boot_entry)

SECTIONS
{
	. = IMAGE_START + IMAGE_PHYS;
	image_start = .;
	.boot : {
		KEEP(*(.boot.headers))
		KEEP(*(.boot .boot.*))
	}
	. = ALIGN(4096);
	text_start = .;
	.text : { *(.text .text.* .iplt) }
	. = ALIGN(4096);
	text_end = .;
	.rodata : {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		exception_table_start = .;
		KEEP(*(.exception_table))
		exception_table_end = .;
	}
	.eh_frame : { *(.eh_frame .eh_frame.*) }
	. = ALIGN(4096);
	rodata_end = .;
	.data : { *(.data .data.* .got .got.* .igot.* .data.rel.ro*) }
	.rela.dyn : { *(.rela .rela.*) }
	. = ALIGN(4096);
	.bss : { bss_start = .; *(.bss .bss.* COMMON) . = ALIGN(4096); bss_end = .; }
	image_end = .;

	/DISCARD/ : { *(.note .note.* .comment .gnu.*) }
	.debug 0 : { *(.debug) }
	.debug_info 0 : { *(.debug_info) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_str 0 : { *(.debug_str) }
	.debug_loc 0 : { *(.debug_loc) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_frame 0 : { *(.debug_frame) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
}

ASSERT(image_end - image_start < 14M, "the image must end below 16 MiB, where dom0 kernels lie")
ASSERT(SIZEOF(.rela.dyn) == 0, "nothing is left to relocate at run time")
ASSERT(IMAGE_START % 0x8000000000 == 0, "the image's slot is its own")
