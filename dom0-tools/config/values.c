/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/values.c - values.h says what it is for. */
#include "dom0-tools/config/values.h"

#include <stdio.h>
#include <string.h>

static const char *const action_names[] = {
	[GUEST_ACTION_DESTROY] = "destroy",
	[GUEST_ACTION_RESTART] = "restart",
	[GUEST_ACTION_PRESERVE] = "preserve",
	[GUEST_ACTION_RENAME_RESTART] = "rename-restart",
	[GUEST_ACTION_DUMP_DESTROY] = "coredump-destroy",
	[GUEST_ACTION_DUMP_RESTART] = "coredump-restart",
};
static const char *const driver_names[] = {"default", "enso", "kernel"};
static const char *const backend_names[] = {"file", "block", "nbd"};
static const char *const type_names[] = {"pv", "pvh", "hvm"};

static int find_name(const char *text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return -1;
}

static const char *name_of(unsigned int value, const char *const *names, size_t count)
{
	return value < count ? names[value] : "?";
}

/* A parser and a printer of an enumeration whose names stand in an array. */
#define NAMED(function, type, names)                                                               \
	bool function##_parse(const char *text, type *value)                                       \
	{                                                                                          \
		int found = find_name(text, names, ARRAY_SIZE(names));                             \
                                                                                                   \
		if (found >= 0)                                                                    \
			*value = (type)found;                                                      \
		return found >= 0;                                                                 \
	}                                                                                          \
	const char *function##_name(type value)                                                    \
	{                                                                                          \
		return name_of((unsigned int)value, names, ARRAY_SIZE(names));                     \
	}

NAMED(guest_action, enum guest_action, action_names)
NAMED(guest_driver, enum guest_driver, driver_names)
NAMED(guest_disk_backend, enum guest_disk_backend, backend_names)
NAMED(guest_type, enum guest_type, type_names)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Takes digits of `base` from *text on; false: none, or too many for 64 bits. */
static bool take_number(const char **text, unsigned int base, uint64_t *number)
{
	uint64_t value = 0;
	const char *at = *text;
	int digit;

	for (; (digit = digit_of(*at)) >= 0 && digit < (int)base; at++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	if (at == *text)
		return false;
	*text = at;
	*number = value;
	return true;
}

bool guest_number_parse(const char *text, unsigned int base, uint64_t *number)
{
	uint64_t value;

	while (is_blank(*text))
		text++;
	if (base == 0) {
		base = 10;
		if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
			base = 16;
			text += 2;
		} else if (text[0] == '0') {
			base = 8;
		}
	}
	if (!take_number(&text, base, &value))
		return false;
	while (is_blank(*text))
		text++;
	if (*text)
		return false;
	*number = value;
	return true;
}

bool guest_signed_parse(const char *text, int64_t *number)
{
	bool negative;
	uint64_t value;

	while (is_blank(*text))
		text++;
	negative = *text == '-';
	text += *text == '-' || *text == '+';
	if (is_blank(*text) || !guest_number_parse(text, 10, &value) || value > INT64_MAX)
		return false;
	*number = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool guest_size_parse(const char *text, const char *unit, uint64_t *kib)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{"b", 1},	   {"bytes", 1},	{"KB", 1000},
		{"k", 1ull << 10}, {"KiB", 1ull << 10}, {"MB", 1000000},
		{"M", 1ull << 20}, {"MiB", 1ull << 20}, {"GB", 1000000000},
		{"G", 1ull << 30}, {"GiB", 1ull << 30}, {"TB", 1000000000000},
		{"T", 1ull << 40}, {"TiB", 1ull << 40},
	};
	uint64_t number, bytes = 0;

	if (!unit || !*unit)
		unit = "KiB";
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(units[i].name, unit) == 0)
			bytes = units[i].bytes;
	if (!bytes || !guest_number_parse(text, 10, &number) ||
	    __builtin_mul_overflow(number, bytes, &bytes) ||
	    __builtin_add_overflow(bytes, PAGE_SIZE - 1, &bytes))
		return false;
	*kib = (bytes & PAGE_MASK) >> 10;
	return true;
}

static bool name_matches(const char *left, const char *right, size_t length)
{
	return strlen(left) == length && memcmp(left, right, length) == 0;
}

/* "all", "N" or "N-M" at *text, up to a comma or the end. */
static bool take_range(const char **text, uint64_t *first, uint64_t *last)
{
	while (is_blank(**text))
		++*text;
	if (name_matches("all", *text, strcspn(*text, ", \t"))) {
		*text += 3;
		*first = 0;
		*last = GUEST_CPUS_MAX - 1;
	} else {
		if (!take_number(text, 10, first))
			return false;
		*last = *first;
		if (**text == '-') {
			++*text;
			if (!take_number(text, 10, last))
				return false;
		}
	}
	while (is_blank(**text))
		++*text;
	return *first <= *last && *last < GUEST_CPUS_MAX;
}

bool guest_cpu_set_parse(const char *text, struct guest_cpu_set *set)
{
	struct guest_cpu_set named[2] = {0}; /* with and without a caret */
	uint64_t first, last, any = 0;

	for (;;) {
		bool caret;

		while (is_blank(*text))
			text++;
		caret = *text == '^';
		text += caret;
		if (!take_range(&text, &first, &last))
			return false;
		for (uint64_t cpu = first; cpu <= last; cpu++)
			named[caret].bits[cpu / 64] |= 1ull << cpu % 64;
		if (!*text)
			break;
		if (*text++ != ',')
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(named[0].bits); i++)
		any |= named[0].bits[i] &= ~named[1].bits[i];
	if (!any)
		return false;
	*set = named[0];
	return true;
}

bool guest_cpu_set_has(const struct guest_cpu_set *set, unsigned int cpu)
{
	return cpu < GUEST_CPUS_MAX && set->bits[cpu / 64] >> cpu % 64 & 1;
}

bool guest_cpu_set_full(const struct guest_cpu_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		if (~set->bits[i])
			return false;
	return true;
}

size_t guest_cpu_set_print(const struct guest_cpu_set *set, char *text, size_t room)
{
	size_t length = 0;

	if (room)
		text[0] = 0;
	for (unsigned int cpu = 0; cpu < GUEST_CPUS_MAX && length < room; cpu++) {
		unsigned int last = cpu;

		if (!guest_cpu_set_has(set, cpu))
			continue;
		while (guest_cpu_set_has(set, last + 1))
			last++;
		length += snprintf(text + length, room - length, "%s%u", length ? "," : "", cpu);
		if (last > cpu && length < room)
			length += snprintf(text + length, room - length, "-%u", last);
		cpu = last;
	}
	return MIN(length, room ? room - 1 : 0);
}

bool guest_uuid_parse(const char *text, uint8_t uuid[16])
{
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		int high, low;

		if (i && *text == '-')
			text++;
		high = digit_of(text[0]);
		low = high < 0 ? -1 : digit_of(text[1]);
		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return false;
	memcpy(uuid, bytes, sizeof(bytes));
	return true;
}

void guest_uuid_print(const uint8_t uuid[16], char text[GUEST_UUID_TEXT])
{
	for (size_t i = 0; i < 16; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
				uuid[i]);
}

void guest_uuid_of_entropy(uint8_t uuid[16])
{
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static bool is_interval(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;

	return digits &&
	       (strcmp(unit, "s") == 0 || strcmp(unit, "ms") == 0 || strcmp(unit, "us") == 0);
}

bool guest_rate_parse(const char *text, uint64_t *bytes_per_second, const char **interval)
{
	static const char prefixes[] = " KMG";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits, *prefix;
	uint64_t number, factor = 1;
	char copy[24];

	if (!digits || digits >= sizeof(copy))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", (int)digits, text);
	prefix = *unit ? strchr(prefixes + 1, *unit) : NULL;
	for (const char *each = prefixes; prefix && each < prefix; each++)
		factor *= 1000;
	unit += prefix != NULL;
	if ((*unit != 'b' && *unit != 'B') || strncmp(unit + 1, "/s", 2) != 0)
		return false;
	*interval = unit + 3;
	if (**interval && (**interval != '@' || !is_interval(*interval + 1)))
		return false;
	if (!guest_number_parse(copy, 10, &number) ||
	    __builtin_mul_overflow(number, factor, &number))
		return false;
	*bytes_per_second = *unit == 'b' ? number / 8 : number;
	return *bytes_per_second > 0;
}

bool guest_mac_parse(const char *text, uint8_t mac[6])
{
	uint8_t bytes[6];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		int high, low;

		if (i && *text++ != ':')
			return false;
		high = digit_of(text[0]);
		low = high < 0 ? -1 : digit_of(text[1]);
		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return false;
	memcpy(mac, bytes, sizeof(bytes));
	return true;
}

void guest_mac_print(const uint8_t mac[6], char text[GUEST_MAC_TEXT])
{
	snprintf(text, GUEST_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

#define NEAR_LONGEST 40 /* words longer than that are nobody's slip */

/* How many letters to add, drop, change or swap with the next one. */
static unsigned int distance(const char *left, const char *right)
{
	unsigned int rows[3][NEAR_LONGEST + 1];
	size_t m = strlen(left), n = strlen(right);

	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned int *row = rows[i % 3], *before = rows[(i + 2) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned int best = before[j - 1] + (left[i - 1] != right[j - 1]);

			best = MIN(best, MIN(before[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
			    left[i - 2] == right[j - 1])
				best = MIN(best, rows[(i + 1) % 3][j - 2] + 1);
			row[j] = best;
		}
	}
	return rows[m % 3][n];
}

const char *guest_word_near(const char *word, const char *const *words, size_t count)
{
	size_t length = strlen(word);
	unsigned int best = (unsigned int)(length + 2) / 3 + 1;
	const char *near = NULL;

	if (length < 2 || length > NEAR_LONGEST)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned int away;

		if (strlen(words[i]) > NEAR_LONGEST)
			continue;
		away = distance(word, words[i]);
		if (away < best) {
			best = away;
			near = words[i];
		}
	}
	return near;
}
