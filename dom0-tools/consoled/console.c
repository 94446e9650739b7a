/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/console.c - one guest's console: from its ring to the log
 * and the terminal, from the terminal to its ring.
 *
 * A guest's bytes leave the ring only when the log has them, so that whoever
 * comes after this process finds those it did not get to; at worst the last
 * piece stands in the log twice.  One ring's length is moved at a time, and what
 * a guest may have of each period is bounded, so no guest keeps another waiting.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <xen/grant_table.h>

#include "dom0-tools/consoled/consoled.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/timing.h"

#define CPUS_MOST      64	/* whose idle time is asked for                   */
#define CHARGE_MOST_NS 10000000 /* at once: what takes longer is no guest's fault */

static struct xencons_interface *map_ring(struct consoled *daemon, struct console *console,
					  uint64_t frame)
{
	xen_pfn_t frames[1] = {frame};
	void *page = xengnttab_map_grant_ref(daemon->grants, console->domid,
					     GNTTAB_RESERVED_CONSOLE, PROT_READ | PROT_WRITE);

	console->granted = page != NULL;
	if (!page)
		page = xenforeignmemory_map(daemon->memory, console->domid, PROT_READ | PROT_WRITE,
					    1, frames, NULL);
	return page;
}

static void unmap_ring(struct consoled *daemon, struct console *console)
{
	if (!console->ring.shared)
		return;
	if (console->granted)
		xengnttab_unmap(daemon->grants, console->ring.shared, 1);
	else
		xenforeignmemory_unmap(daemon->memory, console->ring.shared, 1);
	console->ring.shared = NULL;
}

/* Room in the table of ports for this one. */
static int note_port(struct consoled *daemon, evtchn_port_t port, struct console *console)
{
	if (port >= daemon->ports) {
		uint32_t wanted = (port + 64) & ~63u;
		struct console **grown =
			reallocarray(daemon->by_port, wanted, sizeof(*daemon->by_port));

		if (!grown)
			return -ENOMEM;
		memset(grown + daemon->ports, 0, (wanted - daemon->ports) * sizeof(*grown));
		daemon->by_port = grown;
		daemon->ports = wanted;
	}
	daemon->by_port[port] = console;
	return 0;
}

static int bind_port(struct consoled *daemon, struct console *console, uint32_t remote)
{
	xenevtchn_port_or_error_t port =
		xenevtchn_bind_interdomain(daemon->events, console->domid, remote);

	if (port < 0)
		return -errno;
	console->port = (evtchn_port_t)port;
	return note_port(daemon, console->port, console);
}

/* What epoll is to wait for: typed bytes if the guest has room, room if we have bytes. */
static void arm(struct consoled *daemon, struct console *console)
{
	struct epoll_event event = {.data.u64 = WAKE_OF(WAKE_TERMINAL, console->domid)};

	event.events =
		(ring_room(&console->ring) ? EPOLLIN : 0) | (console->backlog.count ? EPOLLOUT : 0);
	if (event.events == console->armed)
		return;
	if (epoll_ctl(daemon->epoll, EPOLL_CTL_MOD, console->terminal.master, &event) == 0)
		console->armed = event.events;
}

static void push_backlog(struct console *console)
{
	const char *bytes;
	size_t count, taken;

	while ((count = backlog_first(&console->backlog, &bytes)) > 0) {
		taken = terminal_write(&console->terminal, bytes, count);
		if (taken == 0)
			return;
		backlog_drop(&console->backlog, taken);
	}
}

/* A full disk must not stop a guest: its bytes are counted instead, and that is said. */
static void write_log(struct console *console, const char *bytes, size_t count)
{
	char note[96];
	int result = 0, length;

	if (console->lost_bytes) {
		length = snprintf(note, sizeof(note), "\n[enso-consoled: %llu bytes are missing]\n",
				  (unsigned long long)console->lost_bytes);
		result = logfile_write(&console->log, note, (size_t)length);
	}
	if (!result)
		result = logfile_write(&console->log, bytes, count);
	if (!result) {
		console->lost_bytes = 0;
		return;
	}
	if (!console->lost_bytes)
		daemon_log("error", "%s: %s; its console is not logged until there is room",
			   console->log.path, strerror(-result));
	console->lost_bytes += count;
}

/* From the guest to the log and the terminal; returns whether the guest is to be told. */
static bool drain(struct console *console)
{
	char bytes[RING_OUTPUT_BYTES];
	int count = ring_peek(&console->ring, bytes);

	if (count < 0) {
		if (!console->told_broken)
			daemon_log("warning",
				   "guest %s: its console ring is broken; "
				   "what is in it is dropped",
				   console->name);
		console->told_broken = true;
		ring_resynchronise(&console->ring);
		return true;
	}
	if (count == 0)
		return false;
	write_log(console, bytes, (size_t)count);
	ring_release(&console->ring, (uint32_t)count);
	backlog_add(&console->backlog, bytes, (size_t)count);
	push_backlog(console);
	console->bytes_left -=
		console->bytes_left < (uint32_t)count ? console->bytes_left : (uint32_t)count;
	return true;
}

/* From the terminal to the guest; returns whether the guest is to be told. */
static bool feed(struct console *console)
{
	char bytes[RING_INPUT_BYTES];
	size_t room = ring_room(&console->ring);
	size_t count = terminal_read(&console->terminal, bytes, room);

	/* The room cannot have become less: only we fill it, and a guest that says so loses. */
	return count && ring_put(&console->ring, bytes, count) > 0;
}

static void wait_for_period(struct consoled *daemon, struct console *console)
{
	struct itimerspec when = {.it_value.tv_nsec = PERIOD_MS * 1000000L};

	if (!daemon->waiting)
		(void)timerfd_settime(daemon->timer, 0, &when, NULL);
	console->waits = true;
	console->next_waiting = daemon->waiting;
	daemon->waiting = console;
}

void console_charge(struct consoled *daemon, struct console *console)
{
	struct timespec time;
	uint64_t now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	now = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
	/* The kernel's part of waking us, and the switches to us and back, are not our time. */
	if (console)
		console->time_left_ns -=
			(int64_t)(MIN(now - daemon->charged_ns, (uint64_t)CHARGE_MOST_NS) * 11 / 5);
	daemon->charged_ns = now;
}

static void fill_time(struct console *console, uint64_t now)
{
	uint64_t elapsed = now - console->time_filled_ns;

	if (!console->time_filled_ns || elapsed > TIME_SAVED_NS * 1000 / TIME_PER_MILLE)
		console->time_left_ns = TIME_SAVED_NS;
	else
		console->time_left_ns += (int64_t)(elapsed * TIME_PER_MILLE / 1000);
	if (console->time_left_ns > TIME_SAVED_NS)
		console->time_left_ns = TIME_SAVED_NS;
	console->time_filled_ns = now;
}

/* Whether the guest still has something of this period. */
static bool may_be_served(struct console *console)
{
	uint64_t now = timing_now_ns();
	uint64_t period = now / (PERIOD_MS * 1000000ull);

	fill_time(console, now);
	if (console->period != period) {
		console->period = period;
		console->bytes_left = BYTES_PER_PERIOD;
		console->events_left = EVENTS_PER_PERIOD;
	}
	return console->bytes_left && console->events_left && console->time_left_ns > 0;
}

void console_serve(struct consoled *daemon, struct console *console)
{
	bool told;

	if (console->waits)
		return;
	if (!may_be_served(console)) {
		wait_for_period(daemon, console);
		return;
	}
	console->events_left--;
	told = drain(console);
	told |= feed(console);
	if (told)
		(void)xenevtchn_notify(daemon->events, console->port);
	arm(daemon, console);
	(void)xenevtchn_unmask(daemon->events, console->port);
	console_charge(daemon, console);
}

void console_empty_ring(struct consoled *daemon, struct console *console)
{
	/* It may be let run on, and wait for room. */
	if (drain(console))
		(void)xenevtchn_notify(daemon->events, console->port);
	arm(daemon, console);
}

void console_terminal(struct consoled *daemon, struct console *console)
{
	push_backlog(console);
	if (feed(console))
		(void)xenevtchn_notify(daemon->events, console->port);
	arm(daemon, console);
}

/* How long CPUs had nothing to do in the period that has ended, all together. */
static uint64_t idle_meanwhile(struct consoled *daemon)
{
	uint64_t now = timing_now_ns(), before = daemon->idle_ns, then = daemon->idle_at_ns;
	uint64_t idle[CPUS_MOST];
	uint32_t count = CPUS_MOST;

	daemon->idle_at_ns = now;
	daemon->idle_ns = 0;
	if (host_get_idle_times(daemon->hypervisor, idle, &count, NULL))
		return 0;
	for (uint32_t i = 0; i < count; i++)
		daemon->idle_ns += idle[i];
	if (now - then > 3 * PERIOD_MS * 1000000ull || daemon->idle_ns < before)
		return 0;
	return daemon->idle_ns - before;
}

void console_new_period(struct consoled *daemon)
{
	struct console *console = daemon->waiting;
	uint64_t idle = idle_meanwhile(daemon);

	daemon->waiting = NULL;
	while (console) {
		struct console *next = console->next_waiting;

		console->waits = false;
		console->time_left_ns += (int64_t)idle;
		console->next_waiting = NULL;
		console_serve(daemon, console);
		console = next;
	}
}

static int connect_ring(struct consoled *daemon, struct console *console,
			const struct console_place *place, struct failure *failure)
{
	struct xencons_interface *page = map_ring(daemon, console, place->frame);
	int result;

	if (!page)
		return failure_set(failure, errno, console->name, NULL,
				   "its console ring cannot be mapped: %s", strerror(errno));
	ring_adopt(&console->ring, page);
	result = bind_port(daemon, console, place->port);
	if (result)
		return failure_set(failure, -result, console->name, NULL,
				   "its console's event channel %u cannot be bound: %s",
				   place->port, strerror(-result));
	return 0;
}

static int connect_people(struct consoled *daemon, struct console *console,
			  const struct console_place *place, struct failure *failure)
{
	int result = terminal_open(&console->terminal);

	if (!result)
		result = daemon_listen(daemon, console->terminal.master, WAKE_TERMINAL,
				       console->domid);
	if (result)
		return failure_set(failure, -result, console->name, NULL, "no terminal for it: %s",
				   strerror(-result));
	console->armed = EPOLLIN;
	console->backlog.size =
		place->limit && place->limit < BACKLOG_BYTES ? place->limit : BACKLOG_BYTES;
	console->backlog.bytes = malloc(console->backlog.size);
	if (!console->backlog.bytes)
		return failure_set(failure, ENOMEM, console->name, NULL, "out of memory");
	result = logfile_open(&console->log, &daemon->policy, console->name);
	if (result)
		daemon_log("error", "%s: %s; this console is not logged", console->log.path,
			   strerror(-result));
	return 0;
}

struct console *console_open(struct consoled *daemon, const struct console_place *place,
			     struct failure *failure)
{
	struct console *console = calloc(1, sizeof(*console));

	if (!console) {
		failure_set(failure, ENOMEM, place->name, NULL, "out of memory");
		return NULL;
	}
	console->domid = place->domid;
	console->port = (evtchn_port_t)-1;
	console->terminal.master = console->terminal.slave = -1;
	console->log.descriptor = -1;
	memcpy(console->uuid, place->uuid, sizeof(console->uuid));
	memcpy(console->name, place->name, sizeof(console->name));
	if (connect_people(daemon, console, place, failure) ||
	    connect_ring(daemon, console, place, failure)) {
		console_close(daemon, console);
		return NULL;
	}
	daemon->consoles[console->domid] = console;
	/* What it wrote before we came made no event for us; and it may wait for room. */
	console_serve(daemon, console);
	(void)xenevtchn_notify(daemon->events, console->port);
	return console;
}

void console_rename(struct console *console, const char *name)
{
	int result;

	if (strcmp(console->name, name) == 0)
		return;
	snprintf(console->name, sizeof(console->name), "%s", name);
	result = logfile_rename(&console->log, name);
	if (result)
		daemon_log("error", "%s: %s; the log of guest %s", console->log.path,
			   strerror(-result), name);
}

static void leave_waiting(struct consoled *daemon, struct console *console)
{
	struct console **link = &daemon->waiting;

	while (*link && *link != console)
		link = &(*link)->next_waiting;
	if (*link)
		*link = console->next_waiting;
}

void console_close(struct consoled *daemon, struct console *console)
{
	if (console->ring.shared)
		(void)drain(console);
	leave_waiting(daemon, console);
	if (console->port != (evtchn_port_t)-1) {
		daemon->by_port[console->port] = NULL;
		(void)xenevtchn_unbind(daemon->events, console->port);
	}
	unmap_ring(daemon, console);
	if (daemon->consoles[console->domid] == console)
		daemon->consoles[console->domid] = NULL;
	terminal_close(&console->terminal);
	logfile_close(&console->log);
	free(console->backlog.bytes);
	free(console);
}
