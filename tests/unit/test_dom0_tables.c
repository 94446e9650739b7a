// needs: xen-like/domain/dom0_tables.c xen-like/base/pv_plan.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_dom0_tables.c - plans of many sizes, each checked by walking
 * the tables it describes as a CPU would; every impossible one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-like/domain/dom0_tables.h"

static int failures;

static void check(const char *name, bool good)
{
	printf(good ? "PASS dom0_tables_%s\n" : "FAIL dom0_tables_%s: not so\n", name);
	failures += !good;
}

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
				 NOTE(XEN_ELFNOTE_INIT_P2M) | NOTE(XEN_ELFNOTE_MOD_START_PFN) |
				 NOTE(XEN_ELFNOTE_SUPPORTED_FEATURES),
		.entry = 0xffffffff830791c0,
		.virt_base = 0xffffffff80000000,
		.hypervisor_low = 0xffff800000000000,
		.init_p2m = 0x8000000000,
		.mod_start_pfn = true,
		.extended_cr3 = true,
		.features_supported = 0x8811,
		.features_required = 1,
		.xen_version = "xen-3.0",
	};

	return k;
}

static enum pv_plan_error plan_dom0(const struct kernel_image *kernel, uint64_t ramdisk_bytes,
				    uint64_t nr_pages, const char *command_line,
				    struct pv_plan *plan)
{
	struct pv_plan_request request = {PV_ROLE_DOM0, nr_pages, ramdisk_bytes, command_line};

	return pv_plan_make(kernel, &request, plan);
}

/* The leaf for va, or ~0; writes its flags.  Every level must be a table page. */
static uint64_t walk(const struct pv_plan *plan, uint64_t va, uint64_t *flags)
{
	uint64_t pfn = plan->tables.first;

	for (int level = 4; level > 0; level--) {
		uint32_t index = va >> (12 + 9 * (level - 1)) & 511;
		struct dom0_table_entry entry;
		int is_level;

		dom0_page_kind(plan, pfn, &is_level);
		if (is_level != level)
			return ~1ull;
		entry = dom0_table_entry(plan, pfn, index);
		if (!entry.present)
			return ~0ull;
		if (level > 1 && entry.flags != 0x67)
			return ~2ull;
		pfn = entry.pfn;
		*flags = entry.flags;
	}
	return pfn;
}

/* Sum of present leaves over all L1 tables: nothing is mapped besides the areas. */
static uint64_t count_leaves(const struct pv_plan *plan)
{
	uint64_t sum = 0;

	for (uint64_t pfn = 0; pfn < plan->nr_pages; pfn++) {
		int level;

		dom0_page_kind(plan, pfn, &level);
		for (uint32_t i = 0; level == 1 && i < 512; i++)
			sum += dom0_table_entry(plan, pfn, i).present;
	}
	return sum;
}

static bool plan_is_sound(const struct pv_plan *plan)
{
	uint64_t boot_end = plan->boot.va + plan->boot.pfns.count * 4096, flags = 0;
	uint64_t stack_end = plan->stack_pointer;

	if (boot_end % (4 << 20) || boot_end - stack_end < 512 << 10 ||
	    boot_end - stack_end >= (4 << 20) + (512 << 10))
		return false;
	for (uint64_t pfn = 0; pfn < plan->boot.pfns.count; pfn++) {
		bool table = dom0_page_kind(plan, pfn, NULL) == DOM0_PAGE_TABLE;

		if (walk(plan, plan->boot.va + pfn * 4096, &flags) != pfn ||
		    flags != (table ? 0x25 : 0x67))
			return false;
	}
	if (walk(plan, boot_end, &flags) != ~0ull && boot_end)
		return false;
	for (uint64_t i = 0; i < plan->p2m.count; i++)
		if (walk(plan, plan->mfn_list + i * 4096, &flags) != plan->p2m.first + i ||
		    flags != 0x67)
			return false;
	if (count_leaves(plan) != plan->boot.pfns.count + plan->p2m_area.pfns.count)
		return false;
	for (uint32_t i = 256; i < 272; i++)
		if (dom0_table_entry(plan, plan->tables.first, i).present)
			return false;
	return plan->p2m.count * 512 >= plan->nr_pages;
}

static void test_debian(void)
{
	struct kernel_image k = debian();
	struct pv_plan p;
	start_info_t info;

	check("debian", plan_dom0(&k, 30000001, 512 * MIB, "root=/dev/vda", &p) == 0);
	check("debian_tables", plan_is_sound(&p));
	check("debian_order",
	      p.kernel.first == 0x1000 && p.start_info_pfn == 0x4a00 && p.tables.first == 0x4a01 &&
		      p.stack_pfn == p.tables.first + p.tables.count &&
		      p.ramdisk.first == p.boot.pfns.count && p.ramdisk.count == 7325 &&
		      p.p2m.first == p.ramdisk.first + 7325 && p.p2m.count == 256);
	check("debian_fix_point", p.tables.count == 3 + p.boot.pfns.count / 512);
	check("debian_p2m_frames", p.nr_p2m_frames == 256 + 3 && p.first_p2m_pfn == p.p2m.first);
	dom0_start_info(&p, &k, maddr(0x5000), "root=/dev/vda", &info);
	check("start_info", !strcmp(info.magic, "xen-3.0-x86_64p") && info.flags == 11 &&
				    info.mod_start == p.ramdisk.first && info.mod_len == 30000001 &&
				    !strcmp((char *)info.cmd_line, "root=/dev/vda") &&
				    info.nr_pt_frames == p.tables.count &&
				    info.pt_base == 0xffffffff84a01000);
}

static void test_variants(void)
{
	struct kernel_image k = debian();
	struct pv_plan p;
	bool sound = true;

	k.notes_present &= ~NOTE(XEN_ELFNOTE_INIT_P2M);
	check("p2m_mapped", !plan_dom0(&k, 5000, 512 * MIB, NULL, &p) && plan_is_sound(&p) &&
				    p.mfn_list == 0xffffffff84a00000 && !p.nr_p2m_frames);
	k.mod_start_pfn = false;
	check("initrd_mapped", !plan_dom0(&k, 5000, 512 * MIB, NULL, &p) && plan_is_sound(&p) &&
				       p.mod_start == 0xffffffff84a00000 &&
				       p.mfn_list == 0xffffffff84a02000 && !p.mod_start_is_pfn);
	k = debian();
	check("no_initrd", !plan_dom0(&k, 0, 512 * MIB, NULL, &p) && !p.mod_start);

	/* Every end of the kernel over 8 MiB: all paddings and table counts. */
	for (uint64_t end = 0x4000000; end < 0x4800000 && sound; end += 0xd000) {
		k = debian();
		k.physical_end = end;
		sound = !plan_dom0(&k, end % 70000, 160 * MIB, "", &p) && plan_is_sound(&p);
	}
	check("every_padding", sound);

	/* A low base that crosses a GiB and an L4 slot. */
	k = debian();
	k.virt_base = 0x10000000000 - (72 << 20);
	k.entry = k.virt_base + 0x1000000;
	check("p2m_beside", plan_dom0(&k, 5000, 512 * MIB, NULL, &p) == PV_PLAN_P2M_IN_KERNEL);
	k.init_p2m = 0x20000000000;
	check("crossing", !plan_dom0(&k, 5000, 512 * MIB, NULL, &p) && plan_is_sound(&p) &&
				  p.boot.nr_tables[3] == 2);
	k = debian();
	check("big", !plan_dom0(&k, 5000, 8192 * MIB, NULL, &p) && plan_is_sound(&p) &&
			     p.p2m_tables.count == 10);
}

#define REFUSED(name, change, error)                                                               \
	do {                                                                                       \
		struct kernel_image k = debian();                                                  \
		uint64_t initrd = 5000, pages = 512 * MIB;                                         \
		const char *line = "";                                                             \
		struct pv_plan p;                                                                  \
		(void)initrd, (void)line;                                                          \
		change;                                                                            \
		check("refuses_" name, plan_dom0(&k, initrd, pages, line, &p) == (error));         \
	} while (0)

static void test_refusals(void)
{
	static char long_line[1025];

	memset(long_line, 'a', 1024);
	REFUSED("no_pv", k.notes_present = NOTE(18), PV_PLAN_NOT_PV);
	REFUSED("xen_version", k.xen_version[4] = '4', PV_PLAN_NOT_XEN_3);
	REFUSED("domu_only", k.features_supported = 1, PV_PLAN_NOT_DOM0);
	REFUSED("supervisor", k.features_required = 8, PV_PLAN_NEEDS_SUPERVISOR_MODE);
	REFUSED("our_addresses", k.hypervisor_low = ~0ull << 32, PV_PLAN_WANTS_OUR_ADDRESSES);
	REFUSED("hole", k.virt_base = 0xffff810000000000, PV_PLAN_KERNEL_IN_HOLE);
	REFUSED("noncanonical", k.virt_base = 1ull << 50, PV_PLAN_KERNEL_IN_HOLE);
	REFUSED("top", k.virt_base = 0xfffffffffc000000, PV_PLAN_KERNEL_IN_HOLE);
	REFUSED("base", k.virt_base += 1, PV_PLAN_BASE_UNALIGNED);
	REFUSED("entry_low", k.entry = 0xffffffff80fff000, PV_PLAN_ENTRY_OUTSIDE);
	REFUSED("entry_high", k.entry = 0xffffffff84a00000, PV_PLAN_ENTRY_OUTSIDE);
	REFUSED("p2m_inside", k.init_p2m = 0xffffffff82000000, PV_PLAN_P2M_IN_KERNEL);
	REFUSED("p2m_in_hole", k.init_p2m = 0xffff800000000000, PV_PLAN_P2M_IN_HOLE);
	REFUSED("p2m_unaligned", k.init_p2m += 8, PV_PLAN_P2M_UNALIGNED);
	REFUSED("kernel_too_big", pages = 64 * MIB, PV_PLAN_KERNEL_TOO_BIG);
	REFUSED("initrd_too_big", initrd = 450ul << 20, PV_PLAN_RAMDISK_TOO_BIG);
	REFUSED("absurd_initrd", initrd = ~0ull, PV_PLAN_RAMDISK_TOO_BIG);
	REFUSED("no_room", pages = 75 * MIB, PV_PLAN_MEMORY_TOO_SMALL);
	REFUSED("long_line", line = long_line, PV_PLAN_COMMAND_LINE_TOO_LONG);
	long_line[1023] = 0;
	REFUSED("no_line_of_1023", line = long_line, PV_PLAN_OK);
}

int main(void)
{
	test_debian();
	test_variants();
	test_refusals();
	return failures != 0;
}
