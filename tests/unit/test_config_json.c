// needs: dom0-tools/config/*.c dom0-tools/lib/failure.c
// needs: dom0-tools/lib/ip_addresses.c dom0-tools/lib/nbd_address.c dom0-tools/lib/text.c
// libs: -lxml2 -ljson-c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_config_json.c - configurations as JSON, strictly; messages as
 * JSON; the format that a file is taken for; the examples of the documents.
 */
#include <glob.h>
#include <json-c/json.h>

#include "dom0-tools/config/json_keys.h"
#include "tests/unit/config_help.h"

#define BODY                                                                                       \
	"\"schema\": \"enso-guest-1\", \"name\": \"web1\",\n"                                      \
	"\"memory_kib\": 65536, \"kernel\": \"/boot/vmlinuz\""

static void read_json(struct config_result *result, const char *text)
{
	read_text(result, json_read_memory, text);
}

static void test_small_guest(void)
{
	struct config_result result;

	read_json(&result, " {" BODY "}\n");
	EXPECT_EQUAL(result.said.errors + result.said.warnings, 0);
	EXPECT(result.config && result.config->memory_max_kib == 65536 &&
	       result.config->vcpus_max == 1 && result.config->weight == 256 &&
	       result.config->on_reboot == GUEST_ACTION_RESTART);
	if (result.config) {
		expect_same_again(json_write, json_read_memory, result.config);
		expect_same_again(domxml_write, domxml_read_memory, result.config);
	}
	result_free(&result);
}

static void test_wrong_members(void)
{
	struct config_result result;

	read_json(&result,
		  "{" BODY ",\n"
		  "\"vcpus\": \"2\", \"memroy_max_kib\": 5,\n"
		  "\"on_crash\": \"explode\", \"cpus\": [1],\n"
		  "\"disks\": [{\"target\": \"xvda\", \"source\": \"/a\", \"size\": 3},\n"
		  "{\"target\": \"xvda\", \"source\": \"/b\", \"cdrom\": 1}],\n"
		  "\"networks\": [{\"mac\": \"x\"}], \"weight\": -1, \"title\": \"a\\u0000b\"}");
	EXPECT_ERROR(&result, 3, 1, "must be a whole number");
	EXPECT_ERROR(&result, 3, 15, "did you mean memory_max_kib?");
	EXPECT_ERROR(&result, 4, 1, "must be destroy");
	EXPECT_ERROR(&result, 4, 24, "a list of sets");
	EXPECT_ERROR(&result, 5, 46, "is unknown here");
	EXPECT_ERROR(&result, 6, 36, "true or false");
	EXPECT_ERROR(&result, 7, 15, "00:16:3e");
	EXPECT_ERROR(&result, 7, 29, "must be a whole number");
	EXPECT_ERROR(&result, 7, 43, "must be a string");
	EXPECT_ERROR(&result, 6, 1, "another disk");
	result_free(&result);
}

static void test_malformed(void)
{
	struct config_result result;

	read_json(&result, "{" BODY);
	EXPECT_ERROR(&result, 2, 47, "unexpected end");
	result_free(&result);
	read_json(&result, "{" BODY "} {}");
	EXPECT_EQUAL(result.said.errors, 1);
	result_free(&result);
	read_json(&result, "{" BODY ",\n\"name\": \"web2\"}");
	EXPECT_ERROR(&result, 3, 1, "already");
	result_free(&result);
	read_json(&result, "{" BODY ", \"na\\u006de\": \"web2\"}");
	EXPECT_ERROR(&result, 2, 49, "backslash");
	result_free(&result);
	read_json(&result, "[]");
	EXPECT_ERROR(&result, 1, 3, "one object");
	result_free(&result);
	read_json(&result, "{\"name\": \"x\", \"memory_kib\": 65536, \"kernel\": \"/x\"}");
	EXPECT_ERROR(&result, 1, 1, "is missing");
	result_free(&result);
	read_json(&result, "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]}");
	EXPECT_EQUAL(result.said.errors, 1);
	result_free(&result);
}

static void test_names_twice(void)
{
	size_t offset = 0;

	EXPECT_EQUAL(json_keys_check("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}", &offset),
		     JSON_KEYS_FINE);
	EXPECT_EQUAL(json_keys_check("{\"a\":\"a\",\"b\":\"a\"}", &offset), JSON_KEYS_FINE);
	EXPECT_EQUAL(json_keys_check("{\"a\":{\"b\":1}, \"a\" :1}", &offset), JSON_KEYS_TWICE);
	EXPECT_EQUAL(offset, 14);
	EXPECT_EQUAL(json_keys_check("{\"a\":\"\\\"\",\"a\":1}", &offset), JSON_KEYS_TWICE);
}

static void test_messages(void)
{
	struct diagnostics said;
	json_object *object, *list, *member;

	diagnostics_init(&said);
	diagnostics_add(&said, SEVERITY_ERROR, "f.xml", (struct place){3, 4}, "<x>", "wrong");
	object = json_diagnostics(&said);
	EXPECT(object && json_object_object_get_ex(object, "errors", &member) &&
	       json_object_get_int(member) == 1);
	EXPECT(json_object_object_get_ex(object, "messages", &list) &&
	       json_object_array_length(list) == 1);
	list = json_object_array_get_idx(list, 0);
	EXPECT(json_object_object_get_ex(list, "column", &member) &&
	       json_object_get_int(member) == 4);
	EXPECT(json_object_object_get_ex(list, "severity", &member) &&
	       strcmp(json_object_get_string(member), "error") == 0);
	json_object_put(object);
	diagnostics_free(&said);
}

static enum guest_format format_of(const char *text)
{
	return guest_config_format(text, strlen(text));
}

static void test_formats(void)
{
	EXPECT_EQUAL(format_of("\n <domain/>"), GUEST_FORMAT_XML);
	EXPECT_EQUAL(format_of("\xef\xbb\xbf<?xml?>"), GUEST_FORMAT_XML);
	EXPECT_EQUAL(format_of("\t{}"), GUEST_FORMAT_JSON);
	EXPECT_EQUAL(format_of("name = 3"), GUEST_FORMAT_XL);
	EXPECT_EQUAL(format_of("# <x>"), GUEST_FORMAT_XL);
	EXPECT_EQUAL(format_of(""), GUEST_FORMAT_XL);
}

/* The documents' examples are right, and the same guest in each format. */
static void test_examples(void)
{
	glob_t found;

	EXPECT_EQUAL(glob("docs/examples/*", 0, NULL, &found), 0);
	EXPECT(found.gl_pathc >= 4);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct diagnostics said;
		struct failure failure = {0};
		struct guest_config *config;

		diagnostics_init(&said);
		EXPECT_EQUAL(guest_config_read(found.gl_pathv[i], &config, &said, &failure), 0);
		EXPECT_EQUAL(said.errors + said.warnings, 0);
		diagnostics_print(&said, stderr);
		if (config) {
			expect_same_again(domxml_write, domxml_read_memory, config);
			expect_same_again(json_write, json_read_memory, config);
		}
		guest_config_free(config);
		diagnostics_free(&said);
	}
	globfree(&found);
}

int main(void)
{
	RUN(test_small_guest);
	RUN(test_wrong_members);
	RUN(test_malformed);
	RUN(test_names_twice);
	RUN(test_messages);
	RUN(test_formats);
	RUN(test_examples);
	return check_result();
}
