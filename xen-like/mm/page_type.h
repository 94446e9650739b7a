/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/page_type.h - what a page may be used for: the rule that keeps
 * paravirtual guests apart.
 *
 * A *use* of a page as type T is allowed while all its uses are of T.  The
 * first use as L1..L4 or DESCRIPTORS checks the contents, and an entry of a
 * page table holds a reference to and a use of what it points at.  When the
 * last such use goes, the page is queued and taken apart entry by entry by
 * page_type_settle(), so that no operation is longer than its budget.
 *
 * Whoever holds a use also holds a reference (frame.h).  Uses as page tables
 * and descriptors are taken and dropped under the owner's page_lock; uses as
 * WRITABLE need no lock.
 */
#pragma once

#include "xen-like/base/work.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/frame.h"

/* The owner's page_lock is held; the type is the proof. */
struct pages_locked {
	struct domain *domain;
};

static inline struct pages_locked pages_lock(struct domain *domain)
{
	spin_lock(&domain->page_lock);
	return (struct pages_locked){domain};
}

static inline void pages_unlock(struct pages_locked locked)
{
	spin_unlock(&locked.domain->page_lock);
}

/* The type in a state word changed: nothing of the contents has been checked yet. */
static inline uint64_t state_with_type(uint64_t state, enum frame_type type)
{
	return (state & ~(FRAME_TYPE_MASK | FRAME_VALIDATED)) | (uint64_t)type << FRAME_TYPE_SHIFT;
}

/* page_writable.c: WRITABLE uses.  0, or -XEN_EBUSY when the page is in use as something else. */
MUST_CHECK
int page_writable_get(mfn_t frame);
void page_writable_put(mfn_t frame);
/*
 * `times` references (FRAME_TAKE_MAX at most) and as many WRITABLE uses of a page of `owner`, at
 * once.  0, -XEN_EINVAL: it is not its page, or -XEN_EBUSY.
 */
MUST_CHECK
int page_writable_take(mfn_t frame, domid_t owner, uint32_t times);
/* More of both, of a page to which the caller has a reference.  False: too many, or in other
 * use. */
MUST_CHECK
bool page_writable_take_again(mfn_t frame, uint32_t times);
/* Both dropped, as often as the caller has them. */
void page_writable_release(mfn_t frame, uint32_t times);

/*
 * Takes a use of a page of locked.domain as `type`, checking the contents at
 * the first.  0; -XEN_EBUSY: other uses exist; -XEN_EINVAL: the contents are
 * not what `type` asks; -XEN_ERESTART: the budget is gone, call again.
 */
MUST_CHECK
int page_type_get_locked(struct pages_locked locked, mfn_t frame, enum frame_type type,
			 struct work_budget *budget);
/* Drops one.  The page is taken apart by the next settle. */
void page_type_put_locked(struct pages_locked locked, mfn_t frame);

/*
 * Takes apart what the drops have left over.  0, or -XEN_ERESTART when the
 * budget ends before the queue; every operation on types settles first.
 */
MUST_CHECK
int page_type_settle(struct pages_locked locked, struct work_budget *budget);
static inline bool page_type_settled(struct pages_locked locked)
{
	return locked.domain->demote_head == 0;
}

/*
 * For a domain that is dying: ends the guest's pin of a page, or a check that
 * was begun and will not go on.  The next settles take it apart.
 */
void page_type_let_go(struct pages_locked locked, mfn_t frame);

/*
 * Drops a reference to and a use of a table of locked.domain, at once.  False: one of
 * them is the last; nothing has been done, and page_type_put_locked() is to be asked.
 */
MUST_CHECK
bool page_table_drop(struct pages_locked locked, mfn_t table);

/* Entry-wise: take and drop what one entry (already checked by pte_check) refers to. */
MUST_CHECK
int page_entry_get(struct pages_locked locked, unsigned int level, uint64_t *pte,
		   struct domain *foreign, struct work_budget *budget);
void page_entry_put(struct pages_locked locked, unsigned int level, uint64_t pte);

/*
 * The same of level 1, what most entries are: nothing to check contents of, so no budget.
 * page_writable.c.
 */
struct entry_taken {
	uint64_t pte; /* as it is to be stored */
	int64_t rc;   /* 0 or -XEN_Exxx        */
};
/* pte_check() for a domain: what of an entry of this level may be stored, or -XEN_EINVAL. */
MUST_CHECK
struct entry_taken page_entry_check(const struct domain *domain, unsigned int level,
				    uint64_t wanted);
MUST_CHECK
struct entry_taken page_leaf_get(struct pages_locked locked, uint64_t wanted,
				 const struct domain *foreign);
void page_leaf_put(struct pages_locked locked, uint64_t pte);

/*
 * Flushes all TLBs that may hold translations of the domain, and starts an
 * epoch.  Under the lock: who sees the new epoch must find the flush done.
 */
void domain_flush_tlb(struct pages_locked locked);

/* The lock-free forms for users of single WRITABLE pages (grants, vcpu_info...). */
MUST_CHECK
int page_type_get(mfn_t frame, enum frame_type type, struct domain *context);
void page_type_put(mfn_t frame);

/* pte_check()'s rules for a domain. */
struct pte_rules domain_pte_rules(const struct domain *domain);
