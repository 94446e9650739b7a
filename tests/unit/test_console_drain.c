// needs: dom0-tools/lib/console_drain.c dom0-tools/lib/timing.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_console_drain.c - who asks the console daemon for a guest's last words: one
 * that answers, that dies and comes back, that stays away, that never was.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dom0-tools/lib/console_drain.h"
#include "dom0-tools/lib/timing.h"
#include "tests/unit/check.h"

/* What the daemon of a test does with its n-th asker. */
enum manner { LAST, ANSWERS, HANGS_UP, IS_SILENT };

static char folder[] = "/tmp/test-console-drain-XXXXXX", path[64];
static const struct console_drain_question question = {.uuid = {1, 2, 3}, .domid = 7};
static uint64_t took_ms;

static int ask(struct console_drain_asker *asker)
{
	uint64_t start = timing_now_ns();
	int result = console_drain_ask(asker, &question);

	took_ms = (timing_now_ns() - start) / 1000000;
	return result;
}

static struct console_drain_asker fresh(uint64_t patience_ms)
{
	return (struct console_drain_asker){.socket = path, .patience_ms = patience_ms};
}

/* As the daemon does it: an older one's name is never missing. */
static int listening(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", path);
	EXPECT(bind(file, (struct sockaddr *)&address, sizeof(address)) == 0);
	EXPECT(listen(file, 8) == 0);
	EXPECT(rename(address.sun_path, path) == 0);
	return file;
}

/* The rest of a daemon's life, in a process of its own; exit status 0: it heard what was asked. */
static void serve(int file, const enum manner *manners)
{
	int status = 0;

	alarm(60); /* whoever does not ask has failed, and may not hold up the test */
	for (; *manners != LAST; manners++) {
		struct console_drain_question heard = {0};
		int asker = accept(file, NULL, NULL);

		if (recv(asker, &heard, sizeof(heard), 0) != sizeof(heard) ||
		    memcmp(&heard, &question, sizeof(heard)) != 0)
			status = 1;
		if (*manners == IS_SILENT)
			(void)!recv(asker, &heard, sizeof(heard), 0);
		if (*manners == ANSWERS)
			status |= send(asker, "", 1, 0) != 1;
		close(asker);
	}
	_exit(status);
}

/* A daemon that begins to listen after so long. */
static pid_t begin_daemon(unsigned int after_ms, const enum manner *manners)
{
	int file = after_ms ? -1 : listening();
	pid_t child = fork();

	if (child == 0) {
		if (after_ms) {
			usleep(after_ms * 1000);
			file = listening();
		}
		serve(file, manners);
	}
	if (file >= 0)
		close(file);
	return child;
}

static void end_daemon(pid_t child)
{
	int status = -1;

	EXPECT(waitpid(child, &status, 0) == child);
	EXPECT_EQUAL(status, 0);
	unlink(path);
}

static void test_answered(void)
{
	struct console_drain_asker asker = fresh(100);
	pid_t child = begin_daemon(0, (enum manner[]){ANSWERS, LAST});

	EXPECT_EQUAL(ask(&asker), 0);
	EXPECT_EQUAL(asker.patience_ms, CONSOLE_DRAIN_PATIENCE_MS);
	end_daemon(child);
}

static void test_never_was(void)
{
	struct console_drain_asker asker = fresh(10000);

	EXPECT_EQUAL(ask(&asker), 0);
	EXPECT(took_ms < 5000);
	EXPECT_EQUAL(asker.patience_ms, 10000);
}

static void test_stays_away(void)
{
	struct console_drain_asker asker = fresh(300);

	close(listening());
	EXPECT_EQUAL(ask(&asker), -ETIMEDOUT);
	EXPECT(took_ms >= 300 && took_ms < 3000);
	/* It was waited for: the next guest's end is not held up. */
	EXPECT_EQUAL(asker.patience_ms, 0);
	for (int i = 0; i < 20; i++)
		EXPECT_EQUAL(ask(&asker), -ETIMEDOUT);
	EXPECT(took_ms < 250);
	unlink(path);
}

static void test_comes_back(void)
{
	struct console_drain_asker asker = fresh(20000);
	pid_t child;

	close(listening());
	child = begin_daemon(200, (enum manner[]){ANSWERS, LAST});
	EXPECT_EQUAL(ask(&asker), 0);
	EXPECT(took_ms >= 150 && took_ms < 10000);
	end_daemon(child);
}

static void test_dies_before_it_answers(void)
{
	struct console_drain_asker asker = fresh(20000);
	pid_t child = begin_daemon(0, (enum manner[]){HANGS_UP, HANGS_UP, ANSWERS, LAST});

	EXPECT_EQUAL(ask(&asker), 0);
	end_daemon(child);
}

static void test_silent(void)
{
	struct console_drain_asker asker = fresh(300);
	pid_t child = begin_daemon(0, (enum manner[]){IS_SILENT, IS_SILENT, ANSWERS, LAST});

	EXPECT_EQUAL(ask(&asker), -ETIMEDOUT);
	EXPECT(took_ms >= 300 && took_ms < 3000);
	EXPECT_EQUAL(ask(&asker), -ETIMEDOUT);
	EXPECT(took_ms >= CONSOLE_DRAIN_GRACE_MS && took_ms < 3000);
	/* Once it has come to itself it is waited for again. */
	asker.patience_ms = 20000;
	EXPECT_EQUAL(ask(&asker), 0);
	EXPECT_EQUAL(asker.patience_ms, CONSOLE_DRAIN_PATIENCE_MS);
	end_daemon(child);
}

int main(void)
{
	EXPECT(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/socket", folder);
	RUN(test_answered);
	RUN(test_never_was);
	RUN(test_stays_away);
	RUN(test_comes_back);
	RUN(test_dies_before_it_answers);
	RUN(test_silent);
	EXPECT_EQUAL(rmdir(folder), 0);
	return check_result();
}
