// needs: dom0-tools/consoled/logfile.c dom0-tools/lib/files.c dom0-tools/lib/failure.c
/* SPDX-License-Identifier: MIT */
/* Logs of consoles: their limit, their order, and what becomes of them with a new name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/consoled/logfile.h"
#include "dom0-tools/lib/files.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/test-logfile-XXXXXX";
static struct logfile_policy policy = {.folder = folder, .limit = 40, .generations = 2};

/* What is in FOLDER/NAME; "-": there is no such file.  Until the next call. */
static const char *content(const char *name)
{
	static char *text;
	char path[256];
	size_t count;

	free(text);
	text = NULL;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (files_read_whole(path, 4096, &text, &count, NULL))
		return "-";
	return text;
}

static void write_lines(struct logfile *log, int from, int to)
{
	for (int i = from; i <= to; i++) {
		char line[16];
		int length = snprintf(line, sizeof(line), "line-%04d\n", i);

		EXPECT_EQUAL(logfile_write(log, line, (size_t)length), 0);
	}
}

static void remove_all(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -f %s/*", folder);
	EXPECT_EQUAL(system(command), 0);
}

static void test_rotated(void)
{
	struct logfile log;

	EXPECT_EQUAL(logfile_open(&log, &policy, "one"), 0);
	write_lines(&log, 1, 10);
	logfile_close(&log);
	EXPECT(!strcmp(content("one.log"), "line-0009\nline-0010\n"));
	EXPECT(!strcmp(content("one.log.1"), "line-0005\nline-0006\nline-0007\nline-0008\n"));
	EXPECT(!strcmp(content("one.log.2"), "line-0001\nline-0002\nline-0003\nline-0004\n"));
	EXPECT_EQUAL(logfile_open(&log, &policy, "one"), 0);
	write_lines(&log, 11, 13);
	logfile_close(&log);
	EXPECT(!strcmp(content("one.log"), "line-0013\n"));
	EXPECT(!strncmp(content("one.log.2"), "line-0005\n", 10));
	EXPECT(!strcmp(content("one.log.3"), "-"));
	remove_all();
}

static void test_renamed_with_all_of_it(void)
{
	struct logfile log;

	EXPECT_EQUAL(logfile_open(&log, &policy, "one"), 0);
	write_lines(&log, 1, 6);
	EXPECT_EQUAL(logfile_rename(&log, "two"), 0);
	write_lines(&log, 7, 7);
	EXPECT_EQUAL(logfile_rename(&log, "two"), 0);
	logfile_close(&log);
	EXPECT(!strcmp(content("one.log"), "-"));
	EXPECT(!strcmp(content("one.log.1"), "-"));
	EXPECT(!strcmp(content("two.log"), "line-0005\nline-0006\nline-0007\n"));
	EXPECT(!strncmp(content("two.log.1"), "line-0001\n", 10));
	remove_all();
}

/* The log of whoever had the name before is not lost. */
static void test_renamed_to_a_name_that_was_used(void)
{
	struct logfile log, other;

	EXPECT_EQUAL(logfile_open(&other, &policy, "two"), 0);
	write_lines(&other, 100, 101);
	logfile_close(&other);
	EXPECT_EQUAL(logfile_open(&log, &policy, "one"), 0);
	write_lines(&log, 1, 5);
	EXPECT_EQUAL(logfile_rename(&log, "two"), 0);
	logfile_close(&log);
	EXPECT(!strcmp(content("two.log"), "line-0005\n"));
	EXPECT(!strcmp(content("two.log.1"), "line-0100\nline-0101\n"));
	EXPECT(!strncmp(content("one.log.1"), "line-0001\n", 10));
	remove_all();
}

/* Somebody has removed the file: there is nothing to rename, and writing goes on. */
static void test_renamed_when_removed(void)
{
	struct logfile log;

	EXPECT_EQUAL(logfile_open(&log, &policy, "one"), 0);
	remove_all();
	EXPECT_EQUAL(logfile_rename(&log, "../two"), 0);
	write_lines(&log, 1, 1);
	logfile_close(&log);
	EXPECT(!strcmp(content("_._two.log"), "line-0001\n"));
	remove_all();
}

int main(void)
{
	EXPECT(mkdtemp(folder) != NULL);
	RUN(test_rotated);
	RUN(test_renamed_with_all_of_it);
	RUN(test_renamed_to_a_name_that_was_used);
	RUN(test_renamed_when_removed);
	content("none");
	EXPECT_EQUAL(rmdir(folder), 0);
	return check_result();
}
