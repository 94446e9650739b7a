/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/supervisor.h - all that ensod knows while it runs.  Nothing of it
 * needs to outlive it: state.h has what does.
 *
 * The supervisor looks at what is, not at what it was told: after each hint (a word of the
 * store, a file, a job done, a time come) it compares the host's domains with what
 * shall be.
 */
#pragma once

#include "dom0-tools/ensod/backends.h"
#include "dom0-tools/ensod/decide.h"
#include "dom0-tools/ensod/services.h"
#include "dom0-tools/ensod/worker.h"
#include "dom0-tools/lib/domain.h"

/* A domain that has ended. */
struct ended {
	uint16_t domid;
	uint8_t uuid[UUID_BYTES];
	char name[GUEST_NAME_MAX + 1];
	struct decision decision;
	uint64_t due_ms;
	bool busy;     /* a job is under way */
	bool stranger; /* another tool made it */
	bool seen;     /* in the present look */
};

/* A guest that shall run: it was to be restarted when ensod, or the builder, failed. */
struct intended {
	uint8_t uuid[UUID_BYTES];
	unsigned int failures;
	uint64_t due_ms;
	bool busy;
};

#define SUPERVISOR_REAPING 16 /* at a time; the others come next */

struct supervisor {
	struct hypervisor *hypervisor;
	struct store *store; /* NULL while the daemon is away */
	struct worker *worker;
	struct backends *backends;
	struct services *services;
	struct ended *ended;
	size_t ended_count, ended_room;
	struct intended *intended;
	size_t intended_count, intended_room;
	uint64_t next_ms; /* when to look again without a hint; 0: never */
	size_t jobs;	  /* under way */
	bool stopping;	  /* guests are being stopped: nothing is started */
	uint64_t stop_ms; /* when those that are left are destroyed       */
	bool destroying;  /* that was begun                               */
	uint8_t reaping[SUPERVISOR_REAPING][UUID_BYTES]; /* jobs under way  */
	size_t reaping_count;
};

/* Looks at all domains and does what is to be done; *next_ms is set. */
void supervisor_look(struct supervisor *supervisor);

/* The job is done: what follows from its result.  Frees it. */
void supervisor_finish(struct supervisor *supervisor, struct job *job);

/* A job, zeroed, for this domain; NULL when out of memory (which is logged). */
struct job *supervisor_new_job(enum job_kind kind, const uint8_t uuid[UUID_BYTES], uint16_t domid);
void supervisor_submit(struct supervisor *supervisor, struct job *job);

/* Sets next_ms to this time if it is earlier. */
void supervisor_wake_at(struct supervisor *supervisor, uint64_t when_ms);

/* Takes up what an ensod before this one has begun: intentions. */
void supervisor_take_up(struct supervisor *supervisor);

/*
 * Builders' locks whose holders are dead: a job for each.  Files of guests that are
 * gone: removed.  reaper.c.
 */
void reaper_look(struct supervisor *supervisor, const struct domain_info *domains, size_t count);
void reaper_finish(struct supervisor *supervisor, const struct job *job);
/* The same for configurations, once: builders of the past may have left some. */
void reaper_sweep_configs(const struct domain_info *domains, size_t count);

/* The domain of this uuid, but for dying ones; NULL if there is none. */
const struct domain_info *supervisor_find(const struct domain_info *domains, size_t count,
					  const uint8_t uuid[UUID_BYTES]);

/* Files in /etc/enso/autostart that this boot has not seen: a job for each, in order.  autostart.c.
 */
void autostart_begin(struct supervisor *supervisor);

/*
 * Asks every guest to power off, and after `seconds` destroys those that are left;
 * stop_look says when all is done.  stop.c.
 */
void stop_begin(struct supervisor *supervisor, uint64_t seconds);
bool stop_look(struct supervisor *supervisor);
