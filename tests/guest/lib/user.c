/* SPDX-License-Identifier: MIT */
/*
 * User mode: an L4 of its own that knows two ranges.  The same L3 is put into
 * the kernel's tables, so that the kernel can use user addresses too.
 */
#include "tests/guest/lib/guest.h"

void *user_root;
uint8_t user_data[4 * 4096] PAGE_ALIGNED;

static void map_user(uint64_t va, const void *page, uint64_t flags)
{
	if (map_va(va, maddr_of(page) | flags))
		guest_fail("lib.user: %lx cannot be mapped", va);
}

void user_init(void)
{
	uint64_t length = (uint64_t)(user_text_end - user_text_start);

	for (uint64_t at = 0; at < length; at += 4096)
		map_user(USER_TEXT_VA + at, user_text_start + at, PTE_RO);
	for (uint64_t at = 0; at < sizeof(user_data); at += 4096)
		map_user(USER_DATA_VA + at, user_data + at, PTE_RW);
	user_root = page_alloc();
	((uint64_t *)user_root)[0] = *boot_slot((void *)USER_TEXT_VA, 4);
	if (set_pte(user_root, PTE_RO) || pin_table(4, user_root) ||
	    mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(user_root), 0))
		guest_fail("lib.user: user tables refused");
}

void user_frame(struct trap_frame *frame, const char *text)
{
	memset(frame, 0, sizeof(*frame));
	frame->rip = user_va(text);
	frame->cs = FLAT_USER_CS64;
	frame->rflags = 0x202;
	frame->rsp = USER_STACK;
	frame->ss = FLAT_USER_SS64;
}

long user_run(struct trap_frame *frame)
{
	struct {
		uint64_t room[2]; /* user_enter() leaves through the frame's own memory */
		struct trap_frame frame;
	} copy = {.frame = *frame};

	this_cpu()->caught = NONE;
	return user_enter(&copy.frame, &this_cpu()->user_rsp);
}
