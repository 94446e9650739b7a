/* SPDX-License-Identifier: MIT */
/*
 * tests/model/model.h - every short history of a small machine's page types.
 *
 * The machine (tests/host) has a dozen frames, two domains and two CPUs, and
 * runs the hypervisor's own files.  A *world* is a beginning and an alphabet of
 * operations; search.c does every operation in every state that is reached in
 * fewer than `depth` steps, and looks after each.
 */
#pragma once

#include <stdio.h>

#include "tests/host/machine.h"

#define FRAMES	  14 /* 0 is nobody's: a frame number of 0 means none */
#define DOMAINS	  2
#define VCPUS	  3 /* 0 and 1 of the guest, 2 of the control domain */
#define INDICES	  3 /* entries that are used of each table: 0, 256, 511 */
#define PAGES	  2 /* of a GDT */

#define GUEST	  1 /* domain numbers and indices of model_domains */
#define CONTROL	  0

#define NO_BUDGET 1000000u

extern struct domain model_domains[DOMAINS];
extern struct vcpu model_vcpus[VCPUS];
extern const uint16_t model_indices[INDICES];
/* Holdings of the grant layer: references and uses of one frame. */
extern uint8_t model_held[FRAMES];

/* Guest memory: what handlers copy from and to. */
extern uint8_t model_guest[4096];
#define GUEST_VA 0x10000ull

/* machine.c of the model ---------------------------------------------------- */
void model_create(void);
/* Everything back to nothing: frames free, no vCPU on any CPU. */
void model_clear(void);
/* A page for a domain, as at its start. */
void model_give(unsigned int frame, unsigned int domain);
void model_cpu_runs(unsigned int cpu, unsigned int vcpu);
/* It idles on Enso's own tables. */
void model_cpu_leaves(unsigned int cpu);
void model_vcpu_toggle(unsigned int vcpu);
/* NULL, or what is wrong with the machine as it is. */
const char *model_check(void);

/* State ------------------------------------------------------------------------ */

struct saved_vcpu {
	uint8_t kernel_table, user_table, user_mode, gdt_count, gdt[PAGES];
};

struct saved_domain {
	uint64_t pages;
	uint32_t demote_head;
	uint16_t flush_epoch;
	uint8_t dirty_cpus, leaf_table;
};

/* Small, whole, without padding: hashed and compared as bytes. */
struct saved {
	struct frame frames[FRAMES];
	uint64_t entries[FRAMES][INDICES];
	struct saved_domain domains[DOMAINS];
	uint8_t tlb[HOST_CPUS][FRAMES];
	struct saved_vcpu vcpus[VCPUS];
	uint8_t cpu_table[HOST_CPUS], cpu_vcpu[HOST_CPUS];
	uint8_t held[FRAMES];
	uint8_t zero[16 - (HOST_CPUS * FRAMES + VCPUS * 6 + HOST_CPUS * 2 + FRAMES) % 16];
};

_Static_assert(sizeof(struct saved) % 8 == 0, "hashed by words");

/* Epochs and stamps are made small: what counts of them is whether they are equal. */
void state_save(struct saved *state);
void state_load(const struct saved *state);
uint64_t state_hash(const struct saved *state);
/*
 * What a state comes to when all that is half done is taken apart, without
 * epochs and TLBs: two states with the same are the same to a guest.
 */
void state_settle(struct saved *state);
/* The first difference; NULL: none. */
const char *state_difference(const struct saved *a, const struct saved *b);

/* Operations --------------------------------------------------------------------- */

enum op_kind {
	OP_PIN,		/* frame as L(value) */
	OP_UNPIN,	/* frame */
	OP_UPDATE,	/* entry `index` of frame becomes value for frame `other` */
	OP_UPDATE_KEEP, /* the same, accessed and dirty bits stay */
	OP_FOREIGN,	/* the same, other is a page of the other domain's */
	OP_UPDATE_OF,	/* the control domain changes the guest's table */
	OP_PIN_OF,	/* the control domain pins the guest's frame as L(value) */
	OP_KERNEL_BASE, /* frame */
	OP_USER_BASE,	/* frame; 0 none */
	OP_VA,		/* the entry for address 0 becomes value for frame `other` */
	OP_TOGGLE,	/* guest kernel <-> guest user */
	OP_RUN,		/* CPU `index` runs the vCPU from now on */
	OP_GDT,		/* frames `frame`, `other`; value pages */
	OP_DESCRIPTOR,	/* entry `index` of frame becomes value */
	OP_GIVE_BACK,	/* frame */
	OP_TAKE,	/* a page from the heap */
	OP_EXCHANGE,	/* frame for another */
	OP_CLEAR,	/* frame */
	OP_COPY,	/* other into frame */
	OP_GRANT,	/* the guest's frame `other` into entry 0 of frame, by a grant */
	OP_REVOKE,	/* the same, unmapped; and the grant layer lets go */
	OP_RELEASE,	/* the rest are steps of the guest's end: tables of vCPU `index` */
	OP_LET_GO,	/* frame: its pin, or the check that was begun */
	OP_SETTLE,	/* what that has left over */
	OP_GIVE_UP,	/* frame: the guest's own reference */
	OP_KINDS
};

struct op {
	uint8_t kind, vcpu, frame, other, index;
	uint64_t value;
	uint32_t budget;
};

/* The result: 0 or positive done, -XEN_ERESTART to be continued, else refused. */
int64_t op_do(const struct op *op);
void op_print(FILE *to, const struct op *op, int64_t result);
/* NULL, or what a call that says it is done has not done. */
const char *op_check_done(const struct op *op, const struct saved *before);
/* False: the same as another operation but for the names of untouched pages, or senseless. */
bool op_makes_sense(const struct op *op, const struct saved *state);

/* Worlds ---------------------------------------------------------------------------- */

#define OPS_MAX 4096

struct alphabet {
	unsigned int count;
	struct op ops[OPS_MAX];
};

struct world {
	const char *name;
	unsigned int depth;
	void (*begin)(void);
	void (*speak)(struct alphabet *alphabet);
	/* Also cut each operation short after every number of units. */
	bool cut;
};

extern const struct world worlds[];
extern const unsigned int world_count;

/* Does everything; prints PASS or FAIL.  False: failed. */
bool search(const struct world *world, unsigned int depth);
/* Each operation of the beginning's alphabet stopped at every unit of work. */
bool search_cuts(const struct world *world);
