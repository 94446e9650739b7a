/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/mmu.h - changing a paravirtual guest's page tables.
 *
 * The guest sees machine frames in its tables and Enso stores every entry, so
 * that page_type.h's rules hold.  All under the owner's page_lock.
 */
#pragma once

#include "xen-like/mm/page_type.h"
#include "xen-like/pv/pte.h"

/* Where an entry lies: a page that is in use as a table of `level`. */
struct table_slot {
	mfn_t table;
	unsigned int level, index;
};

/*
 * Stores `wanted` in a slot, taking what it refers to and dropping what the
 * old entry did.  `foreign`: who owns pages a leaf may map.  `keep_marks`: the
 * accessed and dirty bits of the old entry stay.  0 or -XEN_Exxx (see
 * page_type.h), with nothing changed.
 */
MUST_CHECK
int mmu_entry_write(struct pages_locked locked, struct table_slot slot, uint64_t wanted,
		    struct domain *foreign, bool keep_marks, struct work_budget *budget);

/* The same for an entry of an L1, where it lies: all that most updates are about. */
MUST_CHECK
int mmu_leaf_write(struct pages_locked locked, uint64_t *entry, uint64_t wanted,
		   const struct domain *foreign, bool keep_marks);

/* As above, but only if the entry is still `expected` (a guest's CMPXCHG); else -XEN_EAGAIN. */
MUST_CHECK
int mmu_entry_exchange(struct pages_locked locked, struct table_slot slot, uint64_t expected,
		       uint64_t wanted, struct work_budget *budget);

/*
 * The L1 entry that translates `va` in the tables the vCPU has loaded; NULL when a
 * level above is missing or it is not a guest's address.  Under the page lock of the
 * vCPU's domain, which keeps the table one.
 */
uint64_t *mmu_find_leaf(const struct vcpu *vcpu, uint64_t va);
/* The same as a slot; false: none. */
MUST_CHECK
bool mmu_find_slot(const struct vcpu *vcpu, uint64_t va, struct table_slot *slot);
uint64_t mmu_entry_read(struct table_slot slot);

/* The level of the table `frame` is in use as, or 0. */
unsigned int mmu_table_level(mfn_t frame);

MUST_CHECK
int mmu_pin(struct pages_locked locked, mfn_t table, enum frame_type type,
	    struct work_budget *budget);
MUST_CHECK
int mmu_unpin(struct pages_locked locked, mfn_t table, struct work_budget *budget);

/* NEW_BASEPTR and NEW_USER_BASEPTR of the current vCPU; frame 0 means none (user). */
MUST_CHECK
int mmu_set_kernel_table(struct vcpu *vcpu, mfn_t table, struct work_budget *budget);
MUST_CHECK
int mmu_set_user_table(struct vcpu *vcpu, mfn_t table, struct work_budget *budget);

/* Drops both of a vCPU that will not run again; page_type_settle() takes them apart. */
void mmu_release_tables(struct vcpu *vcpu);

/* Translations of the running guest on this CPU. */
void mmu_flush_local(void);
void mmu_flush_page_local(uint64_t va);
