// needs: dom0-tools/lib/progress.c dom0-tools/lib/timing.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_progress.c - what a terminal shows of work that takes long: a pseudo-
 * terminal in place of standard error.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/lib/progress.h"
#include "tests/unit/check.h"

static int screen, usual;

/* From here on standard error is a terminal, or a file that is none. */
static void begin(bool terminal)
{
	int other;

	usual = dup(STDERR_FILENO);
	screen = posix_openpt(O_RDWR | O_NOCTTY);
	if (grantpt(screen) != 0 || unlockpt(screen) != 0)
		exit(1);
	(void)!fcntl(screen, F_SETFL, O_NONBLOCK);
	other = open(terminal ? ptsname(screen) : "/dev/null", O_RDWR | O_NOCTTY);
	dup2(other, STDERR_FILENO);
	close(other);
}

static void pass(unsigned int ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

/* What has been shown.  A terminal hands on when it likes: a mark says that this was all. */
static void end(char text[4096])
{
	size_t length = 0;
	char *mark = NULL;

	fputs("<end>", stderr);
	text[0] = 0;
	for (int tries = 0; isatty(STDERR_FILENO) && !mark && tries < 5000; tries++) {
		ssize_t got = read(screen, text + length, 4095 - length);

		length += got > 0 ? (size_t)got : 0;
		text[length] = 0;
		mark = strstr(text, "<end>");
		if (got <= 0)
			pass(1);
	}
	if (mark)
		*mark = 0;
	dup2(usual, STDERR_FILENO);
	close(usual);
	close(screen);
}

static bool ends_with(const char *text, const char *what)
{
	size_t length = strlen(text), wanted = strlen(what);

	return length >= wanted && !strcmp(text + length - wanted, what);
}

/* One long call, in which nobody says how far it is. */
static void test_long_call(void)
{
	struct progress progress = {.runs = false};
	char text[4096];

	begin(true);
	progress_begin(&progress, "destroying the guest", 0);
	pass(1700);
	progress_end(&progress);
	end(text);
	EXPECT(strstr(text, "\r\033[Kdestroying the guest ... 1 s") != NULL);
	EXPECT(ends_with(text, "\r\033[K"));
}

static void test_parts(void)
{
	struct progress progress = {.runs = false};
	char text[4096];

	begin(true);
	progress_begin(&progress, "getting memory", 200);
	progress_update(&progress, 150);
	pass(1500);
	/* The next one takes its place. */
	progress_begin(&progress, "loading the kernel", 10);
	pass(1500);
	progress_end(&progress);
	progress_end(&progress);
	end(text);
	EXPECT(strstr(text, "getting memory: 75 %\r\033[K") != NULL);
	EXPECT(strstr(text, "loading the kernel: 0 %") > strstr(text, "getting memory"));
	EXPECT(ends_with(text, "\r\033[K"));
}

static void test_short(void)
{
	struct progress progress = {.runs = false};
	char text[4096];

	begin(true);
	progress_begin(&progress, "loading the kernel", 0);
	pass(300);
	progress_end(&progress);
	end(text);
	EXPECT(text[0] == 0);
}

/* A script's log has nothing of it, and no thread is begun. */
static void test_no_terminal(void)
{
	struct progress progress = {.runs = false};
	char text[4096];

	begin(false);
	progress_begin(&progress, "loading the kernel", 0);
	EXPECT(!progress.runs);
	progress_end(&progress);
	progress_begin(NULL, "nothing", 1);
	progress_update(NULL, 1);
	progress_end(NULL);
	end(text);
	EXPECT(text[0] == 0);
}

int main(void)
{
	RUN(test_long_call);
	RUN(test_parts);
	RUN(test_short);
	RUN(test_no_terminal);
	return check_result();
}
