/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/console.c - attaching to a guest's console: the pseudo-terminal
 * that enso-consoled (or xenconsoled) has named in the store.
 */
#include "dom0-tools/enso/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/waiting.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"

#define DETACH_KEY     0x1d /* Ctrl-] */
#define TTY_PATIENCE_S 10   /* for the console daemon to see a new guest */

enum session_end { SESSION_GOES_ON, SESSION_DETACHED, SESSION_GUEST_ENDED, SESSION_TTY_GONE };

struct session {
	struct invocation *invocation;
	struct guest *guest;
	int tty;
	bool input; /* there is still something to read from */
	bool raw;
	struct termios saved;
};

/*
 * The terminal's name.  The guest can write near it, so that only what looks like
 * a pseudo-terminal is believed.
 */
static int read_tty_name(struct session *session, char *name, size_t room)
{
	struct failure failure = {0};
	char *value;
	int result = store_read(session->invocation->store, STORE_NOW, &value, &failure,
				"/local/domain/%u/console/tty", session->guest->info.domid);

	if (result)
		return result;
	snprintf(name, room, "%s", value);
	free(value);
	if (!*name)
		return -ENOENT;
	if (strncmp(name, "/dev/pts/", 9) != 0 ||
	    strspn(name + 9, "0123456789") != strlen(name + 9))
		return failure_set(&session->invocation->failure, EPERM,
				   guest_label(session->guest), "restart the console daemon",
				   "the store names as its console what is no terminal");
	return 0;
}

static int lock_tty(struct session *session)
{
	struct termios settings;

	if (flock(session->tty, LOCK_EX | LOCK_NB) != 0)
		return failure_set(&session->invocation->failure, EBUSY,
				   guest_label(session->guest), "`enso logs -f` looks on",
				   "somebody else is attached to its console");
	if (tcgetattr(session->tty, &settings) == 0) {
		cfmakeraw(&settings);
		(void)tcsetattr(session->tty, TCSANOW, &settings);
	}
	return 0;
}

static int open_tty_now(struct session *session)
{
	char name[64];
	int result = read_tty_name(session, name, sizeof(name));

	if (result)
		return result;
	session->tty = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (session->tty < 0 && (errno == ENOENT || errno == EIO))
		return -ENOENT;
	if (session->tty < 0)
		return failure_set(&session->invocation->failure, errno,
				   guest_label(session->guest), NULL,
				   "cannot open its console %s: %s", name, strerror(errno));
	return lock_tty(session);
}

static bool guest_goes_on(struct session *session)
{
	struct domain_info info;
	int found = domain_lookup(session->invocation->hypervisor, session->guest->info.domid,
				  &info, NULL);

	return found == 1 && !info.dying && !info.shut_down &&
	       !memcmp(info.uuid, session->guest->info.uuid, sizeof(info.uuid));
}

/* Opens the terminal as soon as it is there. */
static int open_tty(struct session *session)
{
	struct waiting waiting;
	char path[64];
	int result = waiting_begin(&waiting, session->invocation, TTY_PATIENCE_S, 500);

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", session->guest->info.domid);
	if (!result)
		result = waiting_watch(&waiting, path);
	if (result)
		return result;
	for (;;) {
		result = open_tty_now(session);
		if (result != -ENOENT)
			break;
		if (!guest_goes_on(session)) {
			result = failure_set(&session->invocation->failure, EBUSY,
					     guest_label(session->guest),
					     "`enso logs` shows what it wrote",
					     "it has ended, and has no console any more");
			break;
		}
		result = waiting_next(&waiting);
		if (result < 0)
			break;
		if (result == 0) {
			result = failure_set(&session->invocation->failure, ETIMEDOUT,
					     guest_label(session->guest),
					     "see that enso-consoled runs",
					     "it has no console after %d s", TTY_PATIENCE_S);
			break;
		}
	}
	/* A watch that stays costs a look now and then. */
	if (store_unwatch(session->invocation->store, path, "wait", NULL) && !result)
		return 0;
	return result;
}

static enum session_end copy_output(struct session *session)
{
	char bytes[4096];
	ssize_t count = read(session->tty, bytes, sizeof(bytes));

	if (count > 0)
		return files_write_all(STDOUT_FILENO, bytes, (size_t)count) ? SESSION_DETACHED
									    : SESSION_GOES_ON;
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return SESSION_GOES_ON;
	return SESSION_TTY_GONE;
}

/* Typed faster than the guest takes it: what does not fit is waited for a little. */
static void write_input(struct session *session, const char *bytes, size_t count)
{
	while (count > 0) {
		struct pollfd room = {.fd = session->tty, .events = POLLOUT};
		ssize_t written = write(session->tty, bytes, count);

		if (written > 0) {
			bytes += written;
			count -= (size_t)written;
		} else if (errno != EAGAIN || poll(&room, 1, 2000) <= 0) {
			return;
		}
	}
}

static enum session_end copy_input(struct session *session)
{
	char bytes[256], *key;
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (count <= 0)
		return SESSION_DETACHED;
	key = memchr(bytes, DETACH_KEY, (size_t)count);
	write_input(session, bytes, key ? (size_t)(key - bytes) : (size_t)count);
	return key ? SESSION_DETACHED : SESSION_GOES_ON;
}

/* What the guest still had to say when it ended. */
static void drain_output(struct session *session)
{
	struct pollfd ready = {.fd = session->tty, .events = POLLIN};

	while (poll(&ready, 1, 100) > 0 && copy_output(session) == SESSION_GOES_ON)
		;
}

static enum session_end handle_store(struct session *session)
{
	struct store_event event;
	int result;

	while ((result = store_next_event(session->invocation->store, 0, &event, NULL)) == 1)
		store_event_free(&event);
	/* Without the store the terminal itself will tell the end. */
	if (result < 0) {
		store_close(session->invocation->store);
		session->invocation->store = NULL;
		return SESSION_GOES_ON;
	}
	return guest_goes_on(session) ? SESSION_GOES_ON : SESSION_GUEST_ENDED;
}

static enum session_end copy_both_ways(struct session *session)
{
	enum session_end end = SESSION_GOES_ON;

	while (end == SESSION_GOES_ON) {
		struct store *store = session->invocation->store;
		struct pollfd ready[3] = {
			{.fd = session->tty, .events = POLLIN},
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = store ? store_descriptor(store) : -1, .events = POLLIN},
		};

		if (poll(ready, 3, -1) < 0 && errno != EINTR)
			return SESSION_DETACHED;
		if (ready[0].revents)
			end = copy_output(session);
		if (end == SESSION_GOES_ON && ready[1].revents)
			end = copy_input(session);
		if (end == SESSION_GOES_ON && ready[2].revents)
			end = handle_store(session);
	}
	if (end == SESSION_GUEST_ENDED)
		drain_output(session);
	return end;
}

static void terminal_raw(struct session *session)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &session->saved) != 0)
		return;
	raw = session->saved;
	cfmakeraw(&raw);
	session->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void terminal_back(struct session *session)
{
	if (session->raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &session->saved);
	session->raw = false;
}

/* From the open terminal to the end of the session. */
static enum session_end converse(struct session *session, bool *unpause, int *result)
{
	enum session_end end;

	fprintf(stderr, "enso: attached to %s; Ctrl-] detaches\n", guest_label(session->guest));
	terminal_raw(session);
	if (*unpause)
		*result = domain_unpause(session->invocation->hypervisor,
					 session->guest->info.domid, &session->invocation->failure);
	*unpause = false;
	end = *result ? SESSION_DETACHED : copy_both_ways(session);
	terminal_back(session);
	close(session->tty);
	session->tty = -1;
	return end;
}

/* The guest of the same uuid that comes after this one. */
static int find_successor(struct session *session)
{
	struct waiting waiting;
	char uuid[UUID_TEXT];
	int result = waiting_begin(&waiting, session->invocation, 0, 500);

	uuid_write(uuid, session->guest->info.uuid);
	while (!result) {
		struct guest next;
		int found = guests_lookup(session->invocation, uuid, &next);

		if (found < 0)
			return found;
		if (found && !next.info.dying && !next.info.shut_down) {
			*session->guest = next;
			return 0;
		}
		result = waiting_next(&waiting);
		result = result < 0 ? result : 0;
	}
	return result;
}

int console_attach(struct invocation *invocation, struct guest *guest, bool unpause, bool follow)
{
	struct session session = {.invocation = invocation, .guest = guest, .tty = -1};
	enum session_end end = SESSION_GOES_ON;
	int result = 0;

	while (!result && end != SESSION_DETACHED) {
		result = invocation_need_both(invocation);
		if (!result)
			result = open_tty(&session);
		if (result)
			break;
		end = converse(&session, &unpause, &result);
		if (result || end == SESSION_DETACHED)
			break;
		/* The console daemon came back, or the guest did not. */
		result = invocation_need_both(invocation);
		if (result || guest_goes_on(&session))
			continue;
		fprintf(stderr, "\nenso: %s has ended\n", guest_label(guest));
		if (!follow)
			break;
		result = find_successor(&session);
	}
	if (end == SESSION_DETACHED && !result)
		fprintf(stderr, "\nenso: detached from %s\n", guest_label(guest));
	if (session.tty >= 0)
		close(session.tty);
	return result;
}

static int print_tty(struct invocation *invocation, struct guest *guest)
{
	struct session session = {.invocation = invocation, .guest = guest, .tty = -1};
	struct json_object *document;
	char name[64];
	int result = read_tty_name(&session, name, sizeof(name));

	if (result == -ENOENT)
		result = failure_set(&invocation->failure, ENOENT, guest_label(guest),
				     "see that enso-consoled runs", "it has no console");
	if (result)
		return result;
	document = output_begin(invocation);
	guest_describe(guest, output_add_object(document, "guest"));
	output_add_text(document, "tty", name);
	return output_print(invocation, document);
}

int command_console(struct invocation *invocation)
{
	struct guest guest;
	int result = guests_find_guest(invocation, invocation->arguments.words[0], &guest);

	if (result)
		return result;
	if (invocation->json)
		return print_tty(invocation, &guest);
	return console_attach(invocation, &guest, false,
			      arguments_has(&invocation->arguments, "wait"));
}
