/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/xl.c - called as xl: each of its commands is one of enso's under
 * perhaps another name, with options that mean the same, mean nothing here, or are refused.
 */
#include "dom0-tools/enso/xl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/output.h"

struct xl_option {
	char letter;
	const char *name; /* or NULL */
	bool value;
	const char *enso; /* what it becomes; "" nothing; "-" its value is a plain word */
};

struct xl_command {
	const char *name;
	enum command_id enso;
	struct xl_option options[10];
};

static const struct xl_command xl_commands[] = {
	{"list", COMMAND_list, {{'n', "numa", false, ""}}},
	{"create",
	 COMMAND_create,
	 {{'c', NULL, false, "--console"},
	  {'p', NULL, false, "--paused"},
	  {'f', "defconfig", true, "-"},
	  {'q', "quiet", false, ""},
	  {'d', NULL, false, ""},
	  {'e', NULL, false, ""},
	  {'F', NULL, false, ""}}},
	{"destroy", COMMAND_destroy, {{'f', NULL, false, ""}}},
	{"shutdown",
	 COMMAND_shutdown,
	 {{'a', "all", false, "--all"}, {'w', "wait", false, "--wait"}, {'F', NULL, false, ""}}},
	{"reboot", COMMAND_reboot, {{'w', "wait", false, "--wait"}, {'F', NULL, false, ""}}},
	{"pause", COMMAND_pause, {{0}}},
	{"unpause", COMMAND_unpause, {{0}}},
	{"rename", COMMAND_rename, {{0}}},
	{"info", COMMAND_info, {{'n', "numa", false, ""}}},
	{"vcpu-list", COMMAND_vcpu_list, {{0}}},
	{"vcpu-set", COMMAND_vcpu_set, {{'i', "ignore-host", false, ""}}},
	{"vcpu-pin", COMMAND_vcpu_pin, {{'f', "force", false, ""}}},
	{"mem-set", COMMAND_mem_set, {{0}}},
	{"mem-max", COMMAND_mem_max, {{0}}},
	{"sched-credit2",
	 COMMAND_sched,
	 {{'d', "domain", true, "-"},
	  {'w', "weight", true, "--weight"},
	  {'c', "cap", true, "--cap"},
	  {'s', "schedparam", false, ""},
	  {'r', "ratelimit_us", true, "--ratelimit"}}},
	{"dmesg", COMMAND_dmesg, {{'c', NULL, false, "--clear"}}},
	{"console",
	 COMMAND_console,
	 {{'t', NULL, true, ""}, {'n', NULL, true, ""}, {'e', NULL, true, ""}}},
	{"sysrq", COMMAND_sysrq, {{0}}},
	{"trigger", COMMAND_trigger, {{0}}},
	{"top", COMMAND_top, {{0}}},
	{"block-attach", COMMAND_block_attach, {{0}}},
	{"block-detach", COMMAND_block_detach, {{'f', "force", false, "--force"}}},
	{"block-list", COMMAND_block_list, {{0}}},
	{"network-attach", COMMAND_network_attach, {{0}}},
	{"network-detach", COMMAND_network_detach, {{'f', "force", false, "--force"}}},
	{"network-list", COMMAND_network_list, {{0}}},
};

/* The command line as enso shall read it. */
struct translation {
	const struct xl_command *command;
	const char *words[64];
	int count;
};

static int refuse(const struct translation *translation, const char *why, const char *word)
{
	fprintf(stderr, "xl: %s: %s %s; see `enso help %s`\n", translation->command->name, why,
		word, commands[translation->command->enso].name);
	return EXIT_USAGE;
}

static int add_word(struct translation *translation, const char *word)
{
	if (translation->count == (int)(sizeof(translation->words) / sizeof(char *)))
		return refuse(translation, "too many words, from", word);
	translation->words[translation->count++] = word;
	return 0;
}

static const struct xl_option *find_option(const struct xl_command *command, char letter,
					   const char *name, size_t length)
{
	for (const struct xl_option *option = command->options; option->enso; option++)
		if ((letter && option->letter == letter) ||
		    (name && option->name && strlen(option->name) == length &&
		     !strncmp(option->name, name, length)))
			return option;
	return NULL;
}

static int add_option(struct translation *translation, const struct xl_option *option,
		      const char *value)
{
	int result = 0;

	if (option->enso[0] == '-' && option->enso[1])
		result = add_word(translation, option->enso);
	if (!result && option->value && option->enso[0])
		result = add_word(translation, value);
	return result;
}

/* One option, perhaps with the next word as its value; *at moves on. */
static int translate_option(struct translation *translation, int count, char *const words[],
			    int *at)
{
	const char *word = words[(*at)++], *value = NULL;
	const char *name = word[1] == '-' ? word + 2 : NULL;
	size_t length = name ? strcspn(name, "=") : 0;
	const struct xl_option *option =
		find_option(translation->command, name ? 0 : word[1], name, length);

	if (!option)
		return refuse(translation, "does not understand", word);
	if (name && name[length])
		value = name + length + 1;
	else if (!name && word[2] && option->value)
		value = word + 2;
	if (option->value && !value) {
		if (*at == count)
			return refuse(translation, "no value is given to", word);
		value = words[(*at)++];
	}
	if (!name && !option->value && word[2])
		return refuse(translation, "give options one by one, not", word);
	return add_option(translation, option, value);
}

static int translate(struct translation *translation, int count, char *const words[])
{
	int result = 0;

	/* xl waits as long as it takes. */
	if (translation->command->enso == COMMAND_shutdown ||
	    translation->command->enso == COMMAND_reboot)
		result = add_word(translation, "--timeout=0");
	for (int at = 0; !result && at < count;) {
		if (words[at][0] != '-' || !words[at][1])
			result = add_word(translation, words[at++]);
		else
			result = translate_option(translation, count, words, &at);
	}
	return result;
}

/* domid NAME and domname ID, which print one word. */
static int print_identity(bool by_name, int count, char *const words[])
{
	struct invocation invocation = {.like_xl = true};
	struct guest guest;
	int result;

	if (count != 1) {
		fprintf(stderr, "usage: xl %s\n", by_name ? "domid NAME" : "domname ID");
		return EXIT_USAGE;
	}
	invocation.arguments.command = &commands[COMMAND_list];
	result = guests_find(&invocation, words[0], &guest);
	if (result)
		output_failure(&invocation, EXIT_FAILED);
	else if (by_name)
		printf("%u\n", guest.info.domid);
	else
		printf("%s\n", guest.name);
	invocation_close(&invocation);
	return result ? EXIT_FAILED : EXIT_OK;
}

static int usage(FILE *out)
{
	fputs("usage: xl COMMAND [OPTION...] [ARGUMENT...]\n\nHere xl is enso(8); of xl's commands "
	      "it has\n ",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(xl_commands); i++)
		fprintf(out, " %s", xl_commands[i].name);
	fputs(" domid domname\n", out);
	return out == stdout ? EXIT_OK : EXIT_USAGE;
}

int xl_run(int count, char *const words[])
{
	struct translation translation = {0};
	int code;

	/* -v and the like before the command say how much is told. */
	while (count && words[0][0] == '-' && strchr("vfNtT", words[0][1])) {
		count--;
		words++;
	}
	if (!count || !strcmp(words[0], "help") || !strcmp(words[0], "--help"))
		return usage(count ? stdout : stderr);
	if (!strcmp(words[0], "domid") || !strcmp(words[0], "domname"))
		return print_identity(!strcmp(words[0], "domid"), count - 1, words + 1);
	for (size_t i = 0; i < ARRAY_SIZE(xl_commands); i++)
		if (!strcmp(words[0], xl_commands[i].name))
			translation.command = &xl_commands[i];
	if (!translation.command) {
		fprintf(stderr,
			"xl: %s: this is enso's xl, which does not have it; see `enso help`\n",
			words[0]);
		return EXIT_USAGE;
	}
	code = translate(&translation, count - 1, words + 1);
	if (code)
		return code;
	code = enso_run(&commands[translation.command->enso], translation.count,
			(char *const *)translation.words, true);
	return code > EXIT_USAGE ? EXIT_FAILED : code;
}
