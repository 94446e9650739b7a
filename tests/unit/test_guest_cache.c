// needs: dom0-tools/builder/cache_index.c dom0-tools/builder/sha256.c dom0-tools/lib/text.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_guest_cache.c - how cached kernels are recognised: the index'
 * names, SHA-256 by NIST's examples; and the small words of lib/text.h.
 */
#include <stdint.h>
#include <stdlib.h>

#include "dom0-tools/builder/cache_index.h"
#include "dom0-tools/builder/sha256.h"
#include "dom0-tools/lib/text.h"

#include "tests/unit/check.h"

static const struct cache_identity usual = {
	.device = 0x801,
	.inode = 4711,
	.bytes = 8247232,
	.changed_seconds = 1700000000,
	.changed_ns = 123456789,
	.status_seconds = 1700000005,
	.status_ns = 5,
};

/* Each field counts, and fields do not run into each other. */
static void test_guest_cache_names(void)
{
	struct cache_identity other[7];
	char first[CACHE_INDEX_NAME], second[CACHE_INDEX_NAME];

	for (int i = 0; i < 7; i++)
		other[i] = usual;
	other[0].device++;
	other[1].inode++;
	other[2].bytes++;
	other[3].changed_seconds++;
	other[4].changed_ns++;
	other[5].status_seconds++;
	other[6].status_ns++;
	cache_index_name(first, &usual);
	EXPECT(!strcmp(first, cache_index_name(second, &usual)));
	EXPECT(!strchr(first, '/'));
	for (int i = 0; i < 7; i++)
		EXPECT(strcmp(first, cache_index_name(second, &other[i])));
}

static void test_guest_cache_longest_name(void)
{
	struct cache_identity most = {~0ull, ~0ull, ~0ull, INT64_MIN, INT64_MIN, ~0u, ~0u};
	char name[CACHE_INDEX_NAME];

	EXPECT(strlen(cache_index_name(name, &most)) < CACHE_INDEX_NAME - 1);
}

static void test_guest_cache_stale(void)
{
	struct cache_identity later = usual, elsewhere = usual;
	char name[CACHE_INDEX_NAME];

	later.status_seconds++;
	elsewhere.inode *= 16;
	EXPECT(!cache_index_is_stale(cache_index_name(name, &usual), &usual));
	EXPECT(cache_index_is_stale(cache_index_name(name, &later), &usual));
	EXPECT(!cache_index_is_stale(cache_index_name(name, &elsewhere), &usual));
	EXPECT(!cache_index_is_stale("..", &usual));
}

static void test_guest_cache_settled(void)
{
	struct cache_identity future = usual;

	EXPECT(cache_index_is_settled(&usual, 1700000100));
	EXPECT(!cache_index_is_settled(&usual, 1700000006));
	future.changed_seconds = 1800000000;
	EXPECT(!cache_index_is_settled(&future, 1700000100));
}

static void test_guest_cache_links(void)
{
	char link[80] = "../";

	memset(link + 3, 'a', 64);
	EXPECT(cache_index_link_is_valid(link));
	link[10] = '/';
	EXPECT(!cache_index_link_is_valid(link));
	link[10] = 'A';
	EXPECT(!cache_index_link_is_valid(link));
	EXPECT(!cache_index_link_is_valid("../abc"));
	EXPECT(!cache_index_link_is_valid(""));
}

static bool digest_is(const void *bytes, size_t count, const char *expected)
{
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT];

	sha256(bytes, count, digest);
	return !strcmp(sha256_write(text, digest), expected);
}

/* FIPS 180's examples, and every length around a block's end against coreutils'. */
static void test_guest_cache_sha256(void)
{
	char *million = malloc(1000000);

	EXPECT(digest_is("", 0,
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	EXPECT(digest_is("abc", 3,
			 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	EXPECT(digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
			 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
	memset(million, 'a', 1000000);
	EXPECT(digest_is(million, 1000000,
			 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
	EXPECT(digest_is(million, 55,
			 "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"));
	EXPECT(digest_is(million, 64,
			 "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"));
	free(million);
}

static void test_text_numbers(void)
{
	uint64_t number = 0;

	EXPECT(text_parse_number("18446744073709551615", 0, UINT64_MAX, &number));
	EXPECT(number == UINT64_MAX);
	EXPECT(!text_parse_number("18446744073709551616", 0, UINT64_MAX, &number));
	EXPECT(!text_parse_number("99999999999999999999999", 0, UINT64_MAX, &number));
	EXPECT(!text_parse_number("", 0, 9, &number));
	EXPECT(!text_parse_number("-1", 0, 9, &number));
	EXPECT(!text_parse_number("1 ", 0, 9, &number));
	EXPECT(!text_parse_number("10", 0, 9, &number));
	EXPECT(!text_parse_number("1", 2, 9, &number));
}

static void test_text_bytes(void)
{
	char text[TEXT_BYTES_ROOM];

	EXPECT(!strcmp(text_write_bytes(text, 0), "0 B"));
	EXPECT(!strcmp(text_write_bytes(text, 512 << 10), "512 KiB"));
	EXPECT(!strcmp(text_write_bytes(text, 3ull << 29), "1.5 GiB"));
	EXPECT(!strcmp(text_write_bytes(text, UINT64_MAX), "16.0 EiB"));
}

static void test_text_uuids(void)
{
	static const char spelt[] = "01234567-89ab-cdef-0123-456789abcdef";
	uint8_t uuid[UUID_BYTES];
	char text[UUID_TEXT];

	EXPECT(uuid_parse(spelt, uuid));
	EXPECT(!strcmp(uuid_write(text, uuid), spelt));
	EXPECT(uuid_parse("0123456789ABCDEF0123456789ABCDEF", uuid));
	EXPECT(!strcmp(uuid_write(text, uuid), spelt));
	EXPECT(!uuid_parse("", uuid));
	EXPECT(!uuid_parse("01234567-89ab-cdef-0123-456789abcde", uuid));
	EXPECT(!uuid_parse("01234567-89ab-cdef-0123-456789abcdef0", uuid));
	EXPECT(!uuid_parse("0123456-789ab-cdef-0123-456789abcdef0", uuid));
	EXPECT(!uuid_parse("01234567-89ab-cdef-0123-456789abcdeg", uuid));
	EXPECT(uuid_make_random(uuid));
	EXPECT(uuid[6] >> 4 == 4 && uuid[8] >> 6 == 2);
}

int main(void)
{
	RUN(test_guest_cache_names);
	RUN(test_guest_cache_longest_name);
	RUN(test_guest_cache_stale);
	RUN(test_guest_cache_settled);
	RUN(test_guest_cache_links);
	RUN(test_guest_cache_sha256);
	RUN(test_text_numbers);
	RUN(test_text_bytes);
	RUN(test_text_uuids);
	return check_result();
}
