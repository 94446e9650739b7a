// needs: dom0-tools/stored/wire.c dom0-tools/stored/tree.c dom0-tools/stored/changes.c
// needs: dom0-tools/stored/account.c dom0-tools/stored/index.c dom0-tools/stored/ring.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_store_wire.c - what the store reads from its clients: strings,
 * paths, numbers, permissions; ring indices of every kind.
 */
#include <errno.h>

#include "dom0-tools/stored/ring.h"
#include "dom0-tools/stored/wire.h"
#include "tests/unit/check.h"

static struct text text_of(const char *words)
{
	return (struct text){words, strlen(words)};
}

static void test_strings(void)
{
	struct text text[3], rest;

	EXPECT_EQUAL(wire_strings("a\0bc\0d", 6, text, 3, &rest), 2);
	EXPECT_EQUAL(text[1].length, 2);
	EXPECT_EQUAL(rest.length, 1);
	EXPECT_EQUAL(wire_strings("", 0, text, 3, &rest), 0);
	EXPECT(wire_exactly("a\0\0", 3, text, 2));
	EXPECT(!wire_exactly("a\0b", 3, text, 2));
	EXPECT(!wire_exactly("a\0b\0", 4, text, 1));
}

static void test_paths(void)
{
	struct wire_path path;
	char longest[XENSTORE_ABS_PATH_MAX + 2];

	EXPECT_EQUAL(wire_path_read(&path, text_of("/"), 0, 3072, false), 0);
	EXPECT_EQUAL(wire_path_read(&path, text_of("/a/B-9_@"), 0, 3072, false), 0);
	EXPECT_EQUAL(path.relative, 0);
	EXPECT_EQUAL(wire_path_read(&path, text_of("data/x"), 7, 3072, false), 0);
	EXPECT(strcmp(path.text, "/local/domain/7/data/x") == 0);
	EXPECT_EQUAL(path.relative, 16);
	EXPECT_EQUAL(wire_path_read(&path, text_of(""), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("/a/"), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("//"), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("/a//b"), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("/a b"), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("/a.b"), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("@x"), 0, 3072, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, text_of("@x"), 0, 3072, true), 0);
	EXPECT_EQUAL(wire_path_read(&path, text_of("@x/y"), 0, 3072, true), -EINVAL);

	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	EXPECT_EQUAL(wire_path_read(&path, (struct text){longest, 3072}, 0, 3072, false), 0);
	EXPECT_EQUAL(wire_path_read(&path, (struct text){longest, 3073}, 0, 9999, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, (struct text){longest, 2049}, 1, 2048, false), -EINVAL);
	EXPECT_EQUAL(wire_path_read(&path, (struct text){longest + 1, 2048}, 1, 2048, false), 0);
	EXPECT_EQUAL(wire_path_read(&path, (struct text){longest + 1, 2049}, 1, 9999, false),
		     -EINVAL);
	EXPECT_EQUAL(wire_parent("/a/b", 4), 2);
	EXPECT_EQUAL(wire_parent("/a", 2), 1);
	EXPECT_EQUAL(wire_parent("/", 1), 1);
}

static void test_numbers(void)
{
	uint64_t number;

	EXPECT_EQUAL(wire_number(text_of("0"), 9, &number), 0);
	EXPECT_EQUAL(wire_number(text_of("18446744073709551615"), UINT64_MAX, &number), 0);
	EXPECT(number == UINT64_MAX);
	EXPECT_EQUAL(wire_number(text_of("18446744073709551616"), UINT64_MAX, &number), -EINVAL);
	EXPECT_EQUAL(wire_number(text_of("10"), 9, &number), -EINVAL);
	EXPECT_EQUAL(wire_number(text_of(""), 9, &number), -EINVAL);
	EXPECT_EQUAL(wire_number(text_of("-1"), 9, &number), -EINVAL);
	EXPECT_EQUAL(wire_number(text_of("1x"), 99, &number), -EINVAL);
}

static void test_permissions(void)
{
	struct store_perm entries[WIRE_PERMS_MAX];
	struct perm_list *perms;
	char bytes[32];

	EXPECT_EQUAL(wire_perms_read((struct text){"n0\0b7\0", 6}, entries), 2);
	EXPECT_EQUAL(entries[1].domid, 7);
	EXPECT_EQUAL(entries[1].access, ACCESS_READ | ACCESS_WRITE);
	EXPECT_EQUAL(wire_perms_read((struct text){"n0\0b7", 5}, entries), -EINVAL);
	EXPECT_EQUAL(wire_perms_read((struct text){"x0\0", 3}, entries), -EINVAL);
	EXPECT_EQUAL(wire_perms_read((struct text){"r\0", 2}, entries), -EINVAL);
	EXPECT_EQUAL(wire_perms_read((struct text){"r99999\0", 7}, entries), -EINVAL);
	EXPECT_EQUAL(wire_perms_read((struct text){"", 0}, entries), -EINVAL);
	EXPECT_EQUAL(wire_perms_read((struct text){"\0", 1}, entries), -EINVAL);

	wire_perms_read((struct text){"n0\0b7\0", 6}, entries);
	perms = perm_list_make(entries, 2);
	EXPECT_EQUAL(wire_perms_write(perms, bytes, sizeof(bytes)), 6);
	EXPECT(memcmp(bytes, "n0\0b7\0", 6) == 0);
	EXPECT_EQUAL(wire_perms_write(perms, bytes, 5), -E2BIG);
	perm_list_put(perms);
	EXPECT(strcmp(wire_error_name(EAGAIN), "EAGAIN") == 0);
	EXPECT(strcmp(wire_error_name(9999), "EINVAL") == 0);
}

static void test_ring(void)
{
	static struct xenstore_domain_interface page;
	char bytes[1024];

	page.req_prod = 5;
	EXPECT_EQUAL(ring_readable(&page, 0), 5);
	EXPECT_EQUAL(ring_readable(&page, 5), 0);
	EXPECT_EQUAL(ring_readable(&page, 6), -EIO);
	page.req_prod = 1025;
	EXPECT_EQUAL(ring_readable(&page, 0), -EIO);
	EXPECT_EQUAL(ring_readable(&page, 1), 1024);
	page.req_prod = 3;
	EXPECT_EQUAL(ring_readable(&page, 0xfffffffe), 5);
	memset(page.req, 'x', sizeof(page.req));
	page.req[0] = 'y';
	ring_read(&page, 0xfffffffe, bytes, 5);
	EXPECT(memcmp(bytes, "xxyxx", 5) == 0);
	page.rsp_cons = 0xfffffff0;
	EXPECT_EQUAL(ring_writable(&page, 0), 1024 - 16);
	page.rsp_cons = 1;
	EXPECT_EQUAL(ring_writable(&page, 0), -EIO);
	ring_write(&page, 1023, "ab", 2);
	EXPECT(page.rsp[1023] == 'a' && page.rsp[0] == 'b');
	ring_publish_producer(&page, 1025);
	ring_publish_consumer(&page, 9);
	EXPECT(page.rsp_prod == 1025 && page.req_cons == 9);
}

int main(void)
{
	RUN(test_strings);
	RUN(test_paths);
	RUN(test_numbers);
	RUN(test_permissions);
	RUN(test_ring);
	return check_result();
}
