/* SPDX-License-Identifier: MIT */
/* The boot area: what is mapped, how, and what its frames say. */
#include "tests/guest/lib/guest.h"

static uint8_t zeroes[4096 * 8];

static long count_bad_m2p(void)
{
	long bad = 0;

	for (uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++)
		bad += m2p(p2m_array()[pfn]) != pfn;
	return bad;
}

/* Everything from VIRT_BASE is mapped to its own frame; returns the end. */
static uint64_t find_end(long *wrong)
{
	uint64_t va = VIRT_BASE;

	for (; va < VIRT_BASE + (64ul << 20); va += 4096) {
		uint64_t *slot = boot_slot((void *)va, 1);

		if (!slot || !(*slot & PTE_P))
			break;
		if ((void *)va != (void *)shared_info)
			*wrong += PTE_FRAME(*slot) != mfn_of((void *)va);
	}
	return va;
}

void guest_main(void)
{
	uint64_t table = start_info->pt_base, value;
	uint64_t table_end = table + start_info->nr_pt_frames * 4096;
	long wrong = 0, writable_tables = 0, read_only = 0, caught = 0;
	uint64_t end = find_end(&wrong);
	uint8_t sum = 0;

	expect("m2p-inverts-p2m", count_bad_m2p(), 0);
	expect("pfn-order", wrong, 0);
	expect("end-4m", end & 0x3fffff, 0);
	expect_true("end-512k-behind-stack", end >= table_end + 4096 + (512 << 10));
	for (uint64_t va = VIRT_BASE; va < end; va += 4096) {
		bool is_table = va >= table && va < table_end;
		uint64_t pte = *boot_slot((void *)va, 1);

		writable_tables += is_table && (pte & PTE_W);
		read_only += !is_table && !(pte & PTE_W);
		caught += !(pte & PTE_U) || (pte & PTE_NX);
	}
	expect("tables-read-only", writable_tables, 0);
	expect("rest-writable", read_only, 0);
	expect("user-and-executable", caught, 0);
	for (unsigned int i = 0; i < sizeof(zeroes); i++)
		sum |= zeroes[i];
	expect("bss-zero", sum, 0);
	expect("write-table", try_write(table + 8, 0), 14);
	expect("write-table-error", this_cpu()->trap.error, 3);
	expect("below-base", try_read(VIRT_BASE - 4096, &value), 14);
	expect("behind-end", try_read(end, &value), 14);
	expect("behind-end-cr2", this_cpu()->cr2, end);
	expect("page-0", try_read(0, &value), 14);
	expect("unpin-boot-l4", mmuext(MMUEXT_UNPIN_TABLE, mfn_of((void *)table), 0), 0);
	expect("pin-boot-l4", pin_table(4, (void *)table), 0);
}
