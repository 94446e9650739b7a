/* SPDX-License-Identifier: MIT */
/* The start_info page of a dom0. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	const char *magic = start_info->magic;

	expect("magic", memcmp(magic, "xen-3.0-x86_64", 14), 0);
	expect("nr-pages", start_info->nr_pages, DOM0_PAGES);
	expect("shared-info-aligned", start_info->shared_info & 0xfff, 0);
	expect("flags-privileged", start_info->flags & SIF_PRIVILEGED, SIF_PRIVILEGED);
	expect("flags-initdomain", start_info->flags & SIF_INITDOMAIN, SIF_INITDOMAIN);
	expect("flags-no-mod-pfn", start_info->flags & SIF_MOD_START_PFN, 0);
	expect("flags-no-multiboot", start_info->flags & SIF_MULTIBOOT_MOD, 0);
	expect("store-mfn", start_info->store_mfn, 0);
	expect("store-port", start_info->store_evtchn, 0);
	expect("pt-base-aligned", start_info->pt_base & 0xfff, 0);
	expect_true("pt-frames", start_info->nr_pt_frames >= 4 && start_info->nr_pt_frames < 64);
	expect("mod-len", start_info->mod_len, 0);
	expect("cmdline", memcmp(start_info->cmd_line, "guest=start_info", 17), 0);
	expect_true("cmdline-ends", strlen((char *)start_info->cmd_line) < 1024);
	expect("page-aligned", (uint64_t)start_info & 0xfff, 0);
	expect_true("behind-image", (uint64_t)start_info >= (uint64_t)image_end);
	expect_true("mfn-list-in-boot-area", start_info->mfn_list >= (uint64_t)image_end &&
						     start_info->mfn_list < (uint64_t)start_info);
}
