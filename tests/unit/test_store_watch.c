// needs: dom0-tools/stored/watch.c dom0-tools/stored/tree.c dom0-tools/stored/changes.c
// needs: dom0-tools/stored/account.c dom0-tools/stored/index.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_store_watch.c - who hears of what, how deep, how often, and
 * how much is kept for one that does not listen.
 */
#include "dom0-tools/stored/watch.h"
#include "tests/unit/check.h"

static struct accounts accounts;
static struct watches watches;
static struct watch_owner owner, other;
static struct perm_list *open_list, *closed_list;

static void start(void)
{
	static const struct store_perm open = {0, ACCESS_READ}, closed = {0, ACCESS_NONE};

	accounts_start(&accounts);
	watches = (struct watches){.accounts = &accounts};
	owner = (struct watch_owner){.domid = 7, .most_events = 4};
	other = (struct watch_owner){.domid = 0, .most_events = 1000};
	open_list = perm_list_make(&open, 1);
	closed_list = perm_list_make(&closed, 1);
}

static void end(void)
{
	watch_remove_all(&watches, &owner);
	watch_remove_all(&watches, &other);
	EXPECT_EQUAL(watches.by_path.count, 0);
	EXPECT_EQUAL(watches.waiting.count, 0);
	index_free(&watches.by_path);
	index_free(&watches.waiting);
	perm_list_put(open_list);
	perm_list_put(closed_list);
	accounts_end(&accounts);
}

static struct watch *add(struct watch_owner *who, const char *words, size_t relative,
			 uint32_t depth)
{
	struct wire_path path = {.length = strlen(words), .relative = relative};

	memcpy(path.text, words, path.length + 1);
	return watch_add(&watches, who, &path, (struct text){"t", 1}, depth, true);
}

static void fire(const char *path, bool exact, bool open)
{
	struct witness now = {open ? open_list : closed_list, 1};

	watch_fire(&watches, path, strlen(path), exact, &now, NULL);
}

/* The next event's path is `path`; "": there is none. */
static bool next_is(struct watch_owner *who, const char *path)
{
	char payload[128];

	if (!event_length(who))
		return !*path;
	event_take(&watches, who, payload);
	return strcmp(payload, path) == 0 && strcmp(payload + strlen(path) + 1, "t") == 0;
}

static void test_above_and_below(void)
{
	start();
	add(&owner, "/a/b", 0, WATCH_DEPTH_ANY);
	fire("/a/b", false, true);
	EXPECT(next_is(&owner, "/a/b"));
	fire("/a/b/c/d", false, true);
	EXPECT(next_is(&owner, "/a/b/c/d"));
	fire("/a", false, true);
	fire("/a/bc", false, true);
	fire("/a/b/c", true, true);
	EXPECT(next_is(&owner, ""));
	fire("/a/b", true, true);
	EXPECT(next_is(&owner, "/a/b"));
	end();
}

static void test_root_and_special(void)
{
	start();
	add(&owner, "/", 0, WATCH_DEPTH_ANY);
	add(&owner, "@releaseDomain", 0, WATCH_DEPTH_ANY);
	fire("/x/y", false, true);
	EXPECT(next_is(&owner, "/x/y"));
	fire("/", false, true);
	EXPECT(next_is(&owner, "/"));
	fire("@releaseDomain", true, true);
	EXPECT(next_is(&owner, "@releaseDomain"));
	fire("@introduceDomain", true, true);
	EXPECT(next_is(&owner, ""));
	end();
}

static void test_depth(void)
{
	start();
	add(&owner, "/", 0, 1);
	add(&owner, "/a", 0, 2);
	fire("/a/b/c/d", false, true);
	EXPECT(next_is(&owner, ""));
	fire("/a/b/c", false, true);
	EXPECT(next_is(&owner, "/a/b/c"));
	EXPECT(next_is(&owner, ""));
	fire("/a", false, true);
	EXPECT_EQUAL(owner.nr_events, 2);
	end();
}

static void test_rights(void)
{
	start();
	add(&owner, "/a", 0, WATCH_DEPTH_ANY);
	add(&other, "/a", 0, WATCH_DEPTH_ANY);
	fire("/a/b", false, false);
	EXPECT(next_is(&owner, ""));
	EXPECT(next_is(&other, "/a/b"));
	end();
}

static void test_relative(void)
{
	start();
	add(&owner, "/local/domain/7/data", 16, WATCH_DEPTH_ANY);
	fire("/local/domain/7/data/x", false, true);
	EXPECT(next_is(&owner, "data/x"));
	end();
}

static void test_merged_and_bounded(void)
{
	char path[16];

	start();
	add(&owner, "/a", 0, WATCH_DEPTH_ANY);
	for (int i = 0; i < 10; i++)
		fire("/a/b", false, true);
	EXPECT_EQUAL(owner.nr_events, 1);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/a/%d", i);
		fire(path, false, true);
	}
	EXPECT_EQUAL(owner.nr_events, 5);
	EXPECT(next_is(&owner, "/a/b"));
	for (int i = 0; i < 3; i++)
		EXPECT(next_is(&owner, (char[]){0x2f, 0x61, 0x2f, (char)(0x30 + i), 0}));
	EXPECT(next_is(&owner, "/a"));
	EXPECT(next_is(&owner, ""));
	fire("/a/z", false, true);
	EXPECT(next_is(&owner, "/a/z"));
	end();
}

static void test_removed(void)
{
	struct watch *watch;

	start();
	watch = add(&owner, "/a", 0, WATCH_DEPTH_ANY);
	add(&owner, "/b", 0, WATCH_DEPTH_ANY);
	fire("/a/1", false, true);
	fire("/b/1", false, true);
	fire("/a/2", false, true);
	watch_remove(&watches, watch);
	EXPECT_EQUAL(owner.nr_events, 1);
	EXPECT(next_is(&owner, "/b/1"));
	end();
}

int main(void)
{
	RUN(test_above_and_below);
	RUN(test_root_and_special);
	RUN(test_depth);
	RUN(test_rights);
	RUN(test_relative);
	RUN(test_merged_and_bounded);
	RUN(test_removed);
	return check_result();
}
