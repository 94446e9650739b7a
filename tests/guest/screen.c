/* SPDX-License-Identifier: MIT */
/*
 * What start_info says about the screen: characters, or a framebuffer that is
 * where it says.  tests/scenario/grub compares with what the adapter shows; the
 * word `wait` keeps the screen as it is.
 */
#include "tests/guest/lib/guest.h"

static void check_text(const dom0_vga_console_info_t *screen)
{
	expect("columns", screen->u.text_mode_3.columns, 80);
	expect("rows", screen->u.text_mode_3.rows, 25);
	expect("font-height", screen->u.text_mode_3.font_height, 16);
	print("screen text");
}

static void check_pixels(const dom0_vga_console_info_t *screen)
{
	uint64_t base =
		(uint64_t)screen->u.vesa_lfb.ext_lfb_base << 32 | screen->u.vesa_lfb.lfb_base;
	uint64_t bytes = (uint64_t)screen->u.vesa_lfb.bytes_per_line * screen->u.vesa_lfb.height;

	expect("bits", screen->u.vesa_lfb.bits_per_pixel, 32);
	expect_true("line", screen->u.vesa_lfb.bytes_per_line >= screen->u.vesa_lfb.width * 4);
	expect_true("size", (uint64_t)screen->u.vesa_lfb.lfb_size << 16 >= bytes);
	expect("colours",
	       screen->u.vesa_lfb.red_size + screen->u.vesa_lfb.green_size +
		       screen->u.vesa_lfb.blue_size,
	       24);
	print("screen pixels %u %u at %lx", screen->u.vesa_lfb.width, screen->u.vesa_lfb.height,
	      base);
}

void guest_main(void)
{
	const dom0_vga_console_info_t *screen =
		(const void *)((const char *)start_info + start_info->console.dom0.info_off);

	expect_true("there", start_info->console.dom0.info_size >= sizeof(*screen));
	if (screen->video_type == XEN_VGATYPE_TEXT_MODE_3)
		check_text(screen);
	else if (screen->video_type == XEN_VGATYPE_VESA_LFB ||
		 screen->video_type == XEN_VGATYPE_EFI_LFB)
		check_pixels(screen);
	else
		guest_fail("video type %u", screen->video_type);
	while (asked_for("wait"))
		call_sched(SCHEDOP_yield, NULL);
}
