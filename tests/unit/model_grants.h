/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/model_grants.h - domains that have nothing but grant tables and a
 * few pages, for the tests of grant-tables/: answers ports.h, counts the
 * references and uses of every page, and keeps one page table a domain.
 */
#pragma once

#include "grant-tables/ports.h"
#include "grant-tables/table.h"

#define MODEL_DOMAINS 2
#define MODEL_FRAMES  4 /* domain d owns frames 100 * d + 0..3 */
#define MODEL_SLOTS   4 /* of a page table; address SLOT(n) */
#define SLOT(n)	      (0x1000ull * ((n) + 1))

struct model_frame {
	uint32_t references, writes; /* by grants, beside its owner's */
	bool table;		     /* a page table: no writable use */
	char bytes[PAGE_SIZE];
};

struct model_slot {
	bool present, writable;
	uint64_t frame;
	uint32_t available;
};

struct domain {
	struct grant_table table;
	uint32_t references;
	struct model_frame frames[MODEL_FRAMES];
	struct model_slot slots[MODEL_SLOTS];
};

extern struct domain domains[MODEL_DOMAINS];
extern unsigned int model_allocations; /* live ones */
extern int model_allocations_left;     /* then NULL; < 0: no limit */
extern unsigned int model_space_locks; /* how often page tables were locked */
/* Called between the look at an entry's page and the hold of it. */
extern void (*model_before_hold)(void);

void model_grants_reset(void);
void model_grants_end(void);

struct model_frame *model_frame(uint64_t number);
/* Domain `owner` offers one of its frames. */
void model_offer(uint32_t owner, grant_ref_t ref, uint32_t holder, uint16_t flags, uint64_t frame);
uint16_t model_flags(uint32_t owner, grant_ref_t ref);

/* What map and unmap calls do to their requests. */
struct gnttab_map_grant_ref model_map(uint32_t holder, uint32_t owner, grant_ref_t ref,
				      uint32_t flags, uint64_t address);
void model_unmap_request(uint32_t holder, struct gnttab_unmap_grant_ref *request);
int16_t model_unmap(uint32_t holder, grant_handle_t handle, uint64_t address);

/* Pins and handles: equal when no call is under way. */
uint64_t model_pins(void);
uint64_t model_handles(void);
