/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_guest_plan.c - any kernel, ramdisk and memory size: a plan that
 * is made fits, and carrying it out stays inside the pages set aside for it.  The
 * first bytes choose sizes; the rest is an ELF, or what one says about itself.
 */
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define PAGES_MAX (1u << 15)

struct choice {
	uint64_t ramdisk_bytes;
	uint32_t nr_pages;
	uint8_t raw; /* odd: the rest is a struct description, not a file */
};

/* What a kernel may say, with the promises its reader makes kept. */
struct description {
	uint64_t virt_base, init_p2m, hypervisor_low, notes;
	uint32_t start, bytes, entry, hypercall_page;
};

static bool describe(const uint8_t *data, size_t bytes, uint8_t flags, struct kernel_image *image)
{
	struct description said;

	if (bytes < sizeof(said))
		return false;
	memcpy(&said, data, sizeof(said));
	*image = (struct kernel_image){
		.physical_start = said.start,
		.physical_end = (uint64_t)said.start + said.bytes + 1,
		.notes_present = said.notes | 1ull << XEN_ELFNOTE_ENTRY,
		.virt_base = flags & 2 ? said.virt_base : said.virt_base & PAGE_MASK,
		.init_p2m = flags & 4 ? said.init_p2m : said.init_p2m & PAGE_MASK,
		.hypervisor_low = flags & 8 ? said.hypervisor_low : 0,
		.mod_start_pfn = flags & 16,
		.xen_version = "xen-3.0",
	};
	image->entry = image->virt_base + said.start + said.entry;
	image->hypercall_page = image->virt_base + said.hypercall_page;
	return image->virt_base + image->physical_end > image->virt_base;
}

static void require(bool good)
{
	if (!good)
		abort();
}

static void check_inside(const struct pv_plan *plan, struct pfn_range range)
{
	require(range.first <= plan->nr_pages && range.count <= plan->nr_pages - range.first);
}

static void check_tables(const struct pv_plan *plan, const uint64_t *entries, uint64_t pages)
{
	for (uint64_t i = 0; i < pages * 512; i++)
		require(!(entries[i] & 1) || entries[i] >> 12 < plan->nr_pages);
}

/* Buffers of exactly their size, so that one byte too many is seen. */
static void carry_out(const struct pv_plan *plan)
{
	xen_pfn_t *p2m = malloc(plan->nr_pages * sizeof(*p2m));
	uint64_t *boot = malloc(plan->tables.count * PAGE_SIZE);
	uint64_t *apart = malloc(plan->p2m_tables.count * PAGE_SIZE);
	struct guest_ports ports = {1, 2, 3};
	struct vcpu_guest_context context;
	start_info_t info;

	require(p2m && boot);
	for (uint64_t i = 0; i < plan->nr_pages; i++)
		p2m[i] = i;
	guest_tables_fill_boot(plan, p2m, boot);
	guest_tables_fill_p2m(plan, p2m, apart);
	guest_tables_start_info(plan, p2m, &ports, "console=hvc0", &info);
	guest_tables_context(plan, p2m, &context);
	check_tables(plan, boot, plan->tables.count);
	check_tables(plan, apart, plan->p2m_tables.count);
	free(p2m);
	free(boot);
	free(apart);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct kernel_image image;
	struct pv_plan_request request = {.command_line = "console=hvc0"};
	struct pv_plan plan;
	struct choice choice;

	if (bytes < sizeof(choice))
		return 0;
	memcpy(&choice, data, sizeof(choice));
	request.ramdisk_bytes = choice.ramdisk_bytes;
	request.nr_pages = choice.nr_pages % PAGES_MAX;
	data += sizeof(choice);
	bytes -= sizeof(choice);
	if (choice.raw & 1) {
		if (!describe(data, bytes, choice.raw, &image))
			return 0;
	} else if (kernel_image_parse(data, bytes, &image) != KERNEL_IMAGE_OK) {
		return 0;
	}
	if (pv_plan_make(&image, &request, &plan) != PV_PLAN_OK)
		return 0;
	require(plan.needed_pages <= plan.nr_pages);
	check_inside(&plan, plan.kernel);
	check_inside(&plan, plan.ramdisk);
	check_inside(&plan, plan.boot_pages);
	check_inside(&plan, plan.p2m);
	check_inside(&plan, plan.p2m_tables);
	check_inside(&plan, plan.boot.pfns);
	require(!plan.has_hypercall_page || plan.hypercall_pfn < plan.nr_pages);
	carry_out(&plan);
	return 0;
}
