/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/console_drain.c - console_drain.h says what it is for. */
#include "dom0-tools/lib/console_drain.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0-tools/lib/timing.h"

#define RETRY_MS 20

/* The descriptor at which the answer comes, or a negative errno; never waits. */
static int send_question(const char *path, const struct console_drain_question *question)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error, file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (file < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(file, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(file, question, sizeof(*question), MSG_NOSIGNAL) == sizeof(*question))
		return file;
	error = errno;
	close(file);
	return -error;
}

/* A daemon that ends meanwhile, or cannot say now, closes its side and says nothing. */
static bool hear_answer(int file, uint64_t wait_ms)
{
	struct pollfd ready = {.fd = file, .events = POLLIN};
	char answer;

	return poll(&ready, 1, (int)wait_ms) == 1 && recv(file, &answer, 1, 0) == 1;
}

static uint64_t passed_ms(uint64_t since_ns)
{
	return (timing_now_ns() - since_ns) / 1000000;
}

int console_drain_ask(struct console_drain_asker *asker,
		      const struct console_drain_question *question)
{
	uint64_t start_ns = timing_now_ns(), passed = 0;

	for (;;) {
		int file = send_question(asker->socket, question);
		bool answered;

		if (file == -ENOENT)
			return 0;
		answered = file >= 0 && hear_answer(file, MAX(asker->patience_ms - passed,
							      (uint64_t)CONSOLE_DRAIN_GRACE_MS));
		if (file >= 0)
			close(file);
		if (answered) {
			asker->patience_ms = CONSOLE_DRAIN_PATIENCE_MS;
			return 0;
		}
		passed = passed_ms(start_ns);
		if (passed >= asker->patience_ms)
			break;
		usleep(RETRY_MS * 1000);
		passed = MIN(passed_ms(start_ns), asker->patience_ms);
	}
	asker->patience_ms = 0;
	return -ETIMEDOUT;
}
