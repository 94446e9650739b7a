/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/audit.c - see audit.h.
 */
#include "xen-like/domain/audit.h"
#include "grant-tables/table.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/pte.h"

#define DIFFERENCES_SHOWN 20

struct counted {
	uint32_t references, uses;
};

static struct counted *counts;

void audit_expect(mfn_t frame, uint32_t references, uint32_t uses)
{
	if (!frame_is_ram(frame))
		return;
	counts[frame.n].references += references;
	counts[frame.n].uses += uses;
}

static void count_entry(unsigned int level, uint64_t pte)
{
	if (!(pte & PTE_PRESENT))
		return;
	audit_expect(pte_frame(pte), 1, level > 1 || (pte & PTE_WRITE));
}

/* What a page itself holds, and what its entries do if it is a table. */
static void count_frame(mfn_t number)
{
	uint64_t state = read_once(frame_of(number)->state);
	enum frame_type type = frame_type(state);
	unsigned int level = (unsigned int)type - FRAME_L1 + 1;
	unsigned int entries = state & FRAME_PARTIAL ? frame_of(number)->progress : TABLE_ENTRIES;
	const uint64_t *table = frame_map(number);

	/* On its way from the heap or back: it holds nothing of its own. */
	if (frame_references(state) == 0)
		return;
	if (state & FRAME_ALLOCATED)
		audit_expect(number, 1, 0);
	if (state & FRAME_PINNED)
		audit_expect(number, 1, 1);
	if (state & FRAME_PARTIAL)
		audit_expect(number, 1, 0);
	if (type < FRAME_L1 || type > FRAME_L4 || !(state & (FRAME_VALIDATED | FRAME_PARTIAL)))
		return;
	for (unsigned int i = 0; i < entries; i++)
		if (level != 4 || !l4_slot_reserved(i))
			count_entry(level, read_once(table[i]));
}

static void count_held(mfn_t frame)
{
	if (frame.n != 0 && !mfn_equal(frame, INVALID_MFN))
		audit_expect(frame, 1, 1);
}

static void count_vcpu(const struct vcpu *vcpu)
{
	count_held(vcpu->pv.kernel_table);
	count_held(vcpu->pv.user_table);
	count_held(vcpu->info_frame);
	for (unsigned int i = 0; i < RESERVED_GDT_FIRST_PAGE; i++)
		count_held(vcpu->pv.gdt_frames[i]);
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		count_held(vcpu->pv.ldt_frames[i]);
}

static void count_domain(struct domain *domain)
{
	/* Enso's own view of the shared page: a use beside the owner's reference. */
	audit_expect(domain->shared_frame, 0, 1);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		if (domain->vcpus[i])
			count_vcpu(domain->vcpus[i]);
	grant_table_audit(domain->grants);
}

static bool in_use(uint64_t state)
{
	return !(state & (FRAME_FREE | FRAME_RESERVED));
}

static bool compare_frame(mfn_t number, bool show)
{
	const struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);
	const struct counted *counted = &counts[number.n];

	if (frame_references(state) == counted->references && frame_uses(state) == counted->uses)
		return true;
	if (show)
		log_error("audit: frame %#llx of domain %u, type %u, state %#llx: "
			  "%llu references for %u, %llu uses for %u\n",
			  (unsigned long long)number.n, frame->owner, frame_type(state),
			  (unsigned long long)state, (unsigned long long)frame_references(state),
			  counted->references, (unsigned long long)frame_uses(state),
			  counted->uses);
	return false;
}

static unsigned int order_for(uint64_t bytes)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

static uint64_t recount(void)
{
	uint64_t errors = 0, used = 0, free = 0, unclean = 0;
	struct domain *domain;

	for (uint64_t i = 0; i < frame_limit; i++) {
		uint64_t state = read_once(frame_of(mfn(i))->state);

		free += !!(state & FRAME_FREE);
		unclean += (state & FRAME_FREE) && !heap_frame_is_clean(mfn(i));
		if (in_use(state))
			count_frame(mfn(i));
	}
	for (domid_t next = 0; (domain = domain_get_next(next)) != NULL;) {
		next = domain->id + 1;
		count_domain(domain);
		domain_put(domain);
	}
	for (uint64_t i = 0; i < frame_limit; i++) {
		if (!in_use(read_once(frame_of(mfn(i))->state)))
			continue;
		used++;
		if (!compare_frame(mfn(i), errors < DIFFERENCES_SHOWN))
			errors++;
	}
	if (free != heap_free_count()) {
		log_error("audit: %llu free frames, the heap says %llu\n", (unsigned long long)free,
			  (unsigned long long)heap_free_count());
		errors++;
	}
	if (unclean != 0) {
		log_error("audit: %llu free frames pass for scrubbed and are not\n",
			  (unsigned long long)unclean);
		errors++;
	}
	if (errors)
		log_error("audit: %llu errors\n", (unsigned long long)errors);
	else
		log_info("audit: clean, %llu frames\n", (unsigned long long)used);
	return errors;
}

uint64_t audit_run(void)
{
	unsigned int order = order_for(frame_limit * sizeof(struct counted));
	uint64_t errors;

	counts = heap_alloc_pages(order);
	if (!counts) {
		log_error("audit: 1 errors: no memory to count in\n");
		return 1;
	}
	errors = recount();
	heap_free_pages(counts, order);
	counts = NULL;
	return errors;
}
