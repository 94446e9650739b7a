/* SPDX-License-Identifier: MIT */
/*
 * tests/model/search.c - breadth first through the states of a world.
 *
 * After each operation: nothing is wrong with the machine (model_check); an
 * operation that was refused has left everything as it was.  States that were
 * met before are not gone on from, so each is reached by its shortest history.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/model/model.h"

struct step {
	uint32_t parent;
	uint16_t op;
};

static struct {
	const struct world *world;
	struct alphabet alphabet;
	struct step *steps; /* of each state: how it was reached */
	uint32_t count, room;
	struct saved *states[2]; /* of this depth and the next */
	uint32_t *numbers[2], counts[2], rooms[2];
	uint64_t *seen, seen_room;
	uint64_t transitions;
	/* what is being done, for when it goes wrong */
	uint32_t at;
	const struct op *doing[2];
} search_state;

#define S search_state

/* Failing ------------------------------------------------------------------------- */

static void print_history(uint32_t number)
{
	if (number == 0)
		return;
	print_history(S.steps[number].parent);
	op_print(stderr, &S.alphabet.ops[S.steps[number].op], 0);
}

static void fail(const char *why)
{
	fprintf(stderr, "world %s: %s\nafter these steps:\n", S.world->name, why);
	print_history(S.at);
	for (unsigned int i = 0; i < 2; i++)
		if (S.doing[i])
			op_print(stderr, S.doing[i], 0);
	printf("FAIL model_%s: %s\n", S.world->name, why);
	fflush(stdout);
}

void host_died(const char *text)
{
	fail(text);
	fflush(stderr);
	_Exit(1);
}

/* The set --------------------------------------------------------------------------- */

static bool seen_put(uint64_t hash)
{
	uint64_t at = hash & (S.seen_room - 1);

	while (S.seen[at]) {
		if (S.seen[at] == hash)
			return false;
		at = (at + 1) & (S.seen_room - 1);
	}
	S.seen[at] = hash;
	return true;
}

static void *grow(void *array, uint32_t *room, size_t size)
{
	*room = *room ? *room * 2 : 1024;
	array = realloc(array, *room * size);
	if (!array)
		abort();
	return array;
}

static void seen_grow(void)
{
	uint64_t *old = S.seen, room = S.seen_room;

	S.seen_room = room ? room * 2 : 1 << 16;
	S.seen = calloc(S.seen_room, sizeof(*S.seen));
	if (!S.seen)
		abort();
	for (uint64_t i = 0; i < room; i++)
		if (old[i])
			seen_put(old[i]);
	free(old);
}

/* A state: goes on from it at the next depth, if it is new. */
static void state_add(const struct saved *state, uint32_t parent, uint16_t op, bool keep)
{
	if (S.count * 2ull >= S.seen_room)
		seen_grow();
	if (!seen_put(state_hash(state)))
		return;
	if (S.count == S.room)
		S.steps = grow(S.steps, &S.room, sizeof(*S.steps));
	S.steps[S.count] = (struct step){parent, op};
	if (keep) {
		if (S.counts[1] == S.rooms[1]) {
			uint32_t room = S.rooms[1];

			S.states[1] = grow(S.states[1], &S.rooms[1], sizeof(struct saved));
			S.numbers[1] = grow(S.numbers[1], &room, sizeof(uint32_t));
		}
		S.states[1][S.counts[1]] = *state;
		S.numbers[1][S.counts[1]++] = S.count;
	}
	S.count++;
}

static void swap_depths(void)
{
	struct saved *states = S.states[0];
	uint32_t *numbers = S.numbers[0], room = S.rooms[0];

	S.states[0] = S.states[1];
	S.numbers[0] = S.numbers[1];
	S.rooms[0] = S.rooms[1];
	S.counts[0] = S.counts[1];
	S.states[1] = states;
	S.numbers[1] = numbers;
	S.rooms[1] = room;
	S.counts[1] = 0;
}

/* One step ----------------------------------------------------------------------------- */

static const char *refusal_check(const struct saved *before, const struct saved *after)
{
	static struct saved a, b;
	const char *difference;

	if (memcmp(before, after, sizeof(*before)) == 0)
		return NULL;
	a = *before;
	b = *after;
	state_settle(&a);
	state_settle(&b);
	difference = state_difference(&a, &b);
	if (!difference)
		return NULL;
	memmove(model_guest, difference, strlen(difference) + 1);
	return host_text("refused, yet changed: %s", (const char *)model_guest);
}

/* Only a call that is to be made again may leave a table half checked. */
static const char *half_done_check(const struct saved *before, const struct saved *after)
{
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint64_t was = before->frames[i].state, is = after->frames[i].state;

		if ((is & (FRAME_FREE | FRAME_PARTIAL | FRAME_QUEUED)) == FRAME_PARTIAL &&
		    (was & (FRAME_FREE | FRAME_PARTIAL | FRAME_QUEUED)) != FRAME_PARTIAL)
			return host_text("frame %u is left half done", i);
	}
	return NULL;
}

/* Does it; the state after it in *after.  NULL, or what is wrong. */
static const char *step(const struct saved *from, const struct op *op, struct saved *after,
			int64_t *result)
{
	static struct saved copy;
	const struct saved *before = &copy;
	const char *wrong;

	copy = *from; /* `after` may be the same */
	state_load(before);
	*result = op_do(op);
	S.transitions++;
	wrong = model_check();
	if (!wrong && *result == 0)
		wrong = op_check_done(op, before);
	state_save(after);
	if (!wrong && *result != -XEN_ERESTART)
		wrong = half_done_check(before, after);
	if (!wrong && *result < 0 && *result != -XEN_ERESTART)
		wrong = refusal_check(before, after);
	return wrong;
}

static bool expand(uint32_t index, bool keep)
{
	static struct saved before, after;

	before = S.states[0][index];
	S.at = S.numbers[0][index];
	for (unsigned int i = 0; i < S.alphabet.count; i++) {
		const struct op *op = &S.alphabet.ops[i];
		const char *wrong;
		int64_t result;

		if (!op_makes_sense(op, &before))
			continue;
		S.doing[0] = op;
		wrong = step(&before, op, &after, &result);
		if (wrong) {
			fail(wrong);
			return false;
		}
		state_add(&after, S.at, (uint16_t)i, keep);
	}
	return true;
}

static void search_begin(const struct world *world)
{
	static struct saved state;
	const char *wrong;

	free(S.steps);
	free(S.seen);
	for (unsigned int i = 0; i < 2; i++) {
		free(S.states[i]);
		free(S.numbers[i]);
	}
	memset(&S, 0, sizeof(S));
	S.world = world;
	model_clear();
	world->begin();
	world->speak(&S.alphabet);
	wrong = model_check();
	if (wrong)
		host_died(wrong);
	state_save(&state);
	state_add(&state, 0, 0, true);
	swap_depths();
}

bool search(const struct world *world, unsigned int depth)
{
	search_begin(world);
	for (unsigned int done = 0; done < depth && S.counts[0] > 0; done++) {
		for (uint32_t i = 0; i < S.counts[0]; i++)
			if (!expand(i, done + 1 < depth))
				return false;
		swap_depths();
	}
	fprintf(stderr, "world %s: %u operations, depth %u, %u states, %lu steps\n", world->name,
		S.alphabet.count, depth, S.count, S.transitions);
	printf("PASS model_%s\n", world->name);
	fflush(stdout);
	return true;
}

/* Cuts -------------------------------------------------------------------------------- */

#define CALLS_MAX    100u
#define GUEST_BUDGET 512u

/* Calls again until it is done, each time with the budget a guest has. */
static const char *finish(struct saved *state, const struct op *op, int64_t *result)
{
	struct op again = *op;

	again.budget = GUEST_BUDGET;
	for (unsigned int calls = 0; *result == -XEN_ERESTART; calls++) {
		const char *wrong;

		if (calls == CALLS_MAX)
			return "called again for ever";
		wrong = step(state, &again, state, result);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* All others between the two halves of one; then the second half. */
static const char *intrude(const struct saved *half, const struct op *op)
{
	static struct saved state;

	for (unsigned int i = 0; i < S.alphabet.count; i++) {
		const struct op *other = &S.alphabet.ops[i];
		const char *wrong;
		int64_t result;

		if (!op_makes_sense(other, half))
			continue;
		S.doing[1] = other;
		wrong = step(half, other, &state, &result);
		if (!wrong && op_makes_sense(op, &state)) {
			result = -XEN_ERESTART;
			wrong = finish(&state, op, &result);
		}
		if (wrong)
			return wrong;
	}
	S.doing[1] = NULL;
	return NULL;
}

/* Half done as this one but for where between two entries that are used. */
static uint64_t coarse_hash(const struct saved *state)
{
	static struct saved coarse;

	coarse = *state;
	for (unsigned int i = 0; i < FRAMES; i++) {
		struct frame *frame = &coarse.frames[i];
		uint16_t passed = 0;

		for (unsigned int j = 0; j < INDICES; j++)
			passed += frame->progress > model_indices[j];
		if (!(frame->state & FRAME_FREE) && (frame->state & FRAME_PARTIAL))
			frame->progress = passed;
	}
	return state_hash(&coarse);
}

/* One operation from one state, stopped after 1, 2, 3... units. */
static const char *cut(const struct saved *before, const struct op *whole)
{
	static struct saved uncut, half, rest, a;
	uint64_t last = 0;
	int64_t result, expected;
	const char *wrong = step(before, whole, &uncut, &expected);

	state_settle(&uncut);
	for (uint32_t units = 1; !wrong; units++) {
		struct op part = *whole;

		part.budget = units;
		S.doing[0] = &part;
		wrong = step(before, &part, &half, &result);
		if (wrong || result != -XEN_ERESTART)
			return wrong;
		rest = half;
		wrong = finish(&rest, whole, &result);
		if (wrong)
			return wrong;
		a = rest;
		state_settle(&a);
		wrong = state_difference(&uncut, &a);
		if (wrong || result != expected)
			return wrong ? wrong : "another result when cut short";
		if (coarse_hash(&half) != last)
			wrong = intrude(&half, &part);
		last = coarse_hash(&half);
		S.doing[0] = whole;
	}
	return wrong;
}

bool search_cuts(const struct world *world)
{
	static struct saved before;

	search_begin(world);
	before = S.states[0][0];
	for (unsigned int i = 0; i < S.alphabet.count; i++) {
		const char *wrong;

		S.doing[0] = &S.alphabet.ops[i];
		if (!op_makes_sense(S.doing[0], &before))
			continue;
		wrong = cut(&before, S.doing[0]);
		if (wrong) {
			fail(wrong);
			return false;
		}
	}
	fprintf(stderr, "world %s: %u operations cut everywhere, %lu steps\n", world->name,
		S.alphabet.count, S.transitions);
	printf("PASS model_%s_cut\n", world->name);
	fflush(stdout);
	return true;
}
