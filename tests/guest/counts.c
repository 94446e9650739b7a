/* SPDX-License-Identifier: MIT */
/* Counts at their edges: nothing to do, far too much, sizes that overflow when multiplied. */
#include "tests/guest/lib/guest.h"

static const uint64_t huge[] = {0x7fffffff, 0x80000000, 0xffffffff, 0x100000000ul,
				1ul << 58,  1ul << 60,	1ul << 63,  ~0ul};
static const char *const names[] = {"2-31-1", "2-31", "2-32-1", "2-32",
				    "2-58",   "2-60", "2-63",	"max"};

void guest_main(void)
{
	/* One good entry, then the end of the page: a count is only as good as its array. */
	struct mmu_update *update = edge_of_page(sizeof(*update));
	static uint8_t page[4096] PAGE_ALIGNED;
	long bad = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(huge); i++) {
		unsigned int done = 7;
		long answer;

		update->ptr = maddr_of(boot_slot(page, 1));
		update->val = maddr_of(page) | PTE_RW;
		answer = call_mmu(update, huge[i], &done, DOMID_SELF);
		/* 31-bit counts, as bit 31 is the hypervisor's own: others end with the page. */
		bad = !(answer == -XEN_EFAULT || answer == -XEN_EINVAL ||
			(answer == 0 && !(huge[i] & 0x7fffffff)));
		expect_named(names[i], bad, 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(huge); i++) {
		bad += call_mmuext(NON_CANONICAL, huge[i], NULL, DOMID_SELF) > 0;
		bad += call_multi(NON_CANONICAL, huge[i]) > 0;
		bad += call_grant(GNTTABOP_copy, NON_CANONICAL, huge[i]) > 0;
		bad += call_gdt(NON_CANONICAL, huge[i]) > 0;
		bad += call_console(CONSOLEIO_write, huge[i], NON_CANONICAL) > 0;
		bad += mmuext(MMUEXT_SET_LDT, (uint64_t)page, huge[i]) > 0;
	}
	expect("others", bad, 0);
	expect("console-read-huge", call_console(CONSOLEIO_read, 0x7fffffff, page) <= 0, 1);
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
}
