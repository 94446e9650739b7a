/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/page_type.c - uses of pages: take, check, drop, take apart.
 *
 * States of a page as a page table, all changes under the owner's page_lock:
 *
 *   no use          --first use-->  being checked, PARTIAL, progress = entries taken
 *   being checked   --all taken-->  VALIDATED, uses >= 1
 *   being checked   --bad entry, or another type wanted-->  queued
 *   VALIDATED       --last use dropped-->  queued, PARTIAL, progress = 512
 *   queued          --settle-->     no use
 *
 * A PARTIAL page holds one reference to itself, so it cannot be freed with
 * entries still taken.  Before anything of the queue is taken apart all the
 * domain's TLBs are flushed once: a CPU that still walked an old table could
 * otherwise be led through a page its guest can write by then.
 */
#include "xen-like/mm/page_type.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/descriptor.h"
#include "xen-like/pv/pte.h"
#include "xen-like/pv/pv.h"

static bool is_table(enum frame_type type)
{
	return type >= FRAME_L1 && type <= FRAME_L4;
}

static unsigned int level_of(enum frame_type type)
{
	return (unsigned int)type - FRAME_L1 + 1;
}

static enum frame_type type_of_level(unsigned int level)
{
	return (enum frame_type)(FRAME_L1 + level - 1);
}

struct pte_rules domain_pte_rules(const struct domain *domain)
{
	return (struct pte_rules){
		.physical_bits = cpu_features.physical_bits,
		.cache_control = domain->hardware,
		.absent_bit = domain->absent_bit,
	};
}

/*
 * The epoch is advanced before the flush: a mapping that goes away meanwhile
 * is stamped with the new one, and so is not taken for flushed.
 */
void domain_flush_tlb(struct pages_locked locked)
{
	struct domain *domain = locked.domain;

	fetch_add(&domain->flush_epoch, 1);
	tlb_flush_cpus(&domain->dirty_cpus);
}

int page_type_get(mfn_t frame, enum frame_type type, struct domain *context)
{
	(void)context;
	CHECK(type == FRAME_WRITABLE);
	return page_writable_get(frame);
}

void page_type_put(mfn_t frame)
{
	page_writable_put(frame);
}

bool page_table_drop(struct pages_locked locked, mfn_t table)
{
	struct frame *frame = frame_of(table);
	uint64_t state = read_once(frame->state);

	(void)locked;
	do {
		CHECK(frame_uses(state) > 0 && (state & FRAME_VALIDATED));
		if (frame_references(state) <= 1 || frame_uses(state) == 1)
			return false;
	} while (!cmpxchg(&frame->state, &state, state - FRAME_USE_ONE - 1));
	return true;
}

/* Entries --------------------------------------------------------------- */

struct entry_taken page_entry_check(const struct domain *domain, unsigned int level,
				    uint64_t wanted)
{
	struct pte_rules rules = domain_pte_rules(domain);
	struct entry_taken checked = {.pte = wanted};

	checked.rc = pte_check(&rules, level, wanted, &checked.pte) ? 0 : -XEN_EINVAL;
	return checked;
}

int page_entry_get(struct pages_locked locked, unsigned int level, uint64_t *pte,
		   struct domain *foreign, struct work_budget *budget)
{
	struct entry_taken taken;
	mfn_t frame;
	int rc;

	if (level == 1) {
		taken = page_leaf_get(locked, *pte, foreign);
		*pte = taken.pte;
		return (int)taken.rc;
	}
	taken = page_entry_check(locked.domain, level, *pte);
	*pte = taken.pte;
	if (taken.rc != 0 || !(*pte & PTE_PRESENT))
		return (int)taken.rc;

	frame = pte_frame(*pte);
	if (!frame_get(frame, locked.domain->id))
		return -XEN_EINVAL;
	rc = page_type_get_locked(locked, frame, type_of_level(level - 1), budget);
	if (rc != 0)
		frame_put(frame);
	return rc;
}

void page_entry_put(struct pages_locked locked, unsigned int level, uint64_t pte)
{
	mfn_t frame;

	if (level == 1) {
		page_leaf_put(locked, pte);
		return;
	}
	if (!(pte & PTE_PRESENT))
		return;
	frame = pte_frame_nospec(pte);
	page_type_put_locked(locked, frame);
	frame_put(frame);
}

/* Checking -------------------------------------------------------------- */

static uint64_t *table_of(mfn_t frame)
{
	return frame_map(frame);
}

static void set_state_bits(struct frame *frame, uint64_t set, uint64_t clear)
{
	uint64_t state = read_once(frame->state);

	while (!cmpxchg(&frame->state, &state, (state & ~clear) | set))
		;
}

static void queue_for_settling(struct pages_locked locked, mfn_t number)
{
	set_state_bits(frame_of(number), FRAME_QUEUED, 0);
	frame_of(number)->link = locked.domain->demote_head;
	locked.domain->demote_head = (uint32_t)number.n;
}

/*
 * Most entries of most tables are zero: of those, up to so many are passed over for
 * one unit of work.
 */
#define ZEROS_AT_ONCE 128u

static bool eight_zeros(const uint64_t *entries)
{
	return !(entries[0] | entries[1] | entries[2] | entries[3] | entries[4] | entries[5] |
		 entries[6] | entries[7]);
}

/* The end of the zeros that begin at `index`. */
static uint16_t zeros_up(const uint64_t *table, unsigned int index)
{
	unsigned int end = MIN(index + ZEROS_AT_ONCE, (unsigned int)TABLE_ENTRIES);

	while (index + 8 <= end && eight_zeros(&table[index]))
		index += 8;
	while (index < end && !table[index])
		index++;
	return (uint16_t)index;
}

/* The first of the zeros that end below `index`. */
static uint16_t zeros_down(const uint64_t *table, unsigned int index)
{
	unsigned int first = index - MIN(index, ZEROS_AT_ONCE);

	while (index >= first + 8 && eight_zeros(&table[index - 8]))
		index -= 8;
	while (index > first && !table[index - 1])
		index--;
	return (uint16_t)index;
}

/* Takes entries from `progress` on.  The page stays PARTIAL unless all were. */
static int table_check(struct pages_locked locked, mfn_t number, unsigned int level,
		       struct work_budget *budget)
{
	struct frame *frame = frame_of(number);
	uint64_t *table = table_of(number);
	struct pte_rules rules = domain_pte_rules(locked.domain);

	while (frame->progress < TABLE_ENTRIES) {
		uint64_t pte = read_once(table[frame->progress]);
		int rc;

		if (level == 4 && l4_slot_reserved(frame->progress)) {
			frame->progress++;
			continue;
		}
		if (work_done(budget, level > 1 || pte == 0 || frame->progress % 4 == 0))
			return -XEN_ERESTART;
		if (pte == 0) {
			frame->progress = zeros_up(table, frame->progress);
			continue;
		}
		if (pte & PTE_PRESENT) {
			rc = page_entry_get(locked, level, &pte, locked.domain, budget);
			if (rc != 0)
				return rc;
			table[frame->progress] = pte;
		} else if (!pte_check(&rules, level, pte, &pte)) {
			return -XEN_EINVAL;
		}
		frame->progress++;
	}
	if (level == 4)
		area_fill_l4(locked.domain, table);
	return 0;
}

static int contents_check(struct pages_locked locked, mfn_t number, enum frame_type type,
			  struct work_budget *budget)
{
	struct frame *frame = frame_of(number);
	int rc;

	if (type == FRAME_DESCRIPTORS)
		return descriptor_page_check(table_of(number)) ? 0 : -XEN_EINVAL;

	if (!(read_once(frame->state) & FRAME_PARTIAL)) {
		frame->progress = 0;
		if (!frame_get_again(number, 1))
			return -XEN_EBUSY;
		set_state_bits(frame, FRAME_PARTIAL, 0);
	}
	rc = table_check(locked, number, level_of(type), budget);
	if (rc == -XEN_ERESTART)
		return rc;
	if (rc != 0) {
		queue_for_settling(locked, number);
		return rc;
	}
	set_state_bits(frame, 0, FRAME_PARTIAL);
	frame_put(number);
	return 0;
}

/*
 * From no use to the first one: claims the type, so that no writable use can
 * slip in, and sees to it that no CPU still writes by an old translation.
 */
static int type_claim(struct pages_locked locked, mfn_t number, enum frame_type type)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	do {
		if (frame_uses(state) > 0)
			return -XEN_EBUSY;
	} while (!cmpxchg(&frame->state, &state, state_with_type(state, type) + FRAME_USE_ONE));

	if (frame_type(state) == FRAME_WRITABLE &&
	    read_once(frame->progress) == read_once(locked.domain->flush_epoch))
		domain_flush_tlb(locked);
	return 0;
}

/* Gives up the claim's use; a PARTIAL page keeps its type until settled. */
static void type_unclaim(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state), next;

	do {
		next = state - FRAME_USE_ONE;
		if (!(state & FRAME_PARTIAL))
			next = state_with_type(next, FRAME_NONE);
	} while (!cmpxchg(&frame->state, &state, next));
}

static NOINLINE int first_use(struct pages_locked locked, mfn_t number, enum frame_type type,
			      struct work_budget *budget)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);
	int rc;

	if ((state & FRAME_PARTIAL) && frame_type(state) != type) {
		/* Half checked as something else: that comes apart first. */
		if (!(state & FRAME_QUEUED))
			queue_for_settling(locked, number);
		return -XEN_EBUSY;
	}
	rc = type_claim(locked, number, type);
	if (rc != 0)
		return rc;
	rc = contents_check(locked, number, type, budget);
	if (rc != 0) {
		type_unclaim(number);
		return rc;
	}
	set_state_bits(frame, FRAME_VALIDATED, 0);
	return 0;
}

int page_type_get_locked(struct pages_locked locked, mfn_t number, enum frame_type type,
			 struct work_budget *budget)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	if (type == FRAME_WRITABLE)
		return page_writable_get(number);
	/*
	 * What is being taken apart gets nothing new: a pin of a table that
	 * still has uses would come after domain_destroy() has looked for pins.
	 */
	if (domain_is_dying(locked.domain))
		return -XEN_EINVAL;
	do {
		if (unlikely(frame_uses(state) == 0 && !(state & FRAME_QUEUED)))
			return first_use(locked, number, type, budget);
		if (frame_type(state) != type || !(state & FRAME_VALIDATED))
			return -XEN_EBUSY;
		if (frame_uses(state) == FRAME_COUNT_MAX)
			return -XEN_EBUSY;
	} while (!cmpxchg(&frame->state, &state, state + FRAME_USE_ONE));
	return 0;
}

/* Dropping --------------------------------------------------------------- */

void page_type_put_locked(struct pages_locked locked, mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state), next;
	bool last, table;

	if (frame_type(state) == FRAME_WRITABLE) {
		page_writable_put(number);
		return;
	}
	do {
		CHECK(frame_uses(state) > 0 && (state & FRAME_VALIDATED));
		last = frame_uses(state) == 1;
		table = is_table(frame_type(state));
		next = state - FRAME_USE_ONE;
		if (last && table) /* one more reference: the queue's */
			next = ((next & ~FRAME_VALIDATED) | FRAME_PARTIAL) + 1;
		else if (last)
			next = state_with_type(next, FRAME_NONE);
	} while (!cmpxchg(&frame->state, &state, next));

	if (last && table) {
		if (mfn_equal(locked.domain->leaf_table, number))
			locked.domain->leaf_table = mfn(0);
		frame->progress = TABLE_ENTRIES;
		queue_for_settling(locked, number);
	}
}

void page_type_let_go(struct pages_locked locked, mfn_t number)
{
	struct frame *frame = frame_of(number);

	if (fetch_and(&frame->state, ~FRAME_PINNED) & FRAME_PINNED) {
		page_type_put_locked(locked, number);
		frame_put(number);
	} else if ((read_once(frame->state) & (FRAME_PARTIAL | FRAME_QUEUED)) == FRAME_PARTIAL) {
		queue_for_settling(locked, number);
	}
}

/* Drops entries of one queued page.  True when none is left. */
static bool take_apart(struct pages_locked locked, mfn_t number, struct work_budget *budget)
{
	struct frame *frame = frame_of(number);
	unsigned int level = level_of(frame_type(read_once(frame->state)));
	uint64_t *table = table_of(number);

	while (frame->progress > 0) {
		unsigned int index = frame->progress - 1u;
		uint64_t pte = read_once(table[index]);

		if (work_done(budget, pte == 0 || index % 4 == 0))
			return false;
		if (pte == 0) {
			frame->progress = zeros_down(table, index);
			continue;
		}
		frame->progress = (uint16_t)index;
		if (!(level == 4 && l4_slot_reserved(index)))
			page_entry_put(locked, level, pte);
	}
	return true;
}

int page_type_settle(struct pages_locked locked, struct work_budget *budget)
{
	struct domain *domain = locked.domain;

	if (likely(domain->demote_head == 0))
		return 0;
	domain_flush_tlb(locked);
	while (domain->demote_head != 0) {
		mfn_t number = mfn(domain->demote_head);
		struct frame *frame = frame_of(number);
		uint32_t rest = frame->link;
		uint64_t state;

		/* Out of the queue while it is worked on: its children may join. */
		domain->demote_head = rest;
		if (!take_apart(locked, number, budget)) {
			queue_for_settling(locked, number);
			return -XEN_ERESTART;
		}
		state = read_once(frame->state);
		while (!cmpxchg(&frame->state, &state,
				state_with_type(state, FRAME_NONE) &
					~(FRAME_PARTIAL | FRAME_QUEUED)))
			;
		frame_put(number);
	}
	return 0;
}
