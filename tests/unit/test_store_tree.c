// needs: dom0-tools/stored/tree.c dom0-tools/stored/changes.c dom0-tools/stored/account.c
// needs: dom0-tools/stored/index.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_store_tree.c - nodes, owners and their numbers; changes taken
 * back leave the tree as it was, at every point of a random history.
 */
#include <stdlib.h>

#include "dom0-tools/stored/tree.h"
#include "tests/unit/check.h"

static struct accounts accounts;
static struct tree tree;

static void start(void)
{
	accounts_start(&accounts);
	EXPECT_EQUAL(tree_start(&tree, &accounts), 0);
}

static void end(void)
{
	tree_end(&tree);
	for (struct account *account = accounts.all; account; account = account->next)
		EXPECT(!account->nodes && !account->bytes && !account->owned);
	accounts_end(&accounts);
}

static struct perm_list *list_of(uint16_t owner)
{
	struct store_perm entry = {owner, ACCESS_NONE};

	return perm_list_make(&entry, 1);
}

static struct store_node *make(struct changes *changes, struct store_node *parent, const char *name,
			       uint16_t owner)
{
	struct perm_list *perms = list_of(owner);
	struct store_node *made = NULL;

	EXPECT_EQUAL(tree_create(&tree, changes, parent, name, strlen(name), perms, "v", 1, &made),
		     0);
	perm_list_put(perms);
	return made;
}

static struct store_node *find(const char *path)
{
	return tree_find(&tree, path, strlen(path));
}

static void test_paths(void)
{
	struct changes changes = {0};
	struct store_node *deep;
	char path[32];

	start();
	deep = make(&changes, make(&changes, make(&changes, tree.root, "a", 0), "b", 0), "c", 0);
	tree_commit(&tree, &changes);
	EXPECT(find("/a/b/c") == deep);
	EXPECT(!find("/a/b/d") && !find("/b") && find("/") == tree.root);
	EXPECT_EQUAL(tree_path(&tree, deep, path, sizeof(path)), 6);
	EXPECT(strcmp(path, "/a/b/c") == 0);
	EXPECT_EQUAL(tree_path(&tree, find("@releaseDomain"), path, sizeof(path)), 14);
	EXPECT(strcmp(path, "@releaseDomain") == 0);
	end();
}

static void test_owners(void)
{
	struct changes changes = {0};
	struct store_node *node;
	struct perm_list *perms = list_of(8);

	start();
	node = make(&changes, tree.root, "a", 7);
	make(&changes, node, "b", 7);
	EXPECT_EQUAL(account_find(&accounts, 7)->nodes, 2);
	tree_set_perms(&tree, &changes, node, perms);
	EXPECT_EQUAL(account_find(&accounts, 7)->nodes, 1);
	EXPECT_EQUAL(account_find(&accounts, 8)->nodes, 1);
	tree_remove(&tree, &changes, node);
	EXPECT_EQUAL(account_find(&accounts, 7)->nodes, 0);
	EXPECT(!find("/a") && !find("/a/b"));
	tree_roll_back(&tree, &changes);
	EXPECT_EQUAL(account_find(&accounts, 7)->nodes, 0);
	EXPECT(!tree.root->first);
	perm_list_put(perms);
	end();
}

static void test_access(void)
{
	static const struct store_perm entries[] = {{7, ACCESS_READ}, {8, ACCESS_WRITE}};
	struct perm_list *perms = perm_list_make(entries, 2);

	start();
	EXPECT_EQUAL(perms_access(&accounts, perms, 5, 0), 3);
	EXPECT_EQUAL(perms_access(&accounts, perms, 5, 7), 3);
	EXPECT_EQUAL(perms_access(&accounts, perms, 5, 8), ACCESS_WRITE);
	EXPECT_EQUAL(perms_access(&accounts, perms, 5, 9), ACCESS_READ);
	account_get(&accounts, 8)->died = 5;
	EXPECT_EQUAL(perms_access(&accounts, perms, 5, 8), ACCESS_READ);
	EXPECT_EQUAL(perms_access(&accounts, perms, 6, 8), ACCESS_WRITE);
	account_get(&accounts, 9)->target = 7;
	EXPECT_EQUAL(perms_access(&accounts, perms, 5, 9), 3);
	perm_list_put(perms);
	end();
}

/* All of the tree in text: paths, values, owners, in order. */
static char *describe(void)
{
	size_t room = 1 << 20, length = 0;
	char *text = malloc(room), path[4096];

	for (struct store_node *node = tree.root; node; node = tree_next(tree.root, node)) {
		tree_path(&tree, node, path, sizeof(path));
		length += (size_t)snprintf(text + length, room - length, "%s=%.*s %u %u\n", path,
					   (int)node->value_length, node->value ? node->value : "",
					   node_owner(node), node->nr_children);
	}
	for (struct account *account = accounts.all; account; account = account->next)
		length += (size_t)snprintf(text + length, room - length, "%u: %u %llu\n",
					   account->domid, account->nodes,
					   (unsigned long long)account->bytes);
	return text;
}

static uint32_t chance = 1;

static uint32_t random_below(uint32_t limit)
{
	chance = chance * 1664525 + 1013904223;
	return (chance >> 8) % limit;
}

static struct store_node *any_node(void)
{
	struct store_node *node = tree.root;
	uint32_t steps = random_below(40);

	for (struct store_node *next = node; next && steps--; next = tree_next(tree.root, next))
		node = next;
	return node;
}

static void random_change(struct changes *changes)
{
	struct store_node *node = any_node();
	char name[2] = {(char)('a' + random_below(4)), 0};
	struct perm_list *perms;

	switch (random_below(5)) {
	case 0:
		if (node != tree.root)
			tree_remove(&tree, changes, node);
		return;
	case 1:
		tree_set_value(&tree, changes, node, "longer value", random_below(13));
		return;
	case 2:
		perms = list_of((uint16_t)random_below(4));
		tree_set_perms(&tree, changes, node, perms);
		perm_list_put(perms);
		return;
	default:
		if (!tree_child(&tree, node, name, 1))
			make(changes, node, name, (uint16_t)random_below(4));
	}
}

static void test_taken_back(void)
{
	start();
	for (uint16_t domid = 0; domid < 4; domid++)
		account_get(&accounts, domid);
	for (int round = 0; round < 2000; round++) {
		struct changes changes = {0};
		char *before = describe();
		uint32_t count = random_below(12);
		bool back = random_below(2);

		while (count--)
			random_change(&changes);
		if (back) {
			char *after;

			tree_roll_back(&tree, &changes);
			after = describe();
			EXPECT(strcmp(before, after) == 0);
			free(after);
		} else {
			tree_commit(&tree, &changes);
		}
		free(before);
	}
	end();
}

int main(void)
{
	RUN(test_paths);
	RUN(test_owners);
	RUN(test_access);
	RUN(test_taken_back);
	return check_result();
}
