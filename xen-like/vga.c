/* SPDX-License-Identifier: MIT */
/*
 * xen-like/vga.c - the screen as rows of characters: 80 by 25 at 0xb8000 when
 * the boot loader left the adapter in text mode, glyphs of 8 by 16 pixels in
 * its framebuffer when not.
 *
 * Enso keeps what it has written: reading back from an adapter is slow, and a
 * screen that moves up needs only those characters drawn that change.
 */
#include "xen-like/vga.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/base/atomic.h"

#define TEXT_COLUMNS  80
#define TEXT_ROWS     25
#define COLUMNS_MAX   240
#define ROWS_MAX      100
#define GREY_ON_BLACK 0x0700
#define GREY	      0xaau
#define GLYPH_WIDTH   8
#define GLYPH_HEIGHT  16

/* font.S: one byte a line of a glyph, its left pixel in the highest bit. */
extern const uint8_t font_glyphs[256][GLYPH_HEIGHT];

static char cells[ROWS_MAX][COLUMNS_MAX] BOOT_ONLY; /* until vga_stop() */
static unsigned int columns, rows;		    /* 0: no screen */
static unsigned int column, row;
static void (*draw)(unsigned int at_column, unsigned int at_row, uint8_t character);
static uint32_t grey_pixel;

static void draw_text(unsigned int at_column, unsigned int at_row, uint8_t character)
{
	volatile uint16_t *screen = (uint16_t *)(DIRECT_MAP_START + 0xb8000);

	screen[at_row * TEXT_COLUMNS + at_column] = GREY_ON_BLACK | character;
}

/* The shade of grey in a pixel's `bits` bits at `at`. */
static uint32_t grey_part(uint8_t at, uint8_t bits)
{
	return bits > 0 && bits <= 8 && at < 32 ? (GREY >> (8u - bits)) << at : 0;
}

static void draw_pixel(volatile uint8_t *at, unsigned int bytes, uint32_t pixel)
{
	if (bytes == 4)
		*(volatile uint32_t *)at = pixel;
	else
		for (unsigned int i = 0; i < bytes; i++)
			at[i] = (uint8_t)(pixel >> (8 * i));
}

static void draw_glyph(unsigned int at_column, unsigned int at_row, uint8_t character)
{
	const struct boot_framebuffer *to = &boot_info.framebuffer;
	unsigned int bytes = to->bits / 8u;
	volatile uint8_t *line = (uint8_t *)(DIRECT_MAP_START + to->address) +
				 (uint64_t)at_row * GLYPH_HEIGHT * to->pitch +
				 (uint64_t)at_column * GLYPH_WIDTH * bytes;

	for (unsigned int y = 0; y < GLYPH_HEIGHT; y++, line += to->pitch)
		for (unsigned int x = 0; x < GLYPH_WIDTH; x++)
			draw_pixel(line + x * bytes, bytes,
				   font_glyphs[character][y] << x & 0x80 ? grey_pixel : 0);
}

static void put(unsigned int at_column, unsigned int at_row, char character)
{
	if (cells[at_row][at_column] == character)
		return;
	cells[at_row][at_column] = character;
	draw(at_column, at_row, (uint8_t)character);
}

void vga_start(void)
{
	const struct boot_framebuffer *framebuffer = &boot_info.framebuffer;

	if (framebuffer->type == FRAMEBUFFER_RGB) {
		draw = draw_glyph;
		columns = MIN(framebuffer->width / GLYPH_WIDTH, (uint32_t)COLUMNS_MAX);
		rows = MIN(framebuffer->height / GLYPH_HEIGHT, (uint32_t)ROWS_MAX);
		grey_pixel = grey_part(framebuffer->red_at, framebuffer->red_bits) |
			     grey_part(framebuffer->green_at, framebuffer->green_bits) |
			     grey_part(framebuffer->blue_at, framebuffer->blue_bits);
	} else if (!boot_info.efi_system_table) {
		draw = draw_text;
		columns = TEXT_COLUMNS;
		rows = TEXT_ROWS;
	}
	/* What was there before is unknown, and no character is 0. */
	for (unsigned int y = 0; y < rows; y++)
		for (unsigned int x = 0; x < columns; x++)
			put(x, y, ' ');
}

static void scroll(void)
{
	for (unsigned int y = 0; y < rows; y++)
		for (unsigned int x = 0; x < columns; x++)
			put(x, y, y + 1 < rows ? cells[y + 1][x] : ' ');
	row = rows - 1;
}

void vga_write(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count && rows > 0; i++) {
		if (bytes[i] == '\n' || column == columns) {
			column = 0;
			row++;
		}
		if (row == rows)
			scroll();
		if ((uint8_t)bytes[i] >= ' ')
			put(column++, row, bytes[i]);
	}
}

void vga_stop(void)
{
	rows = 0;
}
