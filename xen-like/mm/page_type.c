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

static uint64_t state_with_type(uint64_t state, enum frame_type type)
{
	return (state & ~(FRAME_TYPE_MASK | FRAME_VALIDATED)) | (uint64_t)type << FRAME_TYPE_SHIFT;
}

struct pte_rules domain_pte_rules(const struct domain *domain)
{
	return (struct pte_rules){
		.physical_bits = cpu_features.physical_bits,
		.cache_control = domain->hardware,
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

/* Writable ------------------------------------------------------------- */

int page_writable_get(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state), next;

	do {
		if (frame_type(state) == FRAME_WRITABLE && frame_uses(state) > 0) {
			if (frame_uses(state) == FRAME_COUNT_MAX)
				return -XEN_EBUSY;
			next = state + FRAME_USE_ONE;
		} else {
			if (frame_uses(state) > 0 || (state & FRAME_PARTIAL))
				return -XEN_EBUSY;
			next = state_with_type(state, FRAME_WRITABLE) + FRAME_USE_ONE;
		}
	} while (!cmpxchg(&frame->state, &state, next));
	return 0;
}

/* Remembers when the page was last writable: becoming a table asks. */
static void stamp(struct frame *frame)
{
	const struct domain *owner = domain_of_frame(frame);

	if (owner)
		write_once(frame->progress, read_once(owner->flush_epoch));
}

void page_writable_put(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	if (frame_uses(state) == 1)
		stamp(frame);
	do {
		CHECK(frame_type(state) == FRAME_WRITABLE && frame_uses(state) > 0);
		if (frame_uses(state) == 1)
			stamp(frame);
	} while (!cmpxchg(&frame->state, &state, state - FRAME_USE_ONE));
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

/* Entries --------------------------------------------------------------- */

static int io_entry_get(struct domain *domain, uint64_t *pte)
{
	if (!iomem_permitted(domain, pte_frame(*pte)))
		return -XEN_EPERM;
	if (iomem_read_only(pte_frame(*pte)))
		*pte &= ~PTE_WRITE;
	return 0;
}

static int leaf_entry_get(struct domain *domain, uint64_t *pte, struct domain *foreign)
{
	mfn_t frame = pte_frame(*pte);

	if (!frame_is_ram(frame))
		return io_entry_get(domain, pte);
	if (!frame_get(frame, foreign->id))
		return -XEN_EINVAL;
	if ((*pte & PTE_WRITE) && page_writable_get(frame) != 0) {
		frame_put(frame);
		return -XEN_EBUSY;
	}
	return 0;
}

int page_entry_get(struct pages_locked locked, unsigned int level, uint64_t *pte,
		   struct domain *foreign, struct work_budget *budget)
{
	struct pte_rules rules = domain_pte_rules(locked.domain);
	mfn_t frame;
	int rc;

	if (!pte_check(&rules, level, *pte, pte))
		return -XEN_EINVAL;
	if (!(*pte & PTE_PRESENT))
		return 0;
	if (level == 1)
		return leaf_entry_get(locked.domain, pte, foreign);

	frame = pte_frame(*pte);
	if (!frame_get(frame, locked.domain->id))
		return -XEN_EINVAL;
	rc = page_type_get_locked(locked, frame, type_of_level(level - 1), budget);
	if (rc != 0)
		frame_put(frame);
	return rc;
}

/*
 * A WRITABLE use and a reference at once: most of what a domain's end consists
 * of.  False when the reference is the last one: that is not only a number.
 */
static bool writable_drop(struct frame *frame, const struct domain *owner)
{
	uint64_t state = read_once(frame->state);

	do {
		CHECK(frame_type(state) == FRAME_WRITABLE && frame_uses(state) > 0);
		if (frame_references(state) == 1)
			return false;
		if (frame_uses(state) == 1)
			write_once(frame->progress, read_once(owner->flush_epoch));
	} while (!cmpxchg(&frame->state, &state, state - FRAME_USE_ONE - 1));
	return true;
}

static void leaf_entry_put(struct pages_locked locked, uint64_t pte)
{
	mfn_t frame = pte_frame(pte);
	struct frame *record = frame_of(frame);
	bool own;

	if (!frame_is_ram(frame))
		return;
	own = read_once(record->owner) == locked.domain->id;
	if (own && (pte & PTE_WRITE) && writable_drop(record, locked.domain))
		return;
	/*
	 * Another's page may become its owner's table, or be gone for good, with
	 * this: its owner flushes only the CPUs of its own.
	 */
	if (!own || frame_references(read_once(record->state)) == 1)
		domain_flush_tlb(locked);
	if (pte & PTE_WRITE)
		page_writable_put(frame);
	frame_put(frame);
}

void page_entry_put(struct pages_locked locked, unsigned int level, uint64_t pte)
{
	mfn_t frame = pte_frame(pte);

	if (!(pte & PTE_PRESENT))
		return;
	if (level == 1) {
		leaf_entry_put(locked, pte);
		return;
	}
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

/* Takes entries from `progress` on.  The page stays PARTIAL unless all were. */
static int table_check(struct pages_locked locked, mfn_t number, unsigned int level,
		       struct work_budget *budget)
{
	struct frame *frame = frame_of(number);
	uint64_t *table = table_of(number);

	for (; frame->progress < TABLE_ENTRIES; frame->progress++) {
		uint64_t pte;
		int rc;

		if (level == 4 && l4_slot_reserved(frame->progress))
			continue;
		if (work_done(budget, level > 1 || frame->progress % 4 == 0))
			return -XEN_ERESTART;
		pte = read_once(table[frame->progress]);
		if (!(pte & PTE_PRESENT))
			continue;
		rc = page_entry_get(locked, level, &pte, locked.domain, budget);
		if (rc != 0)
			return rc;
		table[frame->progress] = pte;
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
		if (!frame_get_again(number))
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

static int first_use(struct pages_locked locked, mfn_t number, enum frame_type type,
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
		if (frame_uses(state) == 0 && !(state & FRAME_QUEUED))
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

		if (work_done(budget, (pte & PTE_PRESENT) && index % 4 == 0))
			return false;
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
