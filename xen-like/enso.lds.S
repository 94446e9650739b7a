/* SPDX-License-Identifier: MIT */
/*
 * xen-like/enso.lds.S - the image.  It is linked where it runs, at
 * IMAGE_START + IMAGE_PHYS, and loaded at IMAGE_PHYS; the two differ by
 * IMAGE_START, so the low 32 bits of an address are its physical address.
 *
 *   .boot         headers for loaders, 32-bit start   gone when dom0 starts
 *   .boot_rodata  constants of the next               read; gone when dom0 starts
 *   .boot_text    code that only the boot runs        read, execute; gone when dom0 starts
 *   .text         code                                read, execute
 *   .rodata       constants, exception table, alternatives, symbols      read
 *   .data         variables                           read, write
 *   .bss          zero variables; the first of them (BOOT_ONLY) gone when dom0 starts
 *
 * What is gone has no mapping any more and its memory is the heap's: boot_finish.c.
 * The linker refuses an image in which what stays mentions what goes.
 */
#include "xen-like/arch/x86/layout.h"

/* Decoders of the distribution, what builds dom0 with them, and who calls that. */
#define BOOT_FILES(SECTIONS)                                                                       \
	*liblzma.a:*(SECTIONS) *libz.a:*(SECTIONS) *libzstd.a:*(SECTIONS) *liblz4.a:*(SECTIONS)    \
	*/xen-like/base/decompress.c.o(SECTIONS)                                                   \
	*/xen-like/base/kernel_*.c.o(SECTIONS)                                                     \
	*/xen-like/base/pv_plan.c.o(SECTIONS)                                                      \
	*/xen-like/arch/x86/acpi.c.o(SECTIONS)                                                     \
	*/xen-like/arch/x86/decompress_boot.c.o(SECTIONS)                                          \
	*/xen-like/arch/x86/multiboot.c.o(SECTIONS)                                                \
	*/xen-like/domain/dom0_*.c.o(SECTIONS)                                                     \
	*/xen-like/main.c.o(SECTIONS)

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
	boot_start = ABSOLUTE(.); /* of no section, or nothing that stays might name it */
	.boot_rodata : { BOOT_FILES(.rodata .rodata.* .data.rel.ro .data.rel.ro.*) }
	. = ALIGN(4096);
	text_start = ABSOLUTE(.);
	.boot_text : { *(.text.boot) BOOT_FILES(.text .text.*) }
	. = ALIGN(4096);
	boot_end = .;
	.text : {
		entry_text_start = .;
		*(.text.entry)
		. = ALIGN(4096);
		entry_text_end = .;
		*(.text .text.* .iplt)
	}
	. = ALIGN(4096);
	text_end = .;
	.rodata : {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		exception_table_start = .;
		KEEP(*(.exception_table))
		exception_table_end = .;
		. = ALIGN(8);
		alternatives_start = .;
		KEEP(*(.alternatives))
		alternatives_end = .;
		KEEP(*(.alternatives.code))
	}
	.eh_frame : { *(.eh_frame .eh_frame.*) }
	. = ALIGN(4096);
	rodata_end = .;
	.data : { *(.data .data.* .got .got.* .igot.* .data.rel.ro*) }
	.rela.dyn : { *(.rela .rela.*) }
	. = ALIGN(4096);
	.bss : {
		bss_start = .;
		*(.bss.boot)
		. = ALIGN(4096);
		bss_boot_end = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(4096);
		bss_end = .;
	}
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

NOCROSSREFS_TO(.boot_text .text .rodata .data)
NOCROSSREFS_TO(.boot_rodata .text .rodata .data)
ASSERT(image_end - image_start < 14M, "the image must end below 16 MiB, where dom0 kernels lie")
ASSERT(SIZEOF(.rela.dyn) == 0, "nothing is left to relocate at run time")
ASSERT(IMAGE_START % 0x8000000000 == 0, "the image's slot is its own")
