// needs: dom0-tools/enso/commands.c dom0-tools/enso/arguments.c dom0-tools/enso/help.c
// needs: dom0-tools/enso/manual.c dom0-tools/enso/completion.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_commands.c - the table of commands is whole and consistent, what
 * is written from it is up to date, and command lines are read as it says.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>

#include "dom0-tools/enso/arguments.h"
#include "dom0-tools/enso/help.h"
#include "dom0-tools/enso/manual.h"

static void test_commands_are_whole(void)
{
	int count = 0;

	for (const struct command *command = commands; command->name; command++, count++) {
		EXPECT(command->group < GROUP_COUNT);
		EXPECT(command->arguments && command->options);
		EXPECT(command->summary && strlen(command->summary) > 10);
		EXPECT(command->text && strlen(command->text) > 20);
		EXPECT(command->json && strlen(command->json) > 5);
		/* Sentences end; a summary is none. */
		EXPECT(command->text[strlen(command->text) - 1] == '.');
		EXPECT(command->summary[strlen(command->summary) - 1] != '.');
		EXPECT(strlen(command->summary) < 60);
	}
	EXPECT_EQUAL(count, COMMAND_COUNT);
}

static void test_commands_have_names_of_their_own(void)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		EXPECT(strspn(commands[i].name, "abcdefghijklmnopqrstuvwxyz- ") ==
		       strlen(commands[i].name));
		for (int j = 0; j < i; j++)
			EXPECT(strcmp(commands[i].name, commands[j].name) != 0);
	}
}

/* `network-list` and `network list` are two commands, and their documents too. */
static void test_commands_have_schemas_of_their_own(void)
{
	char schemas[COMMAND_COUNT][64];

	for (int i = 0; i < COMMAND_COUNT; i++) {
		command_schema(&commands[i], schemas[i], sizeof(schemas[i]));
		for (int j = 0; j < i; j++)
			EXPECT(strcmp(schemas[i], schemas[j]) != 0);
	}
}

static void test_commands_options_are_unique(void)
{
	for (const struct command *command = commands; command->name; command++) {
		for (const struct option_row *row = command->options; row->name; row++) {
			EXPECT(row->help && strlen(row->help) > 3);
			EXPECT(row->letter != 'h' && strcmp(row->name, "json") != 0);
			EXPECT(command_option(command, row->name, strlen(row->name), 0) == row);
			EXPECT(!row->letter ||
			       command_option(command, NULL, 0, row->letter) == row);
		}
		EXPECT(command_option(command, "json", 4, 0) != NULL);
		EXPECT(command_option(command, NULL, 0, 'h') != NULL);
	}
}

static void test_commands_exit_codes(void)
{
	unsigned int known = 0, used = 0;

	for (const struct exit_code_row *row = exit_codes; row->name; row++) {
		EXPECT_EQUAL(row->number, row - exit_codes);
		known |= 1u << row->number;
		used |= row->always ? 1u << row->number : 0;
	}
	for (const struct command *command = commands; command->name; command++) {
		EXPECT_EQUAL(command->exits & ~known, 0);
		used |= command->exits;
		/* Whoever names a guest may name one that is not there. */
		if (strstr(command->arguments, "GUEST") && strcmp(command->name, "events") != 0)
			EXPECT(command->exits & EXIT_BIT(NO_GUEST));
		if (command_option(command, "timeout", 7, 0) &&
		    strcmp(command->name, "events") != 0)
			EXPECT(command->exits & EXIT_BIT(TIMEOUT));
	}
	EXPECT_EQUAL(used, known);
}

static void test_commands_find(void)
{
	char *plain[] = {"list", "x"}, *two[] = {"store", "ls", "/"}, *half[] = {"store"};
	char *wrong[] = {"lst"};
	int used = 0;

	EXPECT(command_find(2, plain, &used) == &commands[COMMAND_list] && used == 1);
	EXPECT(command_find(3, two, &used) == &commands[COMMAND_store_ls] && used == 2);
	EXPECT(!command_find(1, half, &used) && command_is_family("store"));
	EXPECT(!command_find(1, wrong, &used) && !command_is_family("list"));
	EXPECT(!command_is_family("stor"));
	EXPECT(command_nearest("lst") == &commands[COMMAND_list]);
	EXPECT(command_nearest("destory") == &commands[COMMAND_destroy]);
	EXPECT(!command_nearest("frobnicate"));
}

/* What `print` writes; the caller frees. */
static char *printed(void (*print)(FILE *out))
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	print(out);
	fclose(out);
	return text;
}

static char *content(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");

	if (!file)
		return NULL;
	if (getdelim(&text, &size, 0, file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static void test_commands_manual_page_is_up_to_date(void)
{
	char *page = content("docs/man/enso.8"), *wanted = printed(manual_print);

	/* If not: build/tools/enso help --man > docs/man/enso.8 */
	EXPECT(page && !strcmp(page, wanted));
	free(page);
	free(wanted);
}

static void test_commands_completion_is_up_to_date(void)
{
	char *file = content("etc/bash-completion/enso"), *wanted = printed(completion_print_bash);

	/* If not: build/tools/enso completion bash > etc/bash-completion/enso */
	EXPECT(file && !strcmp(file, wanted));
	for (const struct command *command = commands; command->name; command++) {
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "\t\"%s\") kinds=", command->name);
		EXPECT(strstr(wanted, quoted));
	}
	free(file);
	free(wanted);
}

static void test_commands_help_names_everything(void)
{
	char *list = printed(help_print_list);

	for (const struct command *command = commands; command->name; command++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		help_print_command(out, command);
		fclose(out);
		EXPECT(strstr(list, command->name) && strstr(list, command->summary));
		for (const struct option_row *row = command->options; row->name; row++)
			EXPECT(strstr(text, row->name) && strstr(text, row->help));
		EXPECT(strstr(text, "--json") && strstr(text, "exit codes:"));
		for (const char *line = text; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			EXPECT(strcspn(line, "\n") <= 110);
		}
		free(text);
	}
	free(list);
}

/* One command line read; the complaint is in `said`. */
static char said[256];
static struct arguments line;

static int parse(enum command_id id, const char *text)
{
	static char copy[256], *words[32];
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	arguments_free(&line);
	return arguments_parse(&line, &commands[id], count, words, said, sizeof(said));
}

static void test_arguments_options_anywhere(void)
{
	EXPECT_EQUAL(parse(COMMAND_create, "web1.xml -cp --timing"), 0);
	EXPECT(line.count == 1 && !strcmp(line.words[0], "web1.xml") && !line.words[1]);
	EXPECT(arguments_has(&line, "console") && arguments_has(&line, "paused"));
	EXPECT(arguments_has(&line, "timing") && !arguments_has(&line, "json"));
	EXPECT_EQUAL(parse(COMMAND_shutdown, "--timeout=5 a -t 7 b --json"), 0);
	EXPECT_EQUAL(arguments_number(&line, "timeout", 1), 7);
	EXPECT(line.count == 2 && arguments_has(&line, "json"));
	EXPECT_EQUAL(parse(COMMAND_shutdown, "-t9 a"), 0);
	EXPECT_EQUAL(arguments_number(&line, "timeout", 1), 9);
	EXPECT_EQUAL(parse(COMMAND_shutdown, "a"), 0);
	EXPECT_EQUAL(arguments_number(&line, "timeout", 60), 60);
	EXPECT_EQUAL(parse(COMMAND_store_write, "-- -p -v"), 0);
	EXPECT(line.count == 2 && !strcmp(line.words[0], "-p"));
	EXPECT_EQUAL(parse(COMMAND_vcpu_pin, "web1 0 - 0-3,^2"), 0);
	EXPECT(line.count == 4 && !strcmp(line.words[2], "-"));
}

static void test_arguments_complaints(void)
{
	EXPECT_EQUAL(parse(COMMAND_create, ""), -EINVAL);
	EXPECT(strstr(said, "too few words: it takes FILE"));
	EXPECT_EQUAL(parse(COMMAND_rename, "a b c"), -EINVAL);
	EXPECT(strstr(said, "too many words, from 'c' on"));
	EXPECT_EQUAL(parse(COMMAND_dmesg, "a"), -EINVAL);
	EXPECT(strstr(said, "takes no words, but 'a' is given"));
	EXPECT_EQUAL(parse(COMMAND_create, "f --pausd"), -EINVAL);
	EXPECT(strstr(said, "no option --pausd (did you mean --paused?)"));
	EXPECT_EQUAL(parse(COMMAND_create, "f -x"), -EINVAL);
	EXPECT(strstr(said, "no option -x"));
	EXPECT_EQUAL(parse(COMMAND_create, "f --paused=1"), -EINVAL);
	EXPECT(strstr(said, "--paused takes no value"));
	EXPECT_EQUAL(parse(COMMAND_shutdown, "a --timeout"), -EINVAL);
	EXPECT(strstr(said, "--timeout needs a value: SECONDS"));
	EXPECT_EQUAL(parse(COMMAND_shutdown, "a -t soon"), -EINVAL);
	EXPECT(strstr(said, "takes a whole number, not 'soon'"));
	EXPECT_EQUAL(parse(COMMAND_top, "-n1 -n1 -n1 -n1 -n1 -n1 -n1 -n1 -n1 -n1 -n1 -n1 -n1 "
					"-n1 -n1 -n1 -n1"),
		     -EINVAL);
	EXPECT(strstr(said, "too many options"));
}

static void test_arguments_help_forgives(void)
{
	EXPECT_EQUAL(parse(COMMAND_rename, "--help"), 0);
	EXPECT(arguments_has(&line, "help"));
	EXPECT_EQUAL(parse(COMMAND_rename, "-h x --nonsense"), 0);
	arguments_free(&line);
}

static void test_arguments_numbers_and_sizes(void)
{
	uint64_t number = 7;

	EXPECT(argument_number("0", &number) && number == 0);
	EXPECT(argument_number("999999999999999999", &number) && number == 999999999999999999);
	EXPECT(!argument_number("", &number) && !argument_number("-1", &number));
	EXPECT(!argument_number("1000000000000000000", &number) && !argument_number("1 ", &number));
	EXPECT(argument_size("512", 'm', &number) && number == 512 << 10);
	EXPECT(argument_size("512", 'k', &number) && number == 512);
	EXPECT(argument_size("2G", 'm', &number) && number == 2 << 20);
	EXPECT(argument_size("1t", 'm', &number) && number == 1 << 30);
	EXPECT(!argument_size("", 'm', &number) && !argument_size("m", 'm', &number));
	EXPECT(!argument_size("1mb", 'm', &number) && !argument_size("1.5g", 'm', &number));
	EXPECT(!argument_size("99999999999999999999g", 'm', &number));
	EXPECT(!argument_size("18446744073709551615", 'm', &number));
}

static void bounds_are(const char *notation, int least, int most)
{
	int got_least, got_most;

	arguments_bounds(notation, &got_least, &got_most);
	EXPECT_EQUAL(got_least, least);
	EXPECT_EQUAL(got_most, most);
}

static void test_arguments_notation(void)
{
	bounds_are("", 0, 0);
	bounds_are("GUEST", 1, 1);
	bounds_are("[GUEST]", 0, 1);
	bounds_are("GUEST...", 1, -1);
	bounds_are("[GUEST...]", 0, -1);
	bounds_are("FILE [KEY=VALUE...]", 1, -1);
	bounds_are("GUEST VCPU CPUS [SOFT]", 3, 4);
}

int main(void)
{
	RUN(test_commands_are_whole);
	RUN(test_commands_have_names_of_their_own);
	RUN(test_commands_have_schemas_of_their_own);
	RUN(test_commands_options_are_unique);
	RUN(test_commands_exit_codes);
	RUN(test_commands_find);
	RUN(test_commands_manual_page_is_up_to_date);
	RUN(test_commands_completion_is_up_to_date);
	RUN(test_commands_help_names_everything);
	RUN(test_arguments_options_anywhere);
	RUN(test_arguments_complaints);
	RUN(test_arguments_help_forgives);
	RUN(test_arguments_numbers_and_sizes);
	RUN(test_arguments_notation);
	return check_result();
}
