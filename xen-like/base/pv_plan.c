/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/pv_plan.c - a PV domain's pages and registers, decided.
 *
 * Linux' arch/x86/xen/mmu_pv.c walks the result on its first steps and stops on
 * anything unexpected.  Sizes come from hostile files: kernel_image.c has checked
 * them against the file and each other, here they are checked against the address
 * space and the domain's memory before anything is added up.
 */
#include "xen-like/base/pv_plan.h"

#include "xen-like/base/string.h"

#define BOOT_AREA_ALIGN (4ull << 20)
#define BOOT_AREA_TAIL	(512ull << 10) /* left mapped behind the stack */
#define ADDRESS_LIMIT	(1ull << 46)   /* sizes above cannot be meant */
#define ADDRESS_BITS	((1ull << 48) - 1)

static const char *const error_texts[PV_PLAN_ERRORS] = {
	[PV_PLAN_OK] = "it fits",
	[PV_PLAN_NOT_PV] = "the kernel has no paravirtual entry point (CONFIG_XEN_PV is off?)",
	[PV_PLAN_NOT_XEN_3] = "the kernel's notes do not name the interface xen-3.0",
	[PV_PLAN_NOT_DOM0] = "the kernel says it cannot be dom0 (CONFIG_XEN_DOM0 is off?)",
	[PV_PLAN_NEEDS_SUPERVISOR_MODE] =
		"the kernel wants to run in supervisor mode, which PV guests cannot",
	[PV_PLAN_WANTS_OUR_ADDRESSES] =
		"the kernel claims addresses that are the hypervisor's (its note HV_START_LOW)",
	[PV_PLAN_KERNEL_IN_HOLE] =
		"the kernel's boot area does not fit its half of the address space",
	[PV_PLAN_ENTRY_OUTSIDE] = "the kernel's entry point lies outside the kernel",
	[PV_PLAN_HYPERCALL_PAGE_OUTSIDE] = "the kernel's hypercall page lies outside the kernel",
	[PV_PLAN_BASE_UNALIGNED] = "the kernel's VIRT_BASE is not page-aligned",
	[PV_PLAN_P2M_UNALIGNED] = "the kernel's INIT_P2M is not page-aligned",
	[PV_PLAN_P2M_IN_KERNEL] = "the kernel's INIT_P2M lies in or beside its own boot area",
	[PV_PLAN_P2M_IN_HOLE] = "the kernel's INIT_P2M lies outside its address space",
	[PV_PLAN_COMMAND_LINE_TOO_LONG] =
		"the kernel's command line is longer than 1023 characters",
	[PV_PLAN_MEMORY_TOO_BIG] = "more than 4 TiB of memory is not supported",
	[PV_PLAN_KERNEL_TOO_BIG] = "the kernel does not fit the memory",
	[PV_PLAN_RAMDISK_TOO_BIG] = "kernel and ramdisk do not fit the memory",
	[PV_PLAN_MEMORY_TOO_SMALL] = "the first page tables do not fit the memory",
};

const char *pv_plan_error_text(enum pv_plan_error error)
{
	return (unsigned int)error < PV_PLAN_ERRORS ? error_texts[error] : "it is impossible";
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes >> PAGE_SHIFT) + !!(bytes & ~PAGE_MASK);
}

/* Takes the next `count` pfns. */
static struct pfn_range take(uint64_t *next, uint64_t count)
{
	struct pfn_range range = {*next, count};

	*next += count;
	return range;
}

/* True when [va, va + bytes) lies in one of a guest's two halves; bytes > 0. */
static bool guest_may_have(uint64_t va, uint64_t bytes)
{
	uint64_t last = va + bytes - 1;

	if (last < va || bytes > ADDRESS_LIMIT)
		return false;
	return last < 1ull << 47 || (va >= HYPERVISOR_VIRT_END && last != ~0ull);
}

/* Counts the tables that map m->pfns at m->va; the L4 is not among them. */
static uint64_t count_tables(struct pv_mapping *m)
{
	uint64_t first = (m->va & ADDRESS_BITS) >> PAGE_SHIFT;
	uint64_t last = first + m->pfns.count - 1;
	uint64_t sum = 0;

	for (int level = 1; level <= 3; level++) {
		m->nr_tables[level] = (last >> 9 * level) - (first >> 9 * level) + 1;
		sum += m->nr_tables[level];
	}
	return sum;
}

/* The bit counts only where its note is: older kernels do not say. */
static bool may_be_dom0(const struct kernel_image *kernel)
{
	return !kernel_image_has_note(kernel, XEN_ELFNOTE_SUPPORTED_FEATURES) ||
	       kernel->features_supported >> XENFEAT_dom0 & 1;
}

static enum pv_plan_error check_kernel(const struct kernel_image *kernel, enum pv_role role)
{
	uint64_t start = kernel->virt_base + kernel->physical_start;
	uint64_t end = kernel->virt_base + kernel->physical_end;
	uint64_t page = kernel->hypercall_page;

	if (!kernel_image_has_note(kernel, XEN_ELFNOTE_ENTRY) &&
	    !kernel_image_has_note(kernel, XEN_ELFNOTE_VIRT_BASE))
		return PV_PLAN_NOT_PV;
	if (strncmp(kernel->xen_version, "xen-3.0", 7) != 0)
		return PV_PLAN_NOT_XEN_3;
	if (role == PV_ROLE_DOM0 && !may_be_dom0(kernel))
		return PV_PLAN_NOT_DOM0;
	if (kernel->features_required >> XENFEAT_supervisor_mode_kernel & 1)
		return PV_PLAN_NEEDS_SUPERVISOR_MODE;
	if (kernel->hypervisor_low > HYPERVISOR_VIRT_START)
		return PV_PLAN_WANTS_OUR_ADDRESSES;
	if (kernel->virt_base & ~PAGE_MASK)
		return PV_PLAN_BASE_UNALIGNED;
	if (!guest_may_have(kernel->virt_base, kernel->physical_end))
		return PV_PLAN_KERNEL_IN_HOLE;
	if (kernel->entry < start || kernel->entry >= end)
		return PV_PLAN_ENTRY_OUTSIDE;
	if (kernel_image_has_note(kernel, XEN_ELFNOTE_HYPERCALL_PAGE) &&
	    (page & ~PAGE_MASK || page < start || page >= end))
		return PV_PLAN_HYPERCALL_PAGE_OUTSIDE;
	return PV_PLAN_OK;
}

static bool p2m_is_apart(const struct kernel_image *kernel)
{
	return kernel_image_has_note(kernel, XEN_ELFNOTE_INIT_P2M);
}

/*
 * Places tables, stack and padding from pfn `next` on.  How many tables are
 * needed depends on where the area ends, and that on how many tables there
 * are: the number grows to the smallest that is enough.
 */
static enum pv_plan_error place_tables(uint64_t next, struct pv_plan *plan)
{
	uint64_t nr_tables = 0, needed = 4;

	while (nr_tables < needed) {
		uint64_t bytes, at = next;
		uint64_t va = plan->boot.va;

		nr_tables = needed;
		plan->tables = take(&at, nr_tables);
		plan->stack_pfn = take(&at, 1).first;
		bytes = at << PAGE_SHIFT;
		if (!guest_may_have(va, bytes + 2 * BOOT_AREA_ALIGN))
			return PV_PLAN_KERNEL_IN_HOLE;
		bytes += -(va + bytes) & (BOOT_AREA_ALIGN - 1);
		if (bytes - (at << PAGE_SHIFT) < BOOT_AREA_TAIL)
			bytes += BOOT_AREA_ALIGN;
		plan->boot.pfns = (struct pfn_range){0, bytes >> PAGE_SHIFT};
		needed = 1 + count_tables(&plan->boot);
	}
	plan->boot.table_pfn = plan->tables.first + 1;
	return PV_PLAN_OK;
}

/* All that the boot mapping holds, in order; *next is behind it. */
static enum pv_plan_error place_mapped(const struct kernel_image *kernel, enum pv_role role,
				       struct pv_plan *plan, uint64_t *next)
{
	uint64_t base = kernel->virt_base;
	enum pv_plan_error error;

	plan->boot.va = base;
	*next = pages_of(kernel->physical_end);
	plan->kernel.first = kernel->physical_start >> PAGE_SHIFT;
	plan->kernel.count = *next - plan->kernel.first;

	if (plan->mod_bytes && !kernel->mod_start_pfn) {
		plan->ramdisk = take(next, pages_of(plan->mod_bytes));
		plan->mod_start = base + (plan->ramdisk.first << PAGE_SHIFT);
	}
	if (!p2m_is_apart(kernel)) {
		plan->p2m = take(next, pages_of(plan->nr_pages * 8));
		plan->mfn_list = base + (plan->p2m.first << PAGE_SHIFT);
	}
	plan->start_info_pfn = take(next, 1).first;
	if (role == PV_ROLE_GUEST) {
		plan->store_ring_pfn = take(next, 1).first;
		plan->console_ring_pfn = take(next, 1).first;
	}
	error = place_tables(*next, plan);
	if (error)
		return error;
	*next = plan->boot.pfns.count;
	plan->boot_pages.first = plan->start_info_pfn;
	plan->boot_pages.count = plan->stack_pfn + 1 - plan->start_info_pfn;

	plan->entry = kernel->entry;
	plan->start_info_va = base + (plan->start_info_pfn << PAGE_SHIFT);
	plan->pt_base = base + (plan->tables.first << PAGE_SHIFT);
	plan->stack_pointer = base + ((plan->stack_pfn + 1) << PAGE_SHIFT);
	plan->has_hypercall_page = kernel_image_has_note(kernel, XEN_ELFNOTE_HYPERCALL_PAGE);
	if (plan->has_hypercall_page)
		plan->hypercall_pfn = (kernel->hypercall_page - base) >> PAGE_SHIFT;
	return PV_PLAN_OK;
}

/* The p2m at INIT_P2M, and its tables, behind everything else. */
static enum pv_plan_error place_p2m_area(uint64_t *next, uint64_t va, struct pv_plan *plan)
{
	struct pv_mapping *m = &plan->p2m_area;
	uint64_t boot_first = plan->boot.va >> 39;
	uint64_t boot_last = (plan->boot.va + (plan->boot.pfns.count << PAGE_SHIFT) - 1) >> 39;
	uint64_t bytes = pages_of(plan->nr_pages * 8) << PAGE_SHIFT;

	if (va & ~PAGE_MASK)
		return PV_PLAN_P2M_UNALIGNED;
	if (!guest_may_have(va, bytes))
		return PV_PLAN_P2M_IN_HOLE;
	/* Whole L4 slots: no table serves both mappings. */
	if (va >> 39 <= boot_last && (va + bytes - 1) >> 39 >= boot_first)
		return PV_PLAN_P2M_IN_KERNEL;

	plan->p2m = take(next, bytes >> PAGE_SHIFT);
	m->va = va;
	m->pfns = plan->p2m;
	plan->p2m_tables = take(next, count_tables(m));
	m->table_pfn = plan->p2m_tables.first;

	plan->mfn_list = va;
	plan->first_p2m_pfn = plan->p2m.first;
	plan->nr_p2m_frames = plan->p2m.count + plan->p2m_tables.count;
	return PV_PLAN_OK;
}

static enum pv_plan_error check_room(const struct pv_plan *plan)
{
	if (plan->needed_pages <= plan->nr_pages)
		return PV_PLAN_OK;
	if (plan->kernel.first + plan->kernel.count > plan->nr_pages)
		return PV_PLAN_KERNEL_TOO_BIG;
	if (plan->needed_pages - plan->ramdisk.count <= plan->nr_pages)
		return PV_PLAN_RAMDISK_TOO_BIG;
	return PV_PLAN_MEMORY_TOO_SMALL;
}

/* So that no sum later can wrap; what fits is known at the end. */
static enum pv_plan_error check_sizes(const struct kernel_image *kernel,
				      const struct pv_plan_request *request)
{
	const char *line = request->command_line;

	if (line && strnlen(line, MAX_GUEST_CMDLINE) == MAX_GUEST_CMDLINE)
		return PV_PLAN_COMMAND_LINE_TOO_LONG;
	if (request->nr_pages > PV_PLAN_PAGES_MAX)
		return PV_PLAN_MEMORY_TOO_BIG;
	if (!request->nr_pages || kernel->physical_end > ADDRESS_LIMIT)
		return PV_PLAN_KERNEL_TOO_BIG;
	if (request->ramdisk_bytes > ADDRESS_LIMIT)
		return PV_PLAN_RAMDISK_TOO_BIG;
	return PV_PLAN_OK;
}

enum pv_plan_error pv_plan_make(const struct kernel_image *kernel,
				const struct pv_plan_request *request, struct pv_plan *plan)
{
	enum pv_plan_error error = check_kernel(kernel, request->role);
	uint64_t next = 0;

	memset(plan, 0, sizeof(*plan));
	plan->nr_pages = request->nr_pages;
	plan->mod_bytes = request->ramdisk_bytes;
	plan->needed_pages = ~0ull;
	if (!error)
		error = check_sizes(kernel, request);
	if (!error)
		error = place_mapped(kernel, request->role, plan, &next);
	if (error)
		return error;
	if (plan->mod_bytes && kernel->mod_start_pfn) {
		plan->ramdisk = take(&next, pages_of(plan->mod_bytes));
		plan->mod_start = plan->ramdisk.first;
		plan->mod_start_is_pfn = true;
	}
	if (p2m_is_apart(kernel)) {
		error = place_p2m_area(&next, kernel->init_p2m, plan);
		if (error)
			return error;
	}
	plan->needed_pages = next;
	return check_room(plan);
}

void pv_plan_start_info(const struct pv_plan *plan, const char *command_line, start_info_t *info)
{
	static const char magic[] = "xen-3.0-x86_64";

	memset(info, 0, sizeof(*info));
	memcpy(info->magic, magic, sizeof(magic));
	info->nr_pages = plan->nr_pages;
	if (plan->mod_start_is_pfn)
		info->flags |= SIF_MOD_START_PFN;
	info->pt_base = plan->pt_base;
	info->nr_pt_frames = plan->tables.count;
	info->mfn_list = plan->mfn_list;
	info->mod_start = plan->mod_start;
	info->mod_len = plan->mod_bytes;
	info->first_p2m_pfn = plan->first_p2m_pfn;
	info->nr_p2m_frames = plan->nr_p2m_frames;
	/* The length was checked; info is zeroed, so the text is terminated. */
	if (command_line)
		memcpy(info->cmd_line, command_line,
		       strnlen(command_line, sizeof(info->cmd_line) - 1));
}
