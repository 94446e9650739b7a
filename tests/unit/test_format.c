// needs: xen-like/base/format.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_format.c - what the log's formatter shares with the C
 * library's is compared with it; %p, %pS and short buffers are its own.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xen-like/base/format.h"

static int failures;

/* The symbol table's part is played here. */
void format_symbol(char *to, size_t size, uint64_t address)
{
	snprintf(to, size, "name+%#lx", (unsigned long)address);
}

static size_t ours(char *to, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text(to, size, format, arguments);
	va_end(arguments);
	return length;
}

static void report(const char *name, const char *got, const char *wanted)
{
	if (strcmp(got, wanted) == 0) {
		printf("PASS format_%s\n", name);
		return;
	}
	printf("FAIL format_%s: got \"%s\", wanted \"%s\"\n", name, got, wanted);
	failures++;
}

#define SAME(name, ...)                                                                            \
	do {                                                                                       \
		char got[256], wanted[256];                                                        \
		size_t length = ours(got, sizeof(got), __VA_ARGS__);                               \
		int right = snprintf(wanted, sizeof(wanted), __VA_ARGS__);                         \
                                                                                                   \
		report(name, got, wanted);                                                         \
		if (length != (size_t)right) {                                                     \
			printf("FAIL format_%s_length: %zu\n", name, length);                      \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

static void as_the_library(void)
{
	SAME("plain", "a line\n");
	SAME("percent", "100%% of %d", 7);
	SAME("decimal", "%d %i %u", -5, 17, 4000000000u);
	SAME("extremes", "%d %ld %lu %llx", -2147483647 - 1, -9223372036854775807l - 1, ~0ul,
	     ~0ull);
	SAME("hexadecimal", "%x %X %#x %08x %#018lx", 0xbeef, 0xbeef, 0x10, 0x123,
	     0xffff808000200000ul);
	SAME("octal", "%o", 0755);
	SAME("width", "[%5d] [%-5d] [%05d] [%+d]", 42, 42, -42, 42);
	SAME("star", "[%*d] [%*x]", 6, 42, 3, 0xab);
	SAME("text", "[%s] [%10s] [%-10s] [%.3s]", "abc", "right", "left", "abcdef");
	SAME("unterminated_text", "%.*s%.4s", 0, "", (const char[]){'a', 'b', 'c', 'd'});
	SAME("character", "%c%c%c", 'x', '\t', 'z');
	SAME("size", "%zu %zx %hu", (size_t)123456789012, (size_t)0xabcdef, (unsigned short)7);
	SAME("zero", "%d %u %x %lu", 0, 0, 0, 0ul);
}

static void its_own(void)
{
	char text[64];

	ours(text, sizeof(text), "%p", (void *)0x1234);
	report("pointer", text, "0000000000001234");
	ours(text, sizeof(text), "%pS|%d", (void *)0x10, 3);
	report("symbol", text, "name+0x10|3");
	ours(text, sizeof(text), "%s", (char *)NULL);
	report("no_text", text, "(null)");
	ours(text, sizeof(text), "ends in %");
	report("lonely_percent", text, "ends in ");
}

static void short_buffers(void)
{
	char text[8] = "zzzzzzz";
	size_t length = ours(text, 5, "%s", "abcdefgh");

	report("cut", text, "abcd");
	report("cut_length", length == 8 ? "8" : "other", "8");
	report("behind_the_end", text[5] == 'z' ? "kept" : "touched", "kept");
	length = ours(text, 1, "abc");
	report("only_the_end", text, "");
	report("nowhere", ours(NULL, 0, "%d", 123) == 3 ? "3" : "other", "3");
}

int main(void)
{
	as_the_library();
	its_own();
	short_buffers();
	return failures != 0;
}
