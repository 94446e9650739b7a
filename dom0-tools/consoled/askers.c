/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/askers.c - whoever is about to destroy a domain asks here for what is
 * still in its ring to be written to its log: lib/console_drain.h.
 *
 * An asker is a connection with one question; nothing is kept about it but its
 * descriptor.  The socket's name stays when this process dies, and is never missing while
 * the next one takes it over, so that askers know there is a daemon to wait for.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0-tools/consoled/consoled.h"
#include "dom0-tools/lib/console_drain.h"

#define WAITING_MOST 128 /* that have not been accepted; others ask again */

/* A socket under a name of its own, ready to take the name that askers know. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (file < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	if (bind(file, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    chmod(path, 0600) == 0 && listen(file, WAITING_MOST) == 0)
		return file;
	error = errno;
	close(file);
	return -error;
}

void askers_open(struct consoled *daemon)
{
	static const char path[] = CONSOLE_DRAIN_SOCKET, draft[] = CONSOLE_DRAIN_SOCKET ".new";
	int result;

	daemon->askers = listen_at(draft);
	result = MIN(daemon->askers, 0);
	if (!result)
		result = daemon_listen(daemon, daemon->askers, WAKE_ASKERS, 0);
	if (!result && rename(draft, path) != 0)
		result = -errno;
	if (!result)
		return;
	daemon_log("error",
		   "%s: %s; what guests write last is lost if they are destroyed while "
		   "this daemon is away",
		   path, strerror(-result));
	/* Nobody shall wait for an answer that never comes. */
	(void)unlink(path);
}

void askers_accept(struct consoled *daemon)
{
	int asker = accept4(daemon->askers, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (asker >= 0 && daemon_listen(daemon, asker, WAKE_ASKER, (uint32_t)asker))
		close(asker);
}

static struct console *find_console(struct consoled *daemon,
				    const struct console_drain_question *question)
{
	struct console *console =
		question->domid < DOMAINS_MAX ? daemon->consoles[question->domid] : NULL;

	return console && !memcmp(console->uuid, question->uuid, sizeof(question->uuid)) ? console
											 : NULL;
}

/* False: without the store it cannot be said whether the guest has a console. */
static bool empty_ring(struct consoled *daemon, const struct console_drain_question *question)
{
	struct console *console = find_console(daemon, question);

	/* One that has lived too short to be seen. */
	if (!console) {
		if (!daemon->store && !guests_connect(daemon))
			return false;
		guests_look(daemon);
		guests_hear(daemon);
		console = find_console(daemon, question);
	}
	if (!console)
		return daemon->store != NULL;
	console_empty_ring(daemon, console);
	return true;
}

void askers_answer(struct consoled *daemon, int asker)
{
	struct console_drain_question question;

	if (recv(asker, &question, sizeof(question), 0) == sizeof(question) &&
	    empty_ring(daemon, &question))
		/* Who has not waited for it wants no answer. */
		(void)!send(asker, "", 1, MSG_NOSIGNAL);
	close(asker);
}
