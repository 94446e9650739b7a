/* SPDX-License-Identifier: MIT */
/*
 * xen-like/vga.c - 80 by 25 characters at 0xb8000, when the boot loader left
 * the adapter in text mode.
 */
#include "xen-like/vga.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/base/atomic.h"

#define COLUMNS	      80
#define ROWS	      25
#define GREY_ON_BLACK 0x0700

static uint16_t *screen;
static unsigned int column, row;

void vga_start(void)
{
	if (boot_info.framebuffer.type == 1 || boot_info.efi_system_table)
		return; /* graphics */
	screen = (uint16_t *)(DIRECT_MAP_START + 0xb8000);
	for (unsigned int i = 0; i < ROWS * COLUMNS; i++)
		write_once(screen[i], GREY_ON_BLACK | ' ');
}

static void scroll(void)
{
	for (unsigned int i = 0; i < (ROWS - 1) * COLUMNS; i++)
		write_once(screen[i], read_once(screen[i + COLUMNS]));
	for (unsigned int i = (ROWS - 1) * COLUMNS; i < ROWS * COLUMNS; i++)
		write_once(screen[i], GREY_ON_BLACK | ' ');
	row = ROWS - 1;
}

void vga_write(const char *bytes, size_t count)
{
	if (!screen)
		return;
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n' || column == COLUMNS) {
			column = 0;
			row++;
		}
		if (row == ROWS)
			scroll();
		if (bytes[i] >= ' ')
			write_once(screen[row * COLUMNS + column++],
				   GREY_ON_BLACK | (uint8_t)bytes[i]);
	}
}

void vga_stop(void)
{
	screen = NULL;
}
