/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/multiboot.h - what the boot loader said, copied out of its
 * memory before that is used for anything else.
 */
#pragma once

#include "xen-like/arch/x86/e820.h"
#include "xen-like/base/abi.h"

#define BOOT_MODULES_MAX 8
#define BOOT_TEXT_MAX	 2048

struct boot_module {
	maddr_t start, end;
	char text[BOOT_TEXT_MAX]; /* the loader's string: arguments of a kernel */
};

#define FRAMEBUFFER_NONE 0
#define FRAMEBUFFER_RGB	 1
#define FRAMEBUFFER_TEXT 2

struct boot_framebuffer {
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, type; /* FRAMEBUFFER_*; not RGB: no pixels can be drawn */
	uint8_t red_at, red_bits, green_at, green_bits, blue_at, blue_bits;
};

struct boot_info {
	char command_line[BOOT_TEXT_MAX];
	char loader[64];
	struct e820_entry e820[E820_MAX]; /* the firmware's, arranged */
	uint32_t e820_count;
	struct boot_module modules[BOOT_MODULES_MAX];
	uint32_t module_count;
	uint8_t rsdp[36];	   /* copy of the loader's; first byte 0: none      */
	uint64_t efi_system_table; /* 0: not booted by EFI                   */
	struct boot_framebuffer framebuffer;
};

extern struct boot_info boot_info;

/* Reads the loader's words; boot_fail() when they are of no boot loader. */
void multiboot_read(uint32_t magic, uint32_t information);
