// needs: xen-like/base/pv_plan.c dom0-tools/builder/tables.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_guest_plan.c - guests of many sizes: each plan is carried out in
 * made-up frames and its page tables walked as a CPU would; every impossible one.
 */
#include <stdlib.h>

#include "dom0-tools/builder/tables.h"

#include "tests/unit/check.h"

#define NOTE(n) (1ull << (n))
#define MIB	256ul /* pages */

/* Debian 12's kernel. */
static struct kernel_image debian(void)
{
	struct kernel_image k = {
		.nr_segments = 1,
		.physical_start = 0x1000000,
		.physical_end = 0x4a00000,
		.notes_present = NOTE(XEN_ELFNOTE_ENTRY) | NOTE(XEN_ELFNOTE_VIRT_BASE) |
				 NOTE(XEN_ELFNOTE_INIT_P2M) | NOTE(XEN_ELFNOTE_MOD_START_PFN),
		.entry = 0xffffffff830791c0,
		.virt_base = 0xffffffff80000000,
		.hypervisor_low = 0xffff800000000000,
		.init_p2m = 0x8000000000,
		.mod_start_pfn = true,
		.xen_version = "xen-3.0",
	};

	return k;
}

/* A small old one: hypercall page, everything mapped, low addresses. */
static struct kernel_image minimal(void)
{
	struct kernel_image k = {
		.nr_segments = 1,
		.physical_start = 0,
		.physical_end = 0x9000,
		.notes_present = NOTE(XEN_ELFNOTE_ENTRY) | NOTE(XEN_ELFNOTE_HYPERCALL_PAGE),
		.entry = 0x100,
		.hypercall_page = 0x2000,
		.xen_version = "xen-3.0",
	};

	return k;
}

static enum pv_plan_error plan_guest(const struct kernel_image *kernel, uint64_t ramdisk_bytes,
				     uint64_t nr_pages, const char *command_line,
				     struct pv_plan *plan)
{
	struct pv_plan_request request = {PV_ROLE_GUEST, nr_pages, ramdisk_bytes, command_line};

	return pv_plan_make(kernel, &request, plan);
}

/* A plan carried out: pfn n is frame n * 3 + 7, page tables are in memory. */
struct built {
	struct pv_plan plan;
	xen_pfn_t *p2m;
	uint64_t *tables, *p2m_tables;
	start_info_t info;
	struct vcpu_guest_context context;
};

static void build(struct built *b, const char *command_line)
{
	struct guest_ports ports = {0x1234, 1, 2};

	b->p2m = malloc(b->plan.nr_pages * sizeof(*b->p2m));
	for (uint64_t i = 0; i < b->plan.nr_pages; i++)
		b->p2m[i] = i * 3 + 7;
	b->tables = malloc(b->plan.tables.count * PAGE_SIZE);
	b->p2m_tables = malloc(b->plan.p2m_tables.count * PAGE_SIZE + 1);
	guest_tables_fill_boot(&b->plan, b->p2m, b->tables);
	guest_tables_fill_p2m(&b->plan, b->p2m, b->p2m_tables);
	guest_tables_start_info(&b->plan, b->p2m, &ports, command_line, &b->info);
	guest_tables_context(&b->plan, b->p2m, &b->context);
}

static void drop(struct built *b)
{
	free(b->p2m);
	free(b->tables);
	free(b->p2m_tables);
}

/* The page table in this frame, or NULL if it is none. */
static const uint64_t *table_at(const struct built *b, uint64_t frame)
{
	uint64_t pfn = (frame - 7) / 3;

	if (frame < 7 || (frame - 7) % 3 || pfn >= b->plan.nr_pages)
		return NULL;
	if (pfn - b->plan.tables.first < b->plan.tables.count)
		return b->tables + (pfn - b->plan.tables.first) * 512;
	if (pfn - b->plan.p2m_tables.first < b->plan.p2m_tables.count)
		return b->p2m_tables + (pfn - b->plan.p2m_tables.first) * 512;
	return NULL;
}

/* The L1 entry for va, or 0. */
static uint64_t walk(const struct built *b, uint64_t va)
{
	uint64_t frame = b->context.ctrlreg[3] >> 12, entry = 0;

	for (int level = 4; level > 0; level--) {
		const uint64_t *table = table_at(b, frame);

		if (!table)
			return 0;
		entry = table[va >> (12 + 9 * (level - 1)) & 511];
		if (!(entry & 1) || (level > 1 && (entry & 0xfff) != 0x67))
			return 0;
		frame = entry >> 12;
	}
	return entry;
}

/* How many entries of all L1 tables are present. */
static uint64_t count_leaves(const struct built *b)
{
	const struct pv_plan *plan = &b->plan;
	uint64_t upper = 1 + plan->boot.nr_tables[3] + plan->boot.nr_tables[2], sum = 0;

	for (uint64_t i = upper * 512; i < plan->tables.count * 512; i++)
		sum += b->tables[i] & 1;
	upper = plan->p2m_area.nr_tables[3] + plan->p2m_area.nr_tables[2];
	for (uint64_t i = upper * 512; i < plan->p2m_tables.count * 512; i++)
		sum += b->p2m_tables[i] & 1;
	return sum;
}

static bool is_table(const struct pv_plan *plan, uint64_t pfn)
{
	return pfn - plan->tables.first < plan->tables.count;
}

/* All that Linux' PV boot protocol promises of the memory. */
static void check_built(const struct built *b)
{
	const struct pv_plan *plan = &b->plan;
	uint64_t mapped = plan->boot.pfns.count;
	uint64_t end = plan->boot.va + (mapped << PAGE_SHIFT);
	bool good = true;

	for (uint64_t pfn = 0; pfn < mapped; pfn++) {
		uint64_t entry = walk(b, plan->boot.va + (pfn << PAGE_SHIFT));

		good &= entry >> 12 == b->p2m[pfn];
		good &= (entry & 0xfff) == (is_table(plan, pfn) ? 0x25 : 0x67);
	}
	EXPECT(good);
	for (uint64_t i = 0; i < plan->p2m_area.pfns.count; i++)
		good &= walk(b, plan->p2m_area.va + (i << PAGE_SHIFT)) ==
			(b->p2m[plan->p2m.first + i] << 12 | 0x67);
	EXPECT(good);
	EXPECT_EQUAL(count_leaves(b), mapped + plan->p2m_area.pfns.count);

	EXPECT_EQUAL(end % (4 << 20), 0);
	EXPECT(end - b->context.user_regs.rsp >= 512 << 10);
	EXPECT(plan->needed_pages <= plan->nr_pages);
	EXPECT_EQUAL(plan->p2m.count, (plan->nr_pages * 8 + 4095) / 4096);
	EXPECT_EQUAL(b->info.nr_pages, plan->nr_pages);
	EXPECT_EQUAL(b->info.nr_pt_frames, plan->tables.count);
	EXPECT_EQUAL(walk(b, b->info.pt_base) >> 12, b->context.ctrlreg[3] >> 12);
	EXPECT_EQUAL(walk(b, b->context.user_regs.rsi) >> 12, b->p2m[plan->start_info_pfn]);
	EXPECT_EQUAL(walk(b, b->context.user_regs.rsp - 1) >> 12, b->p2m[plan->stack_pfn]);
	EXPECT_EQUAL(walk(b, b->info.mfn_list) >> 12, b->p2m[plan->p2m.first]);
}

/* No pfn has two uses, and none lies outside the guest. */
static void check_disjoint(const struct pv_plan *plan)
{
	const struct pfn_range parts[] = {plan->kernel,	    plan->ramdisk,
					  plan->boot_pages, plan->p2m,
					  plan->p2m_tables, {plan->boot.pfns.count, 0}};
	uint8_t *used = calloc(plan->nr_pages, 1);
	bool once = true;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		for (uint64_t pfn = parts[i].first; pfn < parts[i].first + parts[i].count; pfn++)
			once &= pfn < plan->nr_pages && !used[pfn]++;
	}
	EXPECT(once);
	free(used);
	EXPECT(plan->start_info_pfn == plan->boot_pages.first);
	EXPECT(plan->store_ring_pfn == plan->start_info_pfn + 1);
	EXPECT(plan->console_ring_pfn == plan->start_info_pfn + 2);
	EXPECT(plan->tables.first == plan->start_info_pfn + 3);
	EXPECT(plan->stack_pfn == plan->tables.first + plan->tables.count);
}

static void check_sizes(struct kernel_image kernel, const uint64_t *pages, size_t count)
{
	static const uint64_t ramdisks[] = {0, 1, 4096, 1 << 20, 9999999};

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ramdisks); j++) {
			struct built b;

			EXPECT_EQUAL(plan_guest(&kernel, ramdisks[j], pages[i], "x", &b.plan),
				     PV_PLAN_OK);
			if (check_state.failed)
				return;
			build(&b, "x");
			check_built(&b);
			check_disjoint(&b.plan);
			EXPECT_EQUAL(b.info.mod_len, ramdisks[j]);
			EXPECT_EQUAL(!!(b.info.flags & SIF_MOD_START_PFN),
				     ramdisks[j] && kernel.mod_start_pfn);
			drop(&b);
		}
	}
}

static void test_guest_plan_debian(void)
{
	static const uint64_t pages[] = {100 * MIB, 128 * MIB, 128 * MIB + 1, 1024 * MIB,
					 3 * 1024 * MIB + 77};

	check_sizes(debian(), pages, ARRAY_SIZE(pages));
}

static void test_guest_plan_minimal(void)
{
	static const uint64_t pages[] = {16 * MIB, 17 * MIB + 3, 64 * MIB, 2048 * MIB};

	check_sizes(minimal(), pages, ARRAY_SIZE(pages));
}

/* A boot area that crosses the borders of tables of every level. */
static void test_guest_plan_borders(void)
{
	static const uint64_t bases[] = {0x7ffffff000, 0x3ffff000, 0x7fff400000, 0xffffff7ffffff000,
					 0xffff880000000000};
	const uint64_t pages = 64 * MIB;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		struct kernel_image kernel = minimal();

		kernel.virt_base = bases[i];
		kernel.entry += bases[i];
		kernel.hypercall_page += bases[i];
		check_sizes(kernel, &pages, 1);
	}
}

static void test_guest_plan_start_info(void)
{
	struct kernel_image kernel = debian();
	struct built b;

	EXPECT_EQUAL(plan_guest(&kernel, 5000, 128 * MIB, "root=/dev/xvda", &b.plan), 0);
	build(&b, "root=/dev/xvda");
	EXPECT(!strcmp(b.info.magic, "xen-3.0-x86_64"));
	EXPECT(!strcmp((char *)b.info.cmd_line, "root=/dev/xvda"));
	EXPECT_EQUAL(b.info.shared_info, 0x1234000);
	EXPECT_EQUAL(b.info.flags, SIF_MOD_START_PFN | SIF_VIRT_P2M_4TOOLS);
	EXPECT_EQUAL(b.info.store_mfn, b.p2m[b.plan.store_ring_pfn]);
	EXPECT_EQUAL(b.info.console.domU.mfn, b.p2m[b.plan.console_ring_pfn]);
	EXPECT_EQUAL(b.info.store_evtchn, 1);
	EXPECT_EQUAL(b.info.console.domU.evtchn, 2);
	EXPECT_EQUAL(b.info.mod_start, b.plan.ramdisk.first);
	EXPECT_EQUAL(b.info.mfn_list, kernel.init_p2m);
	EXPECT_EQUAL(b.info.first_p2m_pfn, b.plan.p2m.first);
	EXPECT_EQUAL(b.info.nr_p2m_frames, b.plan.p2m.count + b.plan.p2m_tables.count);
	EXPECT_EQUAL(b.context.user_regs.rip, kernel.entry);
	EXPECT_EQUAL(b.context.user_regs.cs, 0xe033);
	EXPECT_EQUAL(b.context.user_regs.ss, 0xe02b);
	EXPECT_EQUAL(b.context.flags, VGCF_in_kernel | VGCF_online);
	drop(&b);
}

static void test_guest_plan_hypercall_page(void)
{
	struct kernel_image kernel = minimal();
	struct pv_plan plan;

	EXPECT_EQUAL(plan_guest(&kernel, 0, 16 * MIB, NULL, &plan), PV_PLAN_OK);
	EXPECT(plan.has_hypercall_page);
	EXPECT_EQUAL(plan.hypercall_pfn, 2);
	kernel.hypercall_page = 0x9000;
	EXPECT_EQUAL(plan_guest(&kernel, 0, 16 * MIB, NULL, &plan), PV_PLAN_HYPERCALL_PAGE_OUTSIDE);
	kernel.hypercall_page = 0x2001;
	EXPECT_EQUAL(plan_guest(&kernel, 0, 16 * MIB, NULL, &plan), PV_PLAN_HYPERCALL_PAGE_OUTSIDE);
	kernel.notes_present = NOTE(XEN_ELFNOTE_ENTRY);
	EXPECT_EQUAL(plan_guest(&kernel, 0, 16 * MIB, NULL, &plan), PV_PLAN_OK);
	EXPECT(!plan.has_hypercall_page);
}

/* The least memory is told, and with so much it does fit. */
static void test_guest_plan_too_small(void)
{
	struct kernel_image kernel = debian();
	struct pv_plan plan;
	uint64_t needed;

	EXPECT_EQUAL(plan_guest(&kernel, 1 << 20, 16 * MIB, NULL, &plan), PV_PLAN_KERNEL_TOO_BIG);
	needed = plan.needed_pages;
	EXPECT(needed > 74 * MIB && needed < 100 * MIB);
	EXPECT_EQUAL(plan_guest(&kernel, 1 << 20, needed + 2 * MIB, NULL, &plan), PV_PLAN_OK);
	EXPECT_EQUAL(plan_guest(&kernel, 1 << 20, needed - 1, NULL, &plan),
		     PV_PLAN_RAMDISK_TOO_BIG);
	EXPECT_EQUAL(plan_guest(&kernel, ~0ull, 128 * MIB, NULL, &plan), PV_PLAN_RAMDISK_TOO_BIG);
	EXPECT_EQUAL(plan_guest(&kernel, 0, 0, NULL, &plan), PV_PLAN_KERNEL_TOO_BIG);
	EXPECT_EQUAL(plan_guest(&kernel, 0, ~0ull, NULL, &plan), PV_PLAN_MEMORY_TOO_BIG);
}

static void refuse(enum pv_plan_error error, struct kernel_image kernel)
{
	struct pv_plan plan;

	EXPECT_EQUAL(plan_guest(&kernel, 4096, 128 * MIB, NULL, &plan), error);
	EXPECT(strlen(pv_plan_error_text(error)) > 20);
}

#define REFUSE(error, change)                                                                      \
	do {                                                                                       \
		struct kernel_image k = debian();                                                  \
		change;                                                                            \
		refuse(PV_PLAN_##error, k);                                                        \
	} while (0)

static void test_guest_plan_refusals(void)
{
	char line[1025];

	REFUSE(NOT_PV, k.notes_present = NOTE(XEN_ELFNOTE_INIT_P2M));
	REFUSE(NOT_XEN_3, strcpy(k.xen_version, "xen-2.0"));
	REFUSE(NEEDS_SUPERVISOR_MODE, k.features_required = 1u << XENFEAT_supervisor_mode_kernel);
	REFUSE(WANTS_OUR_ADDRESSES, k.hypervisor_low = HYPERVISOR_VIRT_START + 4096);
	REFUSE(BASE_UNALIGNED, k.virt_base += 8);
	REFUSE(KERNEL_IN_HOLE, k.virt_base = 0xffff800000000000);
	REFUSE(KERNEL_IN_HOLE, k.virt_base = 0x7ffffc000000);
	REFUSE(KERNEL_IN_HOLE, k.virt_base = 0xfffffffffc000000);
	REFUSE(ENTRY_OUTSIDE, k.entry = k.virt_base + k.physical_end);
	REFUSE(ENTRY_OUTSIDE, k.entry = k.virt_base + k.physical_start - 1);
	REFUSE(P2M_UNALIGNED, k.init_p2m += 8);
	REFUSE(P2M_IN_KERNEL, k.init_p2m = 0xffffffffc0000000);
	REFUSE(P2M_IN_HOLE, k.init_p2m = 0x800000000000);
	REFUSE(P2M_IN_HOLE, k.init_p2m = 0xfffffffffffff000);

	memset(line, 'x', 1024);
	line[1024] = '\0';
	{
		struct kernel_image k = debian();
		struct pv_plan plan;

		EXPECT_EQUAL(plan_guest(&k, 0, 128 * MIB, line, &plan),
			     PV_PLAN_COMMAND_LINE_TOO_LONG);
		EXPECT_EQUAL(plan_guest(&k, 0, 128 * MIB, line + 1, &plan), PV_PLAN_OK);
	}
}

int main(void)
{
	RUN(test_guest_plan_debian);
	RUN(test_guest_plan_minimal);
	RUN(test_guest_plan_borders);
	RUN(test_guest_plan_start_info);
	RUN(test_guest_plan_hypercall_page);
	RUN(test_guest_plan_too_small);
	RUN(test_guest_plan_refusals);
	return check_result();
}
