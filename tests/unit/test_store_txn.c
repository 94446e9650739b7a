// needs: dom0-tools/stored/txn.c dom0-tools/stored/edit.c dom0-tools/stored/tree.c
// needs: dom0-tools/stored/changes.c dom0-tools/stored/account.c dom0-tools/stored/index.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_store_txn.c - transactions against a naive model: what a
 * committed one has read is what it would read if it ran alone, at its commit,
 * on a plain copy of everything; and one that nobody disturbed commits.
 */
#include <errno.h>
#include <stdlib.h>

#include "dom0-tools/stored/txn.h"
#include "tests/unit/check.h"

#define NAMES	 3
#define NR_PATHS 39 /* three names, three levels */
#define NR_TXNS	 4
#define MOST_OPS 30

static struct accounts accounts;
static struct tree tree;
static char paths[NR_PATHS][8];

/* The model: what there is, and nothing else. */
struct model {
	int value[NR_PATHS]; /* -1: absent */
};

enum op_kind { OP_READ, OP_LIST, OP_WRITE, OP_REMOVE };

struct op {
	enum op_kind kind;
	int path, value;
	int seen; /* OP_READ: the value; OP_LIST: bits of the names */
};

struct run {
	struct transaction *transaction;
	struct op ops[MOST_OPS];
	int nr_ops;
	int commits; /* of all, when it began */
};

static struct model committed;
static int commits, conflicts;
static uint32_t chance = 99;

static int random_below(int limit)
{
	chance = chance * 1664525 + 1013904223;
	return (int)((chance >> 8) % (uint32_t)limit);
}

/* Paths are numbered 0-2, then their children 3 + 3 * parent + name. */
static int parent_of(int path)
{
	return path < NAMES ? -1 : path / NAMES - 1;
}

static void name_paths(void)
{
	for (int i = 0; i < NR_PATHS; i++)
		snprintf(paths[i], sizeof(paths[i]), "%.5s/%c",
			 parent_of(i) < 0 ? "" : paths[parent_of(i)], 'a' + i % NAMES);
}

static bool below(int path, int top)
{
	while (path >= 0 && path != top)
		path = parent_of(path);
	return path == top;
}

static void model_write(struct model *model, int path, int value)
{
	for (int above = parent_of(path); above >= 0; above = parent_of(above)) {
		if (model->value[above] < 0)
			model->value[above] = 0;
	}
	model->value[path] = value;
}

static void model_remove(struct model *model, int top)
{
	for (int path = 0; path < NR_PATHS; path++) {
		if (below(path, top))
			model->value[path] = -1;
	}
}

static int model_list(const struct model *model, int path)
{
	int bits = 0;

	for (int name = 0; name < NAMES; name++) {
		int child = (path + 1) * NAMES + name;

		if (child < NR_PATHS && model->value[child] >= 0)
			bits |= 1 << name;
	}
	return bits;
}

/* What an operation sees or does in the model. */
static int model_carry_out(struct model *model, const struct op *op)
{
	if (op->kind == OP_READ)
		return model->value[op->path];
	if (op->kind == OP_LIST)
		return model->value[op->path] < 0 ? -1 : model_list(model, op->path);
	if (op->kind == OP_WRITE)
		model_write(model, op->path, op->value);
	else
		model_remove(model, op->path);
	return 0;
}

static int value_of(const struct node_view *node)
{
	int value = 0;

	if (!node->present)
		return -1;
	if (node->value_length == sizeof(value))
		memcpy(&value, node->value, sizeof(value));
	return value;
}

static void add_bit(void *context, const char *name, size_t length)
{
	int *bits = context;

	EXPECT_EQUAL(length, 1);
	EXPECT(!(*bits & 1 << (name[0] - 'a')));
	*bits |= 1 << (name[0] - 'a');
}

static int make(const struct view *view, struct changes *changes, struct edit *edit,
		const char *path)
{
	edit->path = path;
	edit->path_length = (uint32_t)strlen(path);
	return view->transaction ? txn_add(view, edit) : edit_apply(&tree, changes, edit);
}

/* Writes a path, and what is missing above it, as a request does. */
static void write_path(const struct view *view, struct changes *changes, int path, int value)
{
	struct edit create = {.kind = EDIT_CREATE, .perms = tree.root->perms};
	struct edit change = {.kind = EDIT_VALUE, .value = &value, .value_length = sizeof(value)};
	struct node_view node;
	int chain[4], depth = 0;

	EXPECT_EQUAL(view_look(view, paths[path], strlen(paths[path]), &node), 0);
	if (node.present) {
		EXPECT_EQUAL(make(view, changes, &change, paths[path]), 0);
		return;
	}
	for (int at = path; at >= 0; at = parent_of(at)) {
		EXPECT_EQUAL(view_look(view, paths[at], strlen(paths[at]), &node), 0);
		if (node.present)
			break;
		chain[depth++] = at;
	}
	while (depth--) {
		create.value = depth ? NULL : &value;
		create.value_length = depth ? 0 : sizeof(value);
		EXPECT_EQUAL(make(view, changes, &create, paths[chain[depth]]), 0);
	}
}

static int carry_out(struct transaction *transaction, const struct op *op)
{
	struct view view = {&tree, transaction, 1000};
	struct edit edit = {.kind = EDIT_REMOVE};
	struct changes changes = {0};
	struct node_view node;
	int bits = 0;

	EXPECT_EQUAL(view_look(&view, paths[op->path], strlen(paths[op->path]), &node), 0);
	if (op->kind == OP_READ)
		return value_of(&node);
	if (op->kind == OP_LIST) {
		if (!node.present)
			return -1;
		EXPECT_EQUAL(view_list(&view, &node, add_bit, &bits), 0);
		return bits;
	}
	if (op->kind == OP_WRITE)
		write_path(&view, &changes, op->path, op->value);
	else if (node.present)
		EXPECT_EQUAL(make(&view, &changes, &edit, paths[op->path]), 0);
	tree_commit(&tree, &changes);
	return 0;
}

static struct op random_op(void)
{
	return (struct op){
		.kind = (enum op_kind)random_below(4),
		.path = random_below(NR_PATHS),
		.value = random_below(1000000) + 1,
	};
}

static void compare(void)
{
	for (int i = 0; i < NR_PATHS; i++) {
		struct op read = {.kind = OP_READ, .path = i};
		struct op list = {.kind = OP_LIST, .path = i};

		EXPECT_EQUAL(carry_out(NULL, &read), committed.value[i]);
		EXPECT_EQUAL(carry_out(NULL, &list), model_carry_out(&committed, &list));
	}
}

static void end_run(struct run *run)
{
	struct model after = committed;
	struct changes changes = {0};
	int error = txn_verify(run->transaction, &tree);

	if (run->commits == commits)
		EXPECT_EQUAL(error, 0);
	conflicts += error == -EAGAIN;
	if (!error) {
		for (int i = 0; i < run->nr_ops; i++) {
			int seen = model_carry_out(&after, &run->ops[i]);

			if (run->ops[i].kind <= OP_LIST)
				EXPECT_EQUAL(run->ops[i].seen, seen);
		}
		for (const struct edit *edit = txn_first(run->transaction); edit;
		     edit = txn_next(edit))
			EXPECT_EQUAL(edit_apply(&tree, &changes, edit), 0);
		tree_commit(&tree, &changes);
		committed = after;
		commits++;
		compare();
	}
	txn_free(run->transaction);
	*run = (struct run){0};
}

static void step(struct run *run)
{
	if (!run->transaction) {
		run->transaction = txn_start(&tree, 1);
		run->commits = commits;
	} else if (run->nr_ops == MOST_OPS || random_below(8) == 0) {
		end_run(run);
	} else {
		struct op *op = &run->ops[run->nr_ops++];

		*op = random_op();
		op->seen = carry_out(run->transaction, op);
	}
}

static void test_against_model(void)
{
	struct run runs[NR_TXNS] = {0};

	accounts_start(&accounts);
	EXPECT_EQUAL(tree_start(&tree, &accounts), 0);
	name_paths();
	for (int i = 0; i < NR_PATHS; i++)
		committed.value[i] = -1;
	for (int round = 0; round < 60000; round++) {
		int who = random_below(NR_TXNS * 4);

		if (who < NR_TXNS * 3 + 3) {
			step(&runs[who % NR_TXNS]);
			continue;
		}
		/* Somebody without a transaction. */
		struct op op = random_op();

		carry_out(NULL, &op);
		model_carry_out(&committed, &op);
		commits += op.kind > OP_LIST;
	}
	for (int i = 0; i < NR_TXNS; i++) {
		if (runs[i].transaction)
			txn_free(runs[i].transaction);
	}
	compare();
	EXPECT(commits > 1000 && conflicts > 100);
	tree_end(&tree);
	accounts_end(&accounts);
}

/* Two that make different children of one node do not disturb each other. */
static void test_no_false_conflict(void)
{
	struct op one = {.kind = OP_WRITE, .path = 3, .value = 1};
	struct op two = {.kind = OP_WRITE, .path = 4, .value = 1};
	struct op base = {.kind = OP_WRITE, .path = 0, .value = 1};
	struct op list = {.kind = OP_LIST, .path = 0};
	struct transaction *a, *b, *c;

	accounts_start(&accounts);
	EXPECT_EQUAL(tree_start(&tree, &accounts), 0);
	carry_out(NULL, &base);
	a = txn_start(&tree, 1);
	b = txn_start(&tree, 2);
	c = txn_start(&tree, 3);
	carry_out(a, &one);
	carry_out(c, &list);
	carry_out(b, &two);
	carry_out(NULL, &one);
	EXPECT_EQUAL(txn_verify(a, &tree), -EAGAIN);
	EXPECT_EQUAL(txn_verify(b, &tree), 0);
	EXPECT_EQUAL(txn_verify(c, &tree), -EAGAIN);
	txn_free(a);
	txn_free(b);
	txn_free(c);
	tree_end(&tree);
	accounts_end(&accounts);
}

static void test_bounded(void)
{
	struct view view = {&tree, NULL, 3};
	struct node_view node;

	accounts_start(&accounts);
	EXPECT_EQUAL(tree_start(&tree, &accounts), 0);
	view.transaction = txn_start(&tree, 1);
	EXPECT_EQUAL(view_look(&view, "/a/b", 4, &node), 0);
	EXPECT_EQUAL(view_look(&view, "/a/b/c", 6, &node), -ENOSPC);
	txn_free(view.transaction);
	tree_end(&tree);
	accounts_end(&accounts);
}

int main(void)
{
	RUN(test_against_model);
	RUN(test_no_false_conflict);
	RUN(test_bounded);
	return check_result();
}
