/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_plan.c - dom0's pages, tables and registers, decided.
 *
 * Layout and flags are those of abi/pv-boot: Linux' arch/x86/xen/mmu_pv.c
 * walks these tables on its first steps and stops on anything unexpected.
 * dom0_memory.c decides how much memory there is.
 */
#include "xen-like/domain/dom0_plan.h"

#include "xen-like/arch/x86/layout.h"
#include "xen-like/base/string.h"

#define ENTRY_PRESENT	0x01u
#define ENTRY_WRITE	0x02u
#define ENTRY_USER	0x04u
#define ENTRY_ACCESSED	0x20u
#define ENTRY_DIRTY	0x40u

#define BOOT_AREA_ALIGN (4ul << 20)
#define BOOT_AREA_TAIL	(512ul << 10) /* left mapped behind the stack */
#define ADDRESS_LIMIT	(1ull << 46)  /* sizes above cannot be meant */
#define ADDRESS_BITS	((1ull << 48) - 1)

static const char *const error_texts[DOM0_PLAN_ERRORS] = {
	[DOM0_PLAN_OK] = "dom0 fits",
	[DOM0_PLAN_MEMORY_BELOW_MINIMUM] =
		"dom0_mem=min: asks for more memory than is free; ask for less or add memory",
	[DOM0_PLAN_MEMORY_MIN_ABOVE_MAX] = "dom0_mem has a min: above its max:",
	[DOM0_PLAN_MEMORY_NONE] = "dom0_mem leaves no memory for dom0; give a bigger dom0_mem",
	[DOM0_PLAN_NOT_PV] =
		"the dom0 kernel has no paravirtual entry point (CONFIG_XEN_PV is off?)",
	[DOM0_PLAN_NOT_XEN_3] = "the dom0 kernel's notes do not name the interface xen-3.0",
	[DOM0_PLAN_NOT_DOM0] = "the dom0 kernel says it cannot be dom0 (CONFIG_XEN_DOM0 is off?)",
	[DOM0_PLAN_NEEDS_SUPERVISOR_MODE] =
		"the dom0 kernel wants to run in supervisor mode, which Enso does not offer",
	[DOM0_PLAN_WANTS_OUR_ADDRESSES] = "the dom0 kernel claims addresses that are the "
					  "hypervisor's (its note HV_START_LOW)",
	[DOM0_PLAN_KERNEL_IN_HOLE] =
		"the dom0 kernel's boot area does not fit its half of the address space",
	[DOM0_PLAN_ENTRY_OUTSIDE] = "the dom0 kernel's entry point lies outside the kernel",
	[DOM0_PLAN_BASE_UNALIGNED] = "the dom0 kernel's VIRT_BASE is not page-aligned",
	[DOM0_PLAN_P2M_UNALIGNED] = "the dom0 kernel's INIT_P2M is not page-aligned",
	[DOM0_PLAN_P2M_IN_KERNEL] =
		"the dom0 kernel's INIT_P2M lies in or beside its own boot area",
	[DOM0_PLAN_P2M_IN_HOLE] = "the dom0 kernel's INIT_P2M lies outside its address space",
	[DOM0_PLAN_KERNEL_TOO_BIG] =
		"the dom0 kernel does not fit dom0_mem; give a bigger dom0_mem",
	[DOM0_PLAN_INITRD_TOO_BIG] = "the initrd does not fit dom0_mem; give a bigger dom0_mem",
	[DOM0_PLAN_MEMORY_TOO_SMALL] =
		"dom0's first page tables do not fit dom0_mem; give a bigger dom0_mem",
	[DOM0_PLAN_COMMAND_LINE_TOO_LONG] =
		"the dom0 kernel's command line is longer than 1023 characters",
};

const char *dom0_plan_error_text(enum dom0_plan_error error)
{
	return (unsigned int)error < DOM0_PLAN_ERRORS ? error_texts[error] : "dom0 is impossible";
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static bool range_has(struct pfn_range range, uint64_t pfn)
{
	return pfn - range.first < range.count;
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
	return last < 1ull << 47 || (va >= HYPERVISOR_END && last != ~0ull);
}

/* Counts the tables that map m->pfns at m->va; the L4 is not among them. */
static uint64_t count_tables(struct dom0_mapping *m)
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

static enum dom0_plan_error check_kernel(const struct kernel_image *kernel)
{
	uint64_t start = kernel->virt_base + kernel->physical_start;
	uint64_t end = kernel->virt_base + kernel->physical_end;

	if (!kernel_image_has_note(kernel, XEN_ELFNOTE_ENTRY) &&
	    !kernel_image_has_note(kernel, XEN_ELFNOTE_VIRT_BASE))
		return DOM0_PLAN_NOT_PV;
	if (strncmp(kernel->xen_version, "xen-3.0", 7) != 0)
		return DOM0_PLAN_NOT_XEN_3;
	/* The bit counts only where its note is: older kernels do not say. */
	if (kernel_image_has_note(kernel, XEN_ELFNOTE_SUPPORTED_FEATURES) &&
	    !(kernel->features_supported >> XENFEAT_dom0 & 1))
		return DOM0_PLAN_NOT_DOM0;
	if (kernel->features_required >> XENFEAT_supervisor_mode_kernel & 1)
		return DOM0_PLAN_NEEDS_SUPERVISOR_MODE;
	if (kernel->hypervisor_low > HYPERVISOR_START)
		return DOM0_PLAN_WANTS_OUR_ADDRESSES;
	if (kernel->virt_base & ~PAGE_MASK)
		return DOM0_PLAN_BASE_UNALIGNED;
	if (!guest_may_have(kernel->virt_base, kernel->physical_end))
		return DOM0_PLAN_KERNEL_IN_HOLE;
	if (kernel->entry < start || kernel->entry >= end)
		return DOM0_PLAN_ENTRY_OUTSIDE;
	return DOM0_PLAN_OK;
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
static enum dom0_plan_error place_boot_area(uint64_t next, struct dom0_plan *plan)
{
	uint64_t nr_tables = 0, needed = 4;

	while (nr_tables < needed) {
		uint64_t bytes, at = next;
		uint64_t va = plan->boot.va;

		nr_tables = needed;
		plan->tables = take(&at, nr_tables);
		plan->stack = take(&at, 1);
		bytes = at << PAGE_SHIFT;
		if (!guest_may_have(va, bytes + 2 * BOOT_AREA_ALIGN))
			return DOM0_PLAN_KERNEL_IN_HOLE;
		bytes += -(va + bytes) & (BOOT_AREA_ALIGN - 1);
		if (bytes - (at << PAGE_SHIFT) < BOOT_AREA_TAIL)
			bytes += BOOT_AREA_ALIGN;
		plan->boot.pfns = (struct pfn_range){0, bytes >> PAGE_SHIFT};
		needed = 1 + count_tables(&plan->boot);
	}
	plan->boot.table_pfn = plan->tables.first + 1;
	return DOM0_PLAN_OK;
}

/* The p2m at INIT_P2M, and its tables, behind everything else. */
static enum dom0_plan_error place_p2m_area(uint64_t *next, uint64_t va, struct dom0_plan *plan)
{
	struct dom0_mapping *m = &plan->p2m_area;
	uint64_t boot_first = plan->boot.va >> 39;
	uint64_t boot_last = (plan->boot.va + (plan->boot.pfns.count << PAGE_SHIFT) - 1) >> 39;
	uint64_t bytes = pages_of(plan->nr_pages * 8) << PAGE_SHIFT;

	if (va & ~PAGE_MASK)
		return DOM0_PLAN_P2M_UNALIGNED;
	if (!guest_may_have(va, bytes))
		return DOM0_PLAN_P2M_IN_HOLE;
	/* Whole L4 slots: no table serves both mappings. */
	if (va >> 39 <= boot_last && (va + bytes - 1) >> 39 >= boot_first)
		return DOM0_PLAN_P2M_IN_KERNEL;

	plan->p2m = take(next, bytes >> PAGE_SHIFT);
	m->va = va;
	m->pfns = plan->p2m;
	plan->p2m_tables = take(next, count_tables(m));
	m->table_pfn = plan->p2m_tables.first;

	plan->mfn_list = va;
	plan->first_p2m_pfn = plan->p2m.first;
	plan->nr_p2m_frames = plan->p2m.count + plan->p2m_tables.count;
	return DOM0_PLAN_OK;
}

static enum dom0_plan_error check_room(const struct dom0_plan *plan, uint64_t end)
{
	if (end <= plan->nr_pages)
		return DOM0_PLAN_OK;
	if (plan->kernel.first + plan->kernel.count > plan->nr_pages)
		return DOM0_PLAN_KERNEL_TOO_BIG;
	if (end - plan->initrd.count <= plan->nr_pages)
		return DOM0_PLAN_INITRD_TOO_BIG;
	return DOM0_PLAN_MEMORY_TOO_SMALL;
}

/* All that the boot mapping holds, in Xen's order; *next is behind it. */
static enum dom0_plan_error place_mapped(const struct kernel_image *kernel, struct dom0_plan *plan,
					 uint64_t *next)
{
	uint64_t base = kernel->virt_base;
	enum dom0_plan_error error;

	plan->boot.va = base;
	*next = pages_of(kernel->physical_end);
	plan->kernel.first = kernel->physical_start >> PAGE_SHIFT;
	plan->kernel.count = *next - plan->kernel.first;

	if (plan->mod_bytes && !kernel->mod_start_pfn) {
		plan->initrd = take(next, pages_of(plan->mod_bytes));
		plan->mod_start = base + (plan->initrd.first << PAGE_SHIFT);
	}
	if (!p2m_is_apart(kernel)) {
		plan->p2m = take(next, pages_of(plan->nr_pages * 8));
		plan->mfn_list = base + (plan->p2m.first << PAGE_SHIFT);
	}
	plan->start_info = take(next, 1);
	error = place_boot_area(*next, plan);
	if (error)
		return error;
	*next = plan->boot.pfns.count;

	plan->entry = kernel->entry;
	plan->start_info_va = base + (plan->start_info.first << PAGE_SHIFT);
	plan->pt_base = base + (plan->tables.first << PAGE_SHIFT);
	plan->stack_pointer = base + ((plan->stack.first + 1) << PAGE_SHIFT);
	return DOM0_PLAN_OK;
}

enum dom0_plan_error dom0_plan_make(const struct kernel_image *kernel, uint64_t initrd_bytes,
				    uint64_t nr_pages, const char *command_line,
				    struct dom0_plan *plan)
{
	enum dom0_plan_error error = check_kernel(kernel);
	uint64_t next;

	memset(plan, 0, sizeof(*plan));
	if (error)
		return error;
	if (command_line && strnlen(command_line, MAX_GUEST_CMDLINE) == MAX_GUEST_CMDLINE)
		return DOM0_PLAN_COMMAND_LINE_TOO_LONG;
	/* Coarse, so that nothing below can wrap; check_room() is exact. */
	if (pages_of(kernel->physical_end) > nr_pages)
		return DOM0_PLAN_KERNEL_TOO_BIG;
	if (initrd_bytes >> PAGE_SHIFT > nr_pages)
		return DOM0_PLAN_INITRD_TOO_BIG;

	plan->nr_pages = nr_pages;
	plan->mod_bytes = initrd_bytes;
	plan->extended_cr3 = kernel->extended_cr3;
	error = place_mapped(kernel, plan, &next);
	if (error)
		return error;

	if (plan->mod_bytes && kernel->mod_start_pfn) {
		plan->initrd = take(&next, pages_of(plan->mod_bytes));
		plan->mod_start = plan->initrd.first;
		plan->mod_start_is_pfn = true;
	}
	if (p2m_is_apart(kernel)) {
		error = place_p2m_area(&next, kernel->init_p2m, plan);
		if (error)
			return error;
	}
	return check_room(plan, next);
}

/* Which level of `m`'s tables page `pfn` is (1..3), and which of that level. */
static int find_table(const struct dom0_mapping *m, uint64_t pfn, uint64_t *ordinal)
{
	uint64_t at = pfn - m->table_pfn;

	for (int level = 3; level > 0; level--) {
		if (at < m->nr_tables[level]) {
			*ordinal = at;
			return level;
		}
		at -= m->nr_tables[level];
	}
	return 0;
}

enum dom0_page_kind dom0_plan_page_kind(const struct dom0_plan *plan, uint64_t pfn, int *level)
{
	uint64_t ordinal;
	int found = 0;
	enum dom0_page_kind kind = DOM0_PAGE_PLAIN;

	if (range_has(plan->kernel, pfn)) {
		kind = DOM0_PAGE_KERNEL;
	} else if (range_has(plan->initrd, pfn)) {
		kind = DOM0_PAGE_INITRD;
	} else if (range_has(plan->start_info, pfn)) {
		kind = DOM0_PAGE_START_INFO;
	} else if (range_has(plan->stack, pfn)) {
		kind = DOM0_PAGE_STACK;
	} else if (range_has(plan->p2m, pfn)) {
		kind = DOM0_PAGE_P2M;
	} else if (range_has(plan->tables, pfn)) {
		kind = DOM0_PAGE_TABLE;
		found = pfn == plan->tables.first ? 4 : find_table(&plan->boot, pfn, &ordinal);
	} else if (range_has(plan->p2m_tables, pfn)) {
		kind = DOM0_PAGE_P2M_TABLE;
		found = find_table(&plan->p2m_area, pfn, &ordinal);
	}
	if (level)
		*level = found;
	return kind;
}

/* A page of m's as seen by its L1: dom0 may not write its own tables. */
static struct dom0_table_entry leaf(const struct dom0_plan *plan, uint64_t pfn)
{
	uint64_t flags = ENTRY_PRESENT | ENTRY_USER | ENTRY_ACCESSED;

	if (!range_has(plan->tables, pfn))
		flags |= ENTRY_WRITE | ENTRY_DIRTY;
	return (struct dom0_table_entry){true, pfn, flags};
}

/* Entry `index` of m's table `ordinal` of `level`; for the one L4, ordinal is 0. */
static struct dom0_table_entry mapping_entry(const struct dom0_plan *plan,
					     const struct dom0_mapping *m, int level,
					     uint64_t ordinal, uint32_t index)
{
	uint64_t page = (m->va & ADDRESS_BITS) >> PAGE_SHIFT;
	uint64_t table = level == 4 ? 0 : (page >> 9 * level) + ordinal;
	/* The entry's place among all of its level, counted from m->va's own. */
	uint64_t child = table * 512 + index - (page >> 9 * (level - 1));
	uint64_t pfn = m->table_pfn;

	if (!m->pfns.count)
		return (struct dom0_table_entry){0};
	if (level == 1)
		return child < m->pfns.count ? leaf(plan, m->pfns.first + child)
					     : (struct dom0_table_entry){0};
	if (child >= m->nr_tables[level - 1])
		return (struct dom0_table_entry){0};
	for (int above = 3; above > level - 1; above--)
		pfn += m->nr_tables[above];
	return (struct dom0_table_entry){true, pfn + child,
					 ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER | ENTRY_ACCESSED |
						 ENTRY_DIRTY};
}

struct dom0_table_entry dom0_plan_table_entry(const struct dom0_plan *plan, uint64_t pfn,
					      uint32_t index)
{
	const struct dom0_mapping *mapping = &plan->boot;
	struct dom0_table_entry entry;
	uint64_t ordinal = 0;
	int level;

	if (pfn == plan->tables.first) {
		entry = mapping_entry(plan, &plan->boot, 4, 0, index);
		return entry.present ? entry : mapping_entry(plan, &plan->p2m_area, 4, 0, index);
	}
	level = find_table(mapping, pfn, &ordinal);
	if (!level) {
		mapping = &plan->p2m_area;
		level = find_table(mapping, pfn, &ordinal);
	}
	return level ? mapping_entry(plan, mapping, level, ordinal, index)
		     : (struct dom0_table_entry){0};
}

void dom0_plan_start_info(const struct dom0_plan *plan, maddr_t shared_info,
			  const char *command_line, start_info_t *info)
{
	static const char magic[] = "xen-3.0-x86_64p";

	memset(info, 0, sizeof(*info));
	memcpy(info->magic, magic, sizeof(magic) - (plan->extended_cr3 ? 1 : 2));
	info->nr_pages = plan->nr_pages;
	info->shared_info = shared_info.n;
	info->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
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
