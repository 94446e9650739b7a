// needs: xen-like/options.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_options.c - boot options: Xen's spellings, and what is said
 * about those Enso does not know.
 */
#include <stdio.h>
#include <string.h>

#include "xen-like/options.h"

static int failures;
static char complaints[1024];

static void check(const char *name, bool good)
{
	printf(good ? "PASS options_%s\n" : "FAIL options_%s: not so\n", name);
	failures += !good;
}

static void complain(const char *why, const char *word)
{
	size_t length = strlen(complaints);

	snprintf(complaints + length, sizeof(complaints) - length, "[%s: %s]", why, word);
}

static struct options parse(const char *line)
{
	struct options into;

	complaints[0] = 0;
	memset(&into, 0xa5, sizeof(into));
	options_parse(&into, line, complain);
	return into;
}

static bool complained(const char *text)
{
	return strcmp(complaints, text) == 0;
}

static void defaults(void)
{
	struct options parsed = parse("");

	check("defaults", complained("") && parsed.console == (CONSOLE_COM1 | CONSOLE_VGA) &&
				  parsed.conring_size == 1 << 20 && parsed.smep &&
				  !parsed.noreboot && parsed.maxcpus == 0 &&
				  !strcmp(parsed.dom0_mem, "auto") && parsed.loglvl == LOG_INFO &&
				  parsed.com2.port == 0x2f8);
}

static void right(void)
{
	struct options parsed =
		parse("console=com1 com1=115200,8n1 dom0_mem=512M,max:512M "
		      "dom0_max_vcpus=1-4 loglvl=all guest_loglvl=none noreboot "
		      "conring_size=2M maxcpus=3 sched=credit2 smap=0 no-smep mem=4G");

	check("xen_spellings",
	      complained("") && parsed.console == CONSOLE_COM1 && parsed.com1.baud == 115200 &&
		      parsed.com1.format == SERIAL_8N1 &&
		      !strcmp(parsed.dom0_mem, "512M,max:512M") &&
		      !strcmp(parsed.dom0_max_vcpus, "1-4") && parsed.loglvl == LOG_DEBUG &&
		      parsed.guest_loglvl == LOG_NOTHING && parsed.noreboot &&
		      parsed.conring_size == 2 << 20 && parsed.maxcpus == 3 && !parsed.smap &&
		      !parsed.smep && parsed.mem == 4ull << 30);
	parsed = parse("  noreboot=yes\t x2apic=off   acpi=false\n");
	check("spaces_and_booleans",
	      complained("") && parsed.noreboot && !parsed.x2apic && !parsed.acpi);
	parsed = parse("maxcpus=1 maxcpus=0x10");
	check("the_last_counts", complained("") && parsed.maxcpus == 16);
	parsed = parse("conring_size=512");
	check("sizes_are_in_kib", parsed.conring_size == 512 << 10);
}

static void typed(void)
{
	struct options parsed = parse("com1=9600,7e2,0x2e8,5 com2=,,0x3e8 console=vga,com2 "
				      "loglvl=error/all guest_loglvl=warning/debug");

	check("serial_line", complained("") && parsed.com1.baud == 9600 &&
				     parsed.com1.format == (2 | 4 | 0x18) &&
				     parsed.com1.port == 0x2e8 && parsed.com1.irq == 5);
	check("serial_line_parts", parsed.com2.baud == 0 && parsed.com2.format == SERIAL_8N1 &&
					   parsed.com2.port == 0x3e8 && parsed.com2.irq == 3);
	check("consoles", parsed.console == (CONSOLE_VGA | CONSOLE_COM2));
	check("lower_level_counts",
	      parsed.loglvl == LOG_ERROR && parsed.guest_loglvl == LOG_WARNING);
	parsed = parse("console=none com1=auto");
	check("no_console", complained("") && parsed.console == 0 && parsed.com1.baud == 0);
}

static void image_name(void)
{
	parse("/boot/enso maxcpus=1");
	check("image_name_passed_over",
	      complained("") && !strcmp(options_command_line(), "maxcpus=1"));
	check("option_with_a_slash_is_no_name", parse("loglvl=error/all").loglvl == LOG_ERROR);
	parse("maxcpus=1 /boot/enso");
	check("only_the_first", complained("[unknown option: /boot/enso]"));
}

static void wrong(void)
{
	static const char *const malformed[] = {
		"maxcpus=",
		"maxcpus=two",
		"maxcpus=2x",
		"maxcpus=-1",
		"maxcpus=99999999999999999999",
		"conring_size=1MM",
		"conring_size=1Q",
		"conring_size=M",
		"mem=99999999T",
		"noreboot=maybe",
		"vga=keep",
		"console=",
		"console=com1,foo",
		"console=com",
		"com1=notanumber",
		"com1=0",
		"com1=115201",
		"com1=7000,8n1",
		"com1=115200,9n1",
		"com1=115200,8x1",
		"com1=115200,8n3",
		"com1=115200,8n1,0x10000",
		"com1=115200,8n1,0x3f8,256",
		"com1=115200,8n1,0x3f8,4,5",
		"loglvl=verbose",
		"loglvl=",
		"loglvl=a",
		"loglvl=info/",
		"loglvl=info/all/all",
		"guest_loglvl=blah",
		"sched=rt",
	};
	struct options parsed = parse("dom0mem=512M noreboot colour");
	bool good = true;

	check("unknown_are_named",
	      complained("[unknown option: dom0mem=512M][unknown option: colour]") &&
		      parsed.noreboot);
	for (unsigned int i = 0; i < ARRAY_SIZE(malformed); i++) {
		char wanted[128];

		parsed = parse(malformed[i]);
		snprintf(wanted, sizeof(wanted), "[malformed value of option: %s]", malformed[i]);
		good = good && complained(wanted) && parsed.maxcpus == 0 &&
		       parsed.conring_size == 1 << 20 && parsed.mem == 0 && !parsed.noreboot &&
		       parsed.vga && parsed.console == CONSOLES_DEFAULT &&
		       parsed.com1.baud == 115200 && parsed.com1.port == 0x3f8 &&
		       parsed.com1.irq == 4 && parsed.com1.format == SERIAL_8N1 &&
		       parsed.loglvl == LOG_INFO && parsed.guest_loglvl == LOG_WARNING;
	}
	check("malformed_are_named_and_change_nothing", good);
	parse("no-console");
	check("no_only_for_booleans", complained("[unknown option: no-console]"));
}

static void long_words(void)
{
	char line[2048];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	parse(line);
	check("long_word_named", !strncmp(complaints, "[too long option: xxx", 21));
	memcpy(line, "dom0_mem=", 9);
	line[9 + OPTION_TEXT_MAX] = 0;
	parse(line);
	check("long_text_refused", !strncmp(complaints, "[malformed value", 16));
	line[9 + OPTION_TEXT_MAX - 1] = 0;
	parse(line);
	check("longest_text_taken", complained(""));
}

static void sizes(void)
{
	uint64_t bytes = 7;

	check("size_units", options_parse_size("3", 4096, &bytes) && bytes == 3 * 4096 &&
				    options_parse_size("3b", 1, &bytes) && bytes == 3 &&
				    options_parse_size("2k", 1, &bytes) && bytes == 2048 &&
				    options_parse_size("1T", 1, &bytes) && bytes == 1ull << 40);
	check("size_refused", !options_parse_size("", 1, &bytes) &&
				      !options_parse_size("k", 1, &bytes) &&
				      !options_parse_size("1kb", 1, &bytes) &&
				      !options_parse_size("0xg", 1, &bytes));
}

int main(void)
{
	defaults();
	right();
	typed();
	image_name();
	wrong();
	long_words();
	sizes();
	return failures != 0;
}
