/* SPDX-License-Identifier: MIT */
/* The machine-to-physical table: readable, not writable, honest about frames that are not ours. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct xen_machphys_mapping mapping = {0};
	struct mmu_update update;
	static uint8_t page[4096] PAGE_ALIGNED;
	uint64_t value, mfn = mfn_of(page), pfn = pfn_of(page);

	expect("mapping", call_memory(XENMEM_machphys_mapping, &mapping), 0);
	expect("start", mapping.v_start, M2P_VA);
	expect_true("end",
		    mapping.v_end > mapping.v_start && mapping.v_end <= 0xffff804000000000ul);
	expect_true("max-mfn", mapping.max_mfn >= p2m_array()[0] && mapping.max_mfn < 1ul << 36);
	expect("own-frame", m2p(mfn), pfn);
	expect("write", try_write(M2P_VA + 8 * mfn, 0), 14);
	expect("write-error", this_cpu()->trap.error, 3);
	expect("unpopulated", try_read(0xffff803ffffff000ul, &value), 14);
	expect("unpopulated-error", this_cpu()->trap.error & ~0ul, 0);

	update.ptr = mfn << 12 | MMU_MACHPHYS_UPDATE;
	update.val = 0x123456;
	expect("machphys-update", call_mmu(&update, 1, NULL, DOMID_SELF), 0);
	expect("machphys-seen", m2p(mfn), 0x123456);
	update.val = pfn;
	expect("machphys-back", call_mmu(&update, 1, NULL, DOMID_SELF), 0);
	expect("machphys-back-seen", m2p(mfn), pfn);
	update.ptr = 0xffffffffful << 12 | MMU_MACHPHYS_UPDATE;
	expect("machphys-no-frame", call_mmu(&update, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	update.ptr = 0xa0ul << 12 | MMU_MACHPHYS_UPDATE;
	expect("machphys-io-frame", call_mmu(&update, 1, NULL, DOMID_SELF), -XEN_EINVAL);
}
