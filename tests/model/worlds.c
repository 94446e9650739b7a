/* SPDX-License-Identifier: MIT */
/*
 * tests/model/worlds.c - where histories begin, and what may happen in them.
 *
 * Each world puts one part of the rules into a corner: few pages, few words,
 * so that all short histories can be gone through.
 */
#include <string.h>

#include "tests/model/model.h"
#include "xen-like/console.h"

#define RO    0x25u /* present, user, accessed */
#define RW    0x67u /* and writable, dirty     */
#define FIRST 0u
#define OURS  1u /* entry 256: Enso's in an L4 */
#define LAST  2u

/* Words ---------------------------------------------------------------------------- */

static struct alphabet *into;
static uint32_t budget;

static struct op *say(unsigned int kind, unsigned int vcpu, unsigned int frame)
{
	struct op *op = &into->ops[into->count++];

	CHECK(into->count <= OPS_MAX);
	*op = (struct op){.kind = (uint8_t)kind,
			  .vcpu = (uint8_t)vcpu,
			  .frame = (uint8_t)frame,
			  .budget = budget};
	return op;
}

static void say_entry(unsigned int kind, unsigned int vcpu, unsigned int frame, unsigned int index,
		      unsigned int other, uint64_t value)
{
	struct op *op = say(kind, vcpu, frame);

	op->index = (uint8_t)index;
	op->other = (uint8_t)other;
	op->value = value;
}

static void say_pin(unsigned int vcpu, unsigned int frame, unsigned int level)
{
	say(OP_PIN, vcpu, frame)->value = level;
}

static void say_pins(unsigned int vcpu, unsigned int first, unsigned int last)
{
	for (unsigned int frame = first; frame <= last; frame++) {
		for (unsigned int level = 1; level <= 4; level++)
			say_pin(vcpu, frame, level);
		say(OP_UNPIN, vcpu, frame);
	}
}

/* Entry `index` of a table: nothing, or each of some pages, read-only or writable. */
static void say_updates(unsigned int vcpu, unsigned int table, unsigned int index,
			unsigned int first, unsigned int last)
{
	say_entry(OP_UPDATE, vcpu, table, index, 0, 0);
	for (unsigned int frame = first; frame <= last; frame++) {
		say_entry(OP_UPDATE, vcpu, table, index, frame, RO);
		say_entry(OP_UPDATE, vcpu, table, index, frame, RW);
	}
}

static void say_gdt(unsigned int vcpu, unsigned int pages, unsigned int first, unsigned int second)
{
	struct op *op = say(OP_GDT, vcpu, first);

	op->other = (uint8_t)second;
	op->value = pages;
}

static void say_run(unsigned int cpu, unsigned int vcpu)
{
	say(OP_RUN, vcpu, 0)->index = (uint8_t)cpu;
}

/* Beginnings -------------------------------------------------------------------------- */

static void must(unsigned int kind, unsigned int vcpu, unsigned int frame, unsigned int index,
		 unsigned int other, uint64_t value)
{
	struct op op = {.kind = (uint8_t)kind,
			.vcpu = (uint8_t)vcpu,
			.frame = (uint8_t)frame,
			.index = (uint8_t)index,
			.other = (uint8_t)other,
			.value = value,
			.budget = NO_BUDGET};

	CHECK(op_do(&op) == 0);
}

/* L4, L3, L2, L1 in four frames from `first`, which maps the page behind them. */
static void build_tree(unsigned int vcpu, unsigned int first)
{
	for (unsigned int i = 0; i < 3; i++)
		must(OP_UPDATE, vcpu, first + i, FIRST, first + i + 1, RW);
	must(OP_UPDATE, vcpu, first + 3, FIRST, first + 4, RW);
	must(OP_UPDATE, vcpu, first + 3, LAST, first + 3, RO);
	must(OP_PIN, vcpu, first, 0, 0, 4);
	must(OP_KERNEL_BASE, vcpu, first, 0, 0, 0);
}

static void give(unsigned int first, unsigned int last, unsigned int domain)
{
	for (unsigned int i = first; i <= last; i++)
		model_give(i, domain);
}

/* The guest's two vCPUs on the two CPUs, on one empty L4. */
static void begin_bare(void)
{
	give(1, 5, GUEST);
	give(6, 6, CONTROL);
	model_cpu_runs(0, 0);
	model_cpu_runs(1, 1);
	must(OP_PIN, 0, 1, 0, 0, 4);
	must(OP_KERNEL_BASE, 0, 1, 0, 0, 0);
	must(OP_KERNEL_BASE, 1, 1, 0, 0, 0);
}

/* The same on a whole tree, frames 1 to 4; 5 is mapped, 6 and 7 are left. */
static void begin_tree(void)
{
	give(1, 7, GUEST);
	give(8, 8, CONTROL);
	model_cpu_runs(0, 0);
	model_cpu_runs(1, 1);
	build_tree(0, 1);
	must(OP_KERNEL_BASE, 1, 1, 0, 0, 0);
}

/* The guest on CPU 0 (frames 1-4, 5 mapped, 6), the control domain on CPU 1 (7-10, 11). */
static void begin_two(void)
{
	give(1, 6, GUEST);
	give(7, 11, CONTROL);
	model_cpu_runs(0, 0);
	model_cpu_runs(1, 2);
	build_tree(0, 1);
	must(OP_UPDATE, 0, 4, FIRST, 0, 0);
	build_tree(2, 7);
}

/* Worlds --------------------------------------------------------------------------------- */

static void begin_speech(struct alphabet *alphabet, uint32_t units)
{
	into = alphabet;
	budget = units;
}

/* Everything that makes tables of pages, from nothing. */
static void speak_bare(struct alphabet *alphabet)
{
	begin_speech(alphabet, NO_BUDGET);
	say_pins(0, 1, 5);
	for (unsigned int table = 1; table <= 5; table++)
		say_updates(0, table, FIRST, 1, 5);
	for (unsigned int frame = 0; frame <= 5; frame++)
		say(OP_USER_BASE, 0, frame);
	for (unsigned int frame = 1; frame <= 5; frame++) {
		say(OP_KERNEL_BASE, 0, frame);
		say(OP_KERNEL_BASE, 1, frame);
	}
	say(OP_TOGGLE, 0, 0);
	for (unsigned int frame = 2; frame <= 5; frame++)
		say(OP_GIVE_BACK, 0, frame);
}

/* Changes to tables that are in use. */
static void speak_tree(struct alphabet *alphabet)
{
	begin_speech(alphabet, NO_BUDGET);
	say_pins(0, 2, 6);
	say(OP_UNPIN, 0, 1);
	for (unsigned int table = 1; table <= 3; table++)
		say_updates(0, table, FIRST, 2, 6);
	say_updates(0, 4, FIRST, 3, 6);
	say_updates(0, 3, LAST, 4, 6);
	say_updates(0, 5, FIRST, 4, 7);
	say_entry(OP_VA, 1, 0, 0, 5, RW);
	say_entry(OP_VA, 1, 0, 0, 6, RO);
	say_entry(OP_VA, 1, 0, 0, 0, 0);
	say(OP_KERNEL_BASE, 0, 5);
	say(OP_KERNEL_BASE, 1, 5);
	say(OP_USER_BASE, 0, 0);
	say(OP_USER_BASE, 0, 1);
	say(OP_USER_BASE, 0, 5);
	say(OP_TOGGLE, 0, 0);
	say(OP_GIVE_BACK, 0, 5);
	say(OP_GIVE_BACK, 0, 6);
	say(OP_TAKE, 0, 0);
	say(OP_CLEAR, 0, 5);
	say_entry(OP_COPY, 0, 5, 0, 4, 0);
}

static void begin_hostile(void)
{
	begin_tree();
	must(OP_UPDATE, 0, 4, FIRST, 0, 0);
}

/* Bits and pages no entry may have, at every level. */
static void speak_hostile(struct alphabet *alphabet)
{
	static const uint64_t values[] = {
		0x67 | 0x80,		  /* large, or PAT            */
		0x67 | 0x100,		  /* global                   */
		0x63,			  /* not the user's           */
		0x67 | 0x18,		  /* cache                    */
		0x67 | 0xe00,		  /* for software             */
		0x67 | 1ull << 63,	  /* no execute               */
		0x67 | 0x7ffull << 52,	  /* for software, and keys   */
		0x67 | 1ull << 40,	  /* beyond the machine       */
		0x67 | 0xfffffffff000ull, /* the last frame          */
		0x67 | 20ull << 12,	  /* no RAM                   */
		0x66,			  /* not present              */
	};

	begin_speech(alphabet, NO_BUDGET);
	for (unsigned int table = 1; table <= 5; table++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
			say_entry(OP_UPDATE, 0, table, FIRST, 5, values[i]);
			say_entry(OP_UPDATE_KEEP, 0, table, LAST, table < 4 ? table + 1 : 6,
				  values[i]);
		}
		say_entry(OP_UPDATE, 0, table, OURS, 6, RW);
		say_entry(OP_UPDATE, 0, table, FIRST, 8, RO);
		say_entry(OP_UPDATE, 0, table, FIRST, 0, RO);
		say_entry(OP_UPDATE, 0, table, FIRST, table, RW);
		say_entry(OP_UPDATE, 0, table, FIRST, 6, 0x63);
	}
	say_entry(OP_FOREIGN, 0, 4, FIRST, 8, RO);
	say_entry(OP_UPDATE, 0, 8, FIRST, 5, RO);
	say_entry(OP_UPDATE, 0, 20, FIRST, 5, RO);
	say_pins(0, 5, 5);
	say_pins(0, 8, 8);
	say_pin(0, 0, 1);
	say_pin(0, 20, 1);
	say(OP_KERNEL_BASE, 0, 0);
	say(OP_KERNEL_BASE, 0, 8);
	say(OP_KERNEL_BASE, 0, 5);
	say(OP_USER_BASE, 0, 8);
	say_gdt(0, 1, 8, 0);
	say_gdt(0, 1, 20, 0);
	say(OP_GIVE_BACK, 0, 8);
	say(OP_GIVE_BACK, 0, 0);
	say(OP_GIVE_BACK, 0, 20);
	say(OP_EXCHANGE, 0, 6);
}

/* Two domains at one page: foreign mappings, grants, changes of the other's tables. */
static void speak_foreign(struct alphabet *alphabet)
{
	begin_speech(alphabet, NO_BUDGET);
	say_pins(0, 5, 5);
	say_updates(0, 4, FIRST, 5, 6);
	say_updates(0, 3, LAST, 5, 5);
	say_updates(0, 5, FIRST, 6, 6);
	say_entry(OP_COPY, 0, 5, 0, 4, 0);
	say(OP_GIVE_BACK, 0, 5);
	say(OP_TAKE, 0, 0);
	say_gdt(0, 1, 5, 0);
	say_gdt(0, 0, 0, 0);
	for (unsigned int frame = 4; frame <= 6; frame++) {
		say_entry(OP_FOREIGN, 2, 10, FIRST, frame, RO);
		say_entry(OP_FOREIGN, 2, 10, FIRST, frame, RW);
	}
	say_updates(2, 10, FIRST, 11, 11);
	say_entry(OP_FOREIGN, 2, 9, FIRST, 5, RW);
	say_entry(OP_GRANT, 2, 10, FIRST, 5, 0);
	say_entry(OP_REVOKE, 2, 10, FIRST, 5, 0);
	say_entry(OP_UPDATE_OF, 2, 4, FIRST, 0, 0);
	say_entry(OP_UPDATE_OF, 2, 4, FIRST, 5, RW);
	say_entry(OP_UPDATE_OF, 2, 4, FIRST, 11, RW);
	say_entry(OP_UPDATE_OF, 2, 5, FIRST, 6, RW);
	say(OP_EXCHANGE, 2, 11);
	say(OP_GIVE_BACK, 2, 11);
}

/* CPU 1 goes from one domain to the other; the guest's tables change meanwhile. */
static void speak_switch(struct alphabet *alphabet)
{
	begin_speech(alphabet, NO_BUDGET);
	say_run(1, 1);
	say_run(1, 2);
	say_run(0, 1);
	say_run(0, 0);
	for (unsigned int vcpu = 0; vcpu < 2; vcpu++) {
		say(OP_KERNEL_BASE, vcpu, 1);
		say(OP_KERNEL_BASE, vcpu, 6);
		say(OP_USER_BASE, vcpu, 1);
		say(OP_USER_BASE, vcpu, 6);
		say(OP_TOGGLE, vcpu, 0);
		say_updates(vcpu, 4, FIRST, 5, 5);
		say_updates(vcpu, 3, FIRST, 4, 5);
	}
	say_pin(0, 6, 4);
	say(OP_UNPIN, 0, 6);
	say(OP_UNPIN, 0, 1);
	say_pin(0, 5, 1);
	say(OP_UNPIN, 0, 5);
	say_entry(OP_UPDATE, 0, 6, FIRST, 2, RW);
	say_entry(OP_FOREIGN, 2, 10, FIRST, 5, RW);
	say_entry(OP_UPDATE, 2, 10, FIRST, 0, 0);
	say(OP_GIVE_BACK, 0, 5);
}

static void begin_switch(void)
{
	begin_two();
	must(OP_RUN, 1, 0, 0, 0, 0);
}

/* Pages of segment descriptors against everything else a page can be. */
static void speak_descriptors(struct alphabet *alphabet)
{
	static const uint64_t values[] = {
		0x00affa000000ffff, /* code, ring 3 */
		0x00cf92000000ffff, /* data, ring 0: raised */
		0x0000ee0000000000, /* a gate, for ring 3 */
		0x00af9e000000ffff, /* conforming, ring 0 */
		0x0000000000000000,
	};

	begin_speech(alphabet, NO_BUDGET);
	for (unsigned int vcpu = 0; vcpu < 2; vcpu++) {
		say_gdt(vcpu, 0, 0, 0);
		say_gdt(vcpu, 1, 5, 0);
		say_gdt(vcpu, 2, 5, 6);
		say_gdt(vcpu, 2, 6, 6);
		say_gdt(vcpu, 1, 4, 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		say_entry(OP_DESCRIPTOR, 0, 5, FIRST, 0, values[i]);
		say_entry(OP_UPDATE, 0, 5, LAST, 0, values[i]);
	}
	say_entry(OP_DESCRIPTOR, 0, 6, FIRST, 0, values[0]);
	say_entry(OP_DESCRIPTOR, 0, 4, FIRST, 0, values[0]);
	say_updates(0, 4, FIRST, 5, 6);
	say_entry(OP_UPDATE, 0, 6, FIRST, 7, RO);
	say_pin(0, 5, 1);
	say(OP_UNPIN, 0, 5);
	say_pin(0, 6, 1);
	say(OP_UNPIN, 0, 6);
	say(OP_CLEAR, 0, 5);
	say_entry(OP_COPY, 0, 5, 0, 6, 0);
	say(OP_GIVE_BACK, 0, 5);
	say(OP_GIVE_BACK, 0, 6);
	say(OP_TAKE, 0, 0);
}

/* A second tree is built, used and dropped, in pieces; others find it half done. */
static void speak_pieces(struct alphabet *alphabet)
{
	static const uint32_t units[] = {2, 5, 8, 15}; /* a table is worth six */

	for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
		begin_speech(alphabet, units[i]);
		say_pin(0, 5, 4);
		say_pin(0, 6, 3);
		say_pin(0, 6, 1);
		say(OP_UNPIN, 0, 5);
		say(OP_UNPIN, 0, 6);
		say(OP_KERNEL_BASE, 1, 5);
		say_entry(OP_UPDATE, 0, 1, LAST, 6, RW);
		say_entry(OP_UPDATE, 0, 1, LAST, 0, 0);
	}
	begin_speech(alphabet, NO_BUDGET);
	say(OP_UNPIN, 0, 1);
	say(OP_KERNEL_BASE, 1, 1);
	say_entry(OP_UPDATE, 0, 5, FIRST, 6, RW);
	say_entry(OP_UPDATE, 0, 5, LAST, 2, RW);
	say_entry(OP_UPDATE, 0, 6, FIRST, 3, RW);
	say_entry(OP_UPDATE, 0, 6, LAST, 5, RW);
	say_entry(OP_UPDATE, 0, 4, FIRST, 6, RW);
	say_entry(OP_UPDATE, 0, 4, FIRST, 0, 0);
	say_entry(OP_UPDATE, 0, 4, LAST, 6, RO);
	say(OP_GIVE_BACK, 0, 6);
	say(OP_GIVE_BACK, 0, 5);
}

/* The guest is being taken apart; the control domain has its pages mapped. */
static void begin_dying(void)
{
	struct op half = {.kind = OP_PIN, .frame = 6, .value = 1, .budget = 3};

	begin_two();
	must(OP_UPDATE, 0, 6, FIRST, 4, RO);
	CHECK(op_do(&half) == -XEN_ERESTART);
	must(OP_UPDATE, 0, 4, FIRST, 5, RO);
	must(OP_USER_BASE, 0, 1, 0, 0, 0);
	must(OP_FOREIGN, 2, 10, FIRST, 5, RW);
	model_cpu_leaves(0);
	model_domains[GUEST].state = DOMAIN_DYING;
}

static void speak_dying(struct alphabet *alphabet)
{
	static const uint32_t units[] = {2, 7, NO_BUDGET};

	for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
		begin_speech(alphabet, units[i]);
		say(OP_SETTLE, 2, 0);
	}
	say(OP_RELEASE, 2, 0)->index = 0;
	for (unsigned int frame = 1; frame <= 6; frame++) {
		say(OP_LET_GO, 2, frame);
		say(OP_GIVE_UP, 2, frame);
	}
	say(OP_PIN_OF, 2, 4)->value = 1;
	say(OP_PIN_OF, 2, 5)->value = 1;
	say_entry(OP_FOREIGN, 2, 10, FIRST, 5, RW);
	say_entry(OP_FOREIGN, 2, 10, FIRST, 5, RO);
	say_entry(OP_FOREIGN, 2, 10, LAST, 6, RO);
	say_entry(OP_FOREIGN, 2, 10, LAST, 6, RW);
	say_updates(2, 10, FIRST, 11, 11);
	say_entry(OP_UPDATE, 2, 10, LAST, 0, 0);
	say_entry(OP_GRANT, 2, 10, FIRST, 5, 0);
	say_entry(OP_REVOKE, 2, 10, FIRST, 5, 0);
	say_entry(OP_UPDATE_OF, 2, 4, FIRST, 5, RW);
	say_entry(OP_UPDATE_OF, 2, 3, FIRST, 0, 0);
	say_entry(OP_UPDATE_OF, 2, 3, FIRST, 5, RO);
	say(OP_TAKE, 2, 0);
}

/* What takes long, from a tree: stopped at every unit, others in between. */
static void begin_long(void)
{
	begin_tree();
	must(OP_UPDATE, 0, 5, LAST, 2, RW);
	must(OP_VA, 0, 0, 0, 0, 0);
	must(OP_UPDATE, 0, 6, FIRST, 3, RW);
	must(OP_UPDATE, 0, 7, LAST, 4, RW);
	must(OP_PIN, 0, 6, 0, 0, 3);
	must(OP_UPDATE, 0, 5, FIRST, 6, RW);
}

static void speak_long(struct alphabet *alphabet)
{
	begin_speech(alphabet, NO_BUDGET);
	say_pin(0, 5, 4);
	say_pin(0, 5, 1);
	say_pin(0, 7, 2);
	say_pin(0, 7, 3);
	say(OP_UNPIN, 0, 6);
	say(OP_UNPIN, 0, 1);
	say(OP_KERNEL_BASE, 0, 5);
	say(OP_KERNEL_BASE, 1, 5);
	say(OP_USER_BASE, 0, 5);
	say_entry(OP_UPDATE, 0, 1, LAST, 5, RW);
	say_entry(OP_UPDATE, 0, 1, FIRST, 6, RW);
	say_entry(OP_UPDATE, 0, 1, FIRST, 0, 0);
	say_entry(OP_UPDATE, 0, 2, FIRST, 7, RW);
	say_entry(OP_UPDATE, 0, 4, FIRST, 5, RW);
	say_entry(OP_UPDATE, 0, 4, FIRST, 7, RW);
	say_entry(OP_UPDATE, 0, 5, FIRST, 0, 0);
	say(OP_GIVE_BACK, 0, 5);
	say(OP_GIVE_BACK, 0, 7);
}

const struct world worlds[] = {
	{"bare", 4, begin_bare, speak_bare, false},
	{"tree", 4, begin_tree, speak_tree, false},
	{"hostile", 3, begin_hostile, speak_hostile, false},
	{"foreign", 7, begin_two, speak_foreign, false},
	{"switch", 8, begin_switch, speak_switch, false},
	{"descriptors", 7, begin_tree, speak_descriptors, false},
	{"dying", 7, begin_dying, speak_dying, false},
	{"pieces", 11, begin_tree, speak_pieces, false},
	{"long", 8, begin_long, speak_long, true},
};
const unsigned int world_count = ARRAY_SIZE(worlds);
