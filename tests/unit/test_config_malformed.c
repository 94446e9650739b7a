// needs: dom0-tools/config/*.c dom0-tools/lib/failure.c
// needs: dom0-tools/lib/ip_addresses.c dom0-tools/lib/nbd_address.c dom0-tools/lib/text.c
// libs: -lxml2 -ljson-c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_config_malformed.c - two hundred configurations that are wrong,
 * from right ones by a generator with a fixed seed: numbers out of range, types,
 * names nobody knows, doubles, what is cut off, NUL, bytes that are not UTF-8,
 * strings of a mebibyte, deep nesting.  Each is refused or warned of with a file
 * and a line, in under a second, and nothing is left behind (ASan counts).
 */
#include <time.h>

#include "tests/unit/config_help.h"

#define CASES	  200
#define LONG_TEXT (1u << 20)

/* CPU time, so that a busy machine is not the reader's fault; sanitizers take their part. */
#define SECONDS_MAX 1.0

static uint64_t seed;

/* xorshift64* */
static uint32_t random_below(uint32_t limit)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * 2685821657736338717ull >> 33) % limit);
}

struct text {
	char *bytes;
	size_t length;
};

static const char *const bases[] = {
	/* Whole and right, with a place for each mutation. */
	"<domain type='xen'>\n  <name>web1</name>\n"
	"  <uuid>45b60f51-88a9-47a8-a3b3-5e66d71b2283</uuid>\n"
	"  <memory unit='KiB'>262144</memory>\n  <vcpu current='1'>2</vcpu>\n"
	"  <os>\n    <type>linux</type>\n    <kernel>/boot/vmlinuz</kernel>\n"
	"    <cmdline>console=hvc0</cmdline>\n  </os>\n  <on_crash>restart</on_crash>\n"
	"  <devices>\n    <disk type='file'>\n      <source file='/a.img'/>\n"
	"      <target dev='xvda'/>\n    </disk>\n    <interface type='bridge'>\n"
	"      <mac address='00:16:3e:00:00:01'/>\n      <source bridge='br0'/>\n"
	"    </interface>\n  </devices>\n</domain>\n",
	"name = \"web1\"\nuuid = \"45b60f51-88a9-47a8-a3b3-5e66d71b2283\"\nmemory = 256\n"
	"vcpus = 2\nkernel = \"/boot/vmlinuz\"\nextra = \"console=hvc0\"\n"
	"on_crash = \"restart\"\ndisk = [ \"/a.img,raw,xvda,rw\" ]\n"
	"vif = [ \"mac=00:16:3e:00:00:01,bridge=br0\" ]\n",
	"{\n\"schema\": \"enso-guest-1\",\n\"name\": \"web1\",\n"
	"\"uuid\": \"45b60f51-88a9-47a8-a3b3-5e66d71b2283\",\n\"memory_kib\": 262144,\n"
	"\"vcpus\": 2,\n\"kernel\": \"/boot/vmlinuz\",\n\"on_crash\": \"restart\",\n"
	"\"disks\": [{\"target\": \"xvda\",\n\"source\": \"/a.img\"}],\n"
	"\"networks\": [{\"mac\": \"00:16:3e:00:00:01\",\n\"bridge\": \"br0\"}]\n}\n",
};

static config_reader *const readers[] = {domxml_read_memory, xlcfg_read_memory, json_read_memory};

static void replace(struct text *text, size_t at, size_t old, const char *with, size_t length)
{
	char *made = malloc(text->length - old + length + 1);

	memcpy(made, text->bytes, at);
	memcpy(made + at, with, length);
	memcpy(made + at + length, text->bytes + at + old, text->length - at - old);
	text->length = text->length - old + length;
	made[text->length] = 0;
	free(text->bytes);
	text->bytes = made;
}

/* A value of the base that the mutation is for, and what makes it wrong. */
static const struct {
	const char *old, *new;
} wrong_values[] = {
	{"web1", "a/b"},
	{"web1", "12"},
	{"web1", ""},
	{"web1", "a\xc2\x9b"
		 "31m"},
	{"/boot/vmlinuz", "\xc2\x9b"
			  "31m"},
	{"45b60f51", "45b60f5"},
	{"45b60f51", "nonsense"},
	{"256", "8"},
	{"262144", "8192"},
	{"256", "99999999999999999999999"},
	{"262144", "99999999999999999999999"},
	{"262144", "-1"},
	{"256", "1.5"},
	{"/boot/vmlinuz", "vmlinuz"},
	{"/boot/vmlinuz", ""},
	{"restart", "explode"},
	{"restart", "RESTART"},
	{"xvda", "floppy"},
	{"xvda", "xvda/../.."},
	{"/a.img", "a.img\x01"},
	{"00:16:3e:00:00:01", "01:16:3e:00:00:01"},
	{"00:16:3e:00:00:01", "00:16"},
	{"br0", "a name that is much too long"},
	{"br0", "a/b"},
	{"vcpu", "vcpsu"},
	{"name", "nmae"},
	{"kernel", "kernal"},
	{"bridge", "brigde"},
	{"linux", "dos"},
	{"'1'", "'3'"},
	{"vcpus = 2", "vcpus = 99"},
	{"\"vcpus\": 2", "\"vcpus\": \"2\""},
};

static bool mutate_value(struct text *text)
{
	uint32_t first = random_below(ARRAY_SIZE(wrong_values));

	for (uint32_t i = 0; i < ARRAY_SIZE(wrong_values); i++) {
		uint32_t which = (first + i) % ARRAY_SIZE(wrong_values);
		const char *found = strstr(text->bytes, wrong_values[which].old);

		if (!found)
			continue;
		replace(text, (size_t)(found - text->bytes), strlen(wrong_values[which].old),
			wrong_values[which].new, strlen(wrong_values[which].new));
		return true;
	}
	return false;
}

static bool cut_off(struct text *text)
{
	size_t keep = text->length / 4 + random_below((uint32_t)(text->length / 2));

	/* At a line's end what is left of xl.cfg may be right, but for the kernel. */
	text->length = keep;
	text->bytes[keep] = 0;
	return strstr(text->bytes, "kernel") == NULL || text->bytes[0] != 'n';
}

static bool put_bad_byte(struct text *text)
{
	static const char *const bad[] = {
		"\0", "\xff", "\xc3(", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\xaf"};
	uint32_t which = random_below(ARRAY_SIZE(bad));

	replace(text, random_below((uint32_t)text->length), 0, bad[which],
		which ? strlen(bad[which]) : 1);
	return true;
}

static bool put_long_text(struct text *text)
{
	static const char *const places[] = {
		"web1",	  "/boot/vmlinuz", "restart", "xvda",  "br0", "00:16:3e:00:00:01",
		"/a.img", "name",	   "256",     "262144"};
	const char *found = strstr(text->bytes, places[random_below(ARRAY_SIZE(places))]);
	static const char letters[] = "a/0 =<";
	char *longest = malloc(LONG_TEXT);

	memset(longest, letters[random_below(sizeof(letters) - 2)], LONG_TEXT);
	if (found)
		replace(text, (size_t)(found - text->bytes), 2, longest, LONG_TEXT);
	free(longest);
	return found;
}

static bool nest(struct text *text)
{
	static const char *const opening[] = {
		"<a>", "[", "{\"a\":", "<devices>", "<![CDATA[", "[["};
	const char *what = opening[random_below(ARRAY_SIZE(opening))];
	size_t times = 10 + random_below(20000), length = strlen(what);
	const char *equals = strchr(text->bytes, '=');
	size_t at = text->bytes[0] == '<' ? 20 : equals ? (size_t)(equals - text->bytes) + 1 : 1;
	char *deep = malloc(times * length);

	for (size_t i = 0; i < times; i++)
		memcpy(deep + i * length, what, length);
	replace(text, at, 0, deep, times * length);
	free(deep);
	return true;
}

/* One line of the text stands twice. */
static bool double_line(struct text *text)
{
	static const char *const words[] = {"web1", "vcpu", "kernel", "memory", "restart", "uuid"};
	const char *found = strstr(text->bytes, words[random_below(ARRAY_SIZE(words))]), *end;
	char line[256];

	if (!found)
		return false;
	while (found > text->bytes && found[-1] != '\n')
		found--;
	end = strchr(found, '\n');
	if (!end || (size_t)(end - found) >= sizeof(line) - 1)
		return false;
	snprintf(line, sizeof(line), "%.*s\n", (int)(end - found), found);
	replace(text, (size_t)(found - text->bytes), 0, line, strlen(line));
	return true;
}

static bool put_many(struct text *text)
{
	static const char *const things[] = {"\n<elephant a='b'/>",
					     "\nelephant = 3",
					     "\n\"elephant\": 3,",
					     " a='b'",
					     "\n<disk type='file'><target dev='xvda'/></disk>",
					     "\n;;= = [",
					     "&#38;",
					     "\\"};
	const char *what = things[random_below(ARRAY_SIZE(things))];
	size_t times = 200 + random_below(20000), length = strlen(what);
	const char *line = strchr(text->bytes, '\n');
	char *many = malloc(times * length);

	for (size_t i = 0; i < times; i++)
		memcpy(many + i * length, what, length);
	replace(text, (size_t)(line - text->bytes), 0, many, times * length);
	free(many);
	return true;
}

static bool (*const mutations[])(struct text *) = {mutate_value, mutate_value, mutate_value,
						   cut_off,	 put_bad_byte, put_long_text,
						   nest,	 double_line,  put_many};

static struct text make_case(uint32_t number, uint32_t *format)
{
	struct text text = {NULL, 0};
	bool made = false;

	seed = 88172645463325252ull + number * 2862933555777941757ull;
	while (!made) {
		*format = random_below(ARRAY_SIZE(bases));
		free(text.bytes);
		text.bytes = strdup(bases[*format]);
		text.length = strlen(text.bytes);
		made = mutations[random_below(ARRAY_SIZE(mutations))](&text);
	}
	return text;
}

/* Terminals obey U+0080 to U+009f as they do what is below a space. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f ||
		    ((unsigned char)*text == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80))
			return false;
	return true;
}

static bool names_a_line(const struct config_result *result)
{
	for (size_t i = 0; i < result->said.kept_count; i++)
		if (!result->said.kept[i].file || !result->said.kept[i].place.line ||
		    !result->said.kept[i].text[0] || !is_plain(result->said.kept[i].text) ||
		    !is_plain(result->said.kept[i].what))
			return false;
	return result->said.kept_count > 0;
}

static void test_bases_are_right(void)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(bases); i++) {
		struct config_result result;

		read_text(&result, readers[i], bases[i]);
		EXPECT_EQUAL(result.said.errors + result.said.warnings, 0);
		result_free(&result);
	}
}

static void test_two_hundred(void)
{
	double slowest = 0;

	for (uint32_t number = 0; number < CASES; number++) {
		struct config_result result;
		uint32_t format;
		struct text text = make_case(number, &format);
		clock_t began = clock();
		double seconds;

		read_bytes(&result, readers[format], text.bytes, text.length);
		seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
		slowest = seconds > slowest ? seconds : slowest;
		EXPECT(names_a_line(&result));
		EXPECT(seconds < SECONDS_MAX);
		if (check_state.failed) {
			fprintf(stderr, "case %u, format %u, %.2f s\n%.400s\n", number, format,
				seconds, text.bytes);
			diagnostics_print(&result.said, stderr);
			free(text.bytes);
			result_free(&result);
			return;
		}
		free(text.bytes);
		result_free(&result);
	}
	fprintf(stderr, "slowest: %.3f s\n", slowest);
}

/* --write FOLDER: the texts as files, for who has the whole program to try them on. */
static int write_all(const char *folder)
{
	static const char *const endings[] = {"xml", "cfg", "json"};

	for (uint32_t number = 0; number < CASES; number++) {
		uint32_t format;
		struct text text = make_case(number, &format);
		char path[4096];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%03u.%s", folder, number, endings[format]);
		file = fopen(path, "w");
		if (!file || fwrite(text.bytes, 1, text.length, file) != text.length ||
		    fclose(file))
			abort();
		free(text.bytes);
	}
	return 0;
}

int main(int count, char **words)
{
	if (count == 3 && !strcmp(words[1], "--write"))
		return write_all(words[2]);
	RUN(test_bases_are_right);
	RUN(test_two_hundred);
	return check_result();
}
