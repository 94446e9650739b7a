/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/consoled.h - what the parts of the console daemon share:
 * the daemon, and one struct console for each guest.  One thread, one loop.
 *
 * main.c reads options and waits; guests.c finds out who there is; console.c
 * moves a guest's bytes; hypervisor_log.c does the same for the hypervisor's;
 * askers.c answers those who are about to destroy a guest.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "dom0-tools/consoled/backlog.h"
#include "dom0-tools/consoled/logfile.h"
#include "dom0-tools/consoled/ring.h"
#include "dom0-tools/consoled/terminal.h"
#include "dom0-tools/lib/hypervisor.h"
#include "dom0-tools/lib/store.h"

#define DOMAINS_MAX  0x7ff0
#define CONSOLE_NAME 128 /* a guest's name and a 0 */

/*
 * What a guest may have of us: so many bytes and events in each period, and so
 * much of a CPU, some of which it may have saved up; what is idle costs nothing.
 * A guest that has used them up waits for the next period, with its event channel
 * masked.
 */
#define PERIOD_MS	  100
#define BYTES_PER_PERIOD  (128 << 10)
#define EVENTS_PER_PERIOD 500
#define TIME_PER_MILLE	  30
#define TIME_SAVED_NS	  100000000ll

#define BACKLOG_BYTES	  (32 << 10) /* at most; console/limit may make it less */

struct console {
	uint16_t domid;
	uint8_t uuid[16];
	char name[CONSOLE_NAME];
	bool renamed; /* its name in the store may be another one now */
	struct ring ring;
	bool granted;	    /* the ring is mapped by grant, else as a foreign page */
	evtchn_port_t port; /* ours */
	struct terminal terminal;
	struct backlog backlog;
	struct logfile log;
	uint64_t lost_bytes; /* that no log could take since it last could */
	bool told_broken;
	uint32_t armed; /* what epoll waits for at the terminal */

	uint64_t period; /* the one that bytes_left and events_left belong to */
	uint32_t bytes_left, events_left;
	int64_t time_left_ns; /* of this process's; below 0: it owes some */
	uint64_t time_filled_ns;
	bool waits; /* for the next period, in the daemon's list */
	struct console *next_waiting;
};

struct consoled {
	struct logfile_policy policy;
	struct hypervisor *hypervisor;
	struct store *store; /* NULL while its daemon is away */
	xenevtchn_handle *events;
	xengnttab_handle *grants;
	xenforeignmemory_handle *memory;
	int epoll, timer;
	int askers;	  /* where they connect; negative: nowhere */
	bool look_needed; /* domains may have come or gone */

	struct console *consoles[DOMAINS_MAX]; /* by domid */
	bool watched[DOMAINS_MAX];	       /* its console nodes, because they were not whole */
	struct console **by_port;
	uint32_t ports; /* length of by_port */
	struct console *waiting;
	uint64_t charged_ns;	      /* of this process's time that somebody has paid for */
	uint64_t idle_ns, idle_at_ns; /* of all CPUs, and when that was looked at      */

	bool has_log_port;
	evtchn_port_t log_port;
	struct logfile hypervisor_log;
	int position_file;
};

enum wake { WAKE_EVENTS, WAKE_STORE, WAKE_TIMER, WAKE_TERMINAL, WAKE_ASKERS, WAKE_ASKER };

/* `which`: the domain of a terminal, the descriptor of an asker. */
#define WAKE_OF(kind, which) ((uint64_t)(kind) << 32 | (which))

/* main.c */
void daemon_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));
int MUST_CHECK
daemon_listen(struct consoled *daemon, int descriptor, enum wake kind, uint32_t which);

/* service.c */
int MUST_CHECK
service_lock(const char *pid_file);
void service_ready(void);

/* guests.c */
/* Makes what the daemon has equal to the domains there are. */
void guests_look(struct consoled *daemon);
/* Connects to the store and tells it the terminals of all; false: it is away. */
bool guests_connect(struct consoled *daemon);
void guests_disconnect(struct consoled *daemon);
/* Takes all that the store has to tell. */
void guests_hear(struct consoled *daemon);

/* console.c */
/* What the store says of a guest's console. */
struct console_place {
	uint16_t domid;
	uint8_t uuid[16];
	char name[CONSOLE_NAME];
	uint64_t frame; /* mfn of the ring */
	uint32_t port;	/* the guest's */
	uint64_t limit; /* bytes of backlog wished for; 0: not said */
};

/* Connects to it.  NULL with the reason in `failure`. */
struct console *console_open(struct consoled *daemon, const struct console_place *place,
			     struct failure *failure);
/* The guest has another name, and its log with it. */
void console_rename(struct console *console, const char *name);
/* Takes what is left in the ring and lets go of everything. */
void console_close(struct consoled *daemon, struct console *console);
/* Its event channel has rung: moves bytes, then lets it ring again. */
void console_serve(struct consoled *daemon, struct console *console);
/*
 * Moves all that its ring holds to the log, whatever it has used up: for a guest that
 * writes no more.
 */
void console_empty_ring(struct consoled *daemon, struct console *console);
/* Its terminal can be read or written. */
void console_terminal(struct consoled *daemon, struct console *console);
/* What this process did since the last call was for this guest; NULL: for none. */
void console_charge(struct consoled *daemon, struct console *console);
/* A new period: serves those that waited for it. */
void console_new_period(struct consoled *daemon);

/* askers.c */
/* From then on what can be found in the store can be asked for. */
void askers_open(struct consoled *daemon);
void askers_accept(struct consoled *daemon);
/* Reads the question of this one, and lets go of it. */
void askers_answer(struct consoled *daemon, int asker);

/* hypervisor_log.c */
void hypervisor_log_open(struct consoled *daemon);
void hypervisor_log_read(struct consoled *daemon);
