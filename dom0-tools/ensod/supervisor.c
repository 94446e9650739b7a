/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/supervisor.c - supervisor.h says what it is for. */
#include "dom0-tools/ensod/supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/state.h"
#include "dom0-tools/ensod/stranger.h"

#define RETRY_MS	1000
#define RETRY_FAILED_MS 5000

void supervisor_wake_at(struct supervisor *supervisor, uint64_t when_ms)
{
	if (!supervisor->next_ms || when_ms < supervisor->next_ms)
		supervisor->next_ms = when_ms;
}

struct job *supervisor_new_job(enum job_kind kind, const uint8_t uuid[UUID_BYTES], uint16_t domid)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job) {
		log_line(LOG_LEVEL_ERROR, "out of memory");
		return NULL;
	}
	job->kind = kind;
	job->domid = domid;
	if (uuid)
		memcpy(job->uuid, uuid, UUID_BYTES);
	return job;
}

void supervisor_submit(struct supervisor *supervisor, struct job *job)
{
	supervisor->jobs++;
	worker_submit(supervisor->worker, job);
}

static struct ended *find_ended(struct supervisor *supervisor, uint16_t domid,
				const uint8_t uuid[UUID_BYTES])
{
	for (size_t i = 0; i < supervisor->ended_count; i++) {
		struct ended *ended = &supervisor->ended[i];

		if (ended->domid == domid && !memcmp(ended->uuid, uuid, UUID_BYTES))
			return ended;
	}
	return NULL;
}

static struct intended *find_intended(struct supervisor *supervisor, const uint8_t uuid[UUID_BYTES])
{
	for (size_t i = 0; i < supervisor->intended_count; i++)
		if (!memcmp(supervisor->intended[i].uuid, uuid, UUID_BYTES))
			return &supervisor->intended[i];
	return NULL;
}

static struct intended *add_intended(struct supervisor *supervisor, const uint8_t uuid[UUID_BYTES])
{
	struct intended *intended = find_intended(supervisor, uuid);

	if (intended)
		return intended;
	if (supervisor->intended_count == supervisor->intended_room) {
		size_t room = supervisor->intended_room + 16;
		void *more = realloc(supervisor->intended, room * sizeof(*intended));

		if (!more)
			return NULL;
		supervisor->intended = more;
		supervisor->intended_room = room;
	}
	intended = &supervisor->intended[supervisor->intended_count++];
	memset(intended, 0, sizeof(*intended));
	memcpy(intended->uuid, uuid, UUID_BYTES);
	return intended;
}

static void remove_intended(struct supervisor *supervisor, struct intended *intended)
{
	*intended = supervisor->intended[--supervisor->intended_count];
}

void supervisor_take_up(struct supervisor *supervisor)
{
	uint8_t(*uuids)[UUID_BYTES];
	size_t count = state_list(STATE_RESTARTING, ".xml", &uuids);

	for (size_t i = 0; i < count; i++)
		if (!add_intended(supervisor, uuids[i]))
			log_line(LOG_LEVEL_ERROR, "out of memory: a guest is not restarted");
	free(uuids);
}

static const char *end_name(enum domain_end end)
{
	static const char *const names[] = {
		[DOMAIN_END_POWEROFF] = "powered off",
		[DOMAIN_END_REBOOT] = "wants to restart",
		[DOMAIN_END_SUSPEND] = "suspended",
		[DOMAIN_END_CRASH] = "crashed",
		[DOMAIN_END_WATCHDOG] = "was ended by its watchdog",
	};

	return (size_t)end < ARRAY_SIZE(names) ? names[end] : "ended in an unknown way";
}

static const char *decision_name(enum decision_kind kind)
{
	switch (kind) {
	case DECIDE_DESTROY:
		return "destroyed";
	case DECIDE_RESTART:
		return "restarted";
	case DECIDE_RENAME_RESTART:
		return "renamed, and started anew";
	default:
		return "left as it is";
	}
}

static void tell_decision(const struct ended *ended, const struct guest_death *death)
{
	char when[64] = "", age[64] = "";

	if (ended->decision.kind != DECIDE_LEAVE)
		snprintf(age, sizeof(age), " after %lu s", (unsigned long)death->lived_ms / 1000);
	if (ended->decision.pause_ms)
		snprintf(when, sizeof(when), " in %lu s",
			 (unsigned long)(ended->decision.pause_ms + 999) / 1000);
	log_line(death->end == DOMAIN_END_POWEROFF || death->end == DOMAIN_END_REBOOT
			 ? LOG_LEVEL_INFO
			 : LOG_LEVEL_WARNING,
		 "guest %s, id %u: %s%s; it is %s%s (%s)%s", ended->name, ended->domid,
		 end_name(death->end), age, decision_name(ended->decision.kind), when,
		 ended->decision.action,
		 ended->decision.core_wanted ? "; core dumps are not written" : "");
}

static void decide(struct supervisor *supervisor, struct ended *ended,
		   const struct domain_info *info)
{
	struct guest_config *config = state_read_config(FILES_GUESTS, ended->uuid);
	struct guest_death death = {.end = info->end, .known = config != NULL};
	uint64_t now = state_now_ms();
	struct guest_past past;

	if (!config) {
		config = stranger_read_config(info->domid, info->uuid);
		death.known = death.stranger = ended->stranger = config != NULL;
	}
	snprintf(ended->name, sizeof(ended->name), "%s", config ? config->name : "(unknown)");
	if (config) {
		death.on_poweroff = config->on_poweroff;
		death.on_reboot = config->on_reboot;
		death.on_crash = config->on_crash;
		death.on_watchdog = config->on_watchdog;
	}
	guest_config_free(config);
	state_read_past(ended->uuid, &past);
	death.lived_ms = past.started_ms && past.started_ms < now ? now - past.started_ms : 0;
	/* Of unknown age: not known to have died quickly. */
	if (!past.started_ms)
		death.lived_ms = DECIDE_QUICK_MS;
	death.quick_deaths = past.quick_deaths;
	death.host_stopping = supervisor->stopping || state_host_stopping();
	ended->decision = decide_on_death(&death);
	ended->due_ms = now + ended->decision.pause_ms;
	tell_decision(ended, &death);
}

static struct ended *add_ended(struct supervisor *supervisor, const struct domain_info *info)
{
	struct ended *ended;

	if (supervisor->ended_count == supervisor->ended_room) {
		size_t room = supervisor->ended_room + 16;
		void *more = realloc(supervisor->ended, room * sizeof(*ended));

		if (!more) {
			log_line(LOG_LEVEL_ERROR, "out of memory");
			return NULL;
		}
		supervisor->ended = more;
		supervisor->ended_room = room;
	}
	ended = &supervisor->ended[supervisor->ended_count++];
	memset(ended, 0, sizeof(*ended));
	ended->domid = info->domid;
	memcpy(ended->uuid, info->uuid, UUID_BYTES);
	state_note_end(info);
	decide(supervisor, ended, info);
	return ended;
}

static void act_on_ended(struct supervisor *supervisor, struct ended *ended)
{
	static const enum job_kind kinds[] = {
		[DECIDE_DESTROY] = JOB_DESTROY,
		[DECIDE_RESTART] = JOB_RESTART,
		[DECIDE_RENAME_RESTART] = JOB_RENAME_RESTART,
	};
	struct job *job;

	if (ended->busy || ended->decision.kind == DECIDE_LEAVE)
		return;
	if (state_now_ms() < ended->due_ms) {
		supervisor_wake_at(supervisor, ended->due_ms);
		return;
	}
	job = supervisor_new_job(kinds[ended->decision.kind], ended->uuid, ended->domid);
	if (!job)
		return;
	memcpy(job->name, ended->name, sizeof(job->name));
	job->quick_deaths = ended->decision.quick_deaths;
	job->stranger = ended->stranger;
	ended->busy = true;
	supervisor_submit(supervisor, job);
}

static void look_at_ended(struct supervisor *supervisor, const struct domain_info *domains,
			  size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < supervisor->ended_count; i++)
		supervisor->ended[i].seen = false;
	for (size_t i = 0; i < count; i++) {
		const struct domain_info *info = &domains[i];
		struct ended *ended;

		if (info->domid == 0 || !info->shut_down || info->dying)
			continue;
		ended = find_ended(supervisor, info->domid, info->uuid);
		if (!ended)
			ended = add_ended(supervisor, info);
		if (!ended)
			continue;
		ended->seen = true;
		act_on_ended(supervisor, ended);
	}
	for (size_t i = 0; i < supervisor->ended_count; i++)
		if (supervisor->ended[i].seen || supervisor->ended[i].busy)
			supervisor->ended[kept++] = supervisor->ended[i];
	supervisor->ended_count = kept;
}

const struct domain_info *supervisor_find(const struct domain_info *domains, size_t count,
					  const uint8_t uuid[UUID_BYTES])
{
	for (size_t i = 0; i < count; i++)
		if (domains[i].domid != 0 && !domains[i].dying &&
		    !memcmp(domains[i].uuid, uuid, UUID_BYTES))
			return &domains[i];
	return NULL;
}

static void act_on_intended(struct supervisor *supervisor, struct intended *intended)
{
	struct job *job;

	if (state_now_ms() < intended->due_ms) {
		supervisor_wake_at(supervisor, intended->due_ms);
		return;
	}
	job = supervisor_new_job(JOB_BUILD, intended->uuid, 0);
	if (!job)
		return;
	intended->busy = true;
	supervisor_submit(supervisor, job);
}

static void look_at_intended(struct supervisor *supervisor, const struct domain_info *domains,
			     size_t count)
{
	for (size_t i = 0; i < supervisor->intended_count;) {
		struct intended *intended = &supervisor->intended[i];
		const struct domain_info *info = supervisor_find(domains, count, intended->uuid);
		char lock[STATE_PATH];

		state_path(lock, FILES_CREATING, intended->uuid, "");
		if (supervisor->stopping) {
			state_intention_done(intended->uuid);
			remove_intended(supervisor, intended);
			continue;
		}
		i++;
		if (intended->busy)
			continue;
		/* Half built, and the reaper's; or dead, and ended's. */
		if (access(lock, F_OK) == 0 || (info && info->shut_down)) {
			supervisor_wake_at(supervisor, state_now_ms() + RETRY_MS);
			continue;
		}
		if (!info) {
			act_on_intended(supervisor, intended);
			continue;
		}
		state_intention_done(intended->uuid);
		remove_intended(supervisor, intended);
		i--;
	}
}

void supervisor_look(struct supervisor *supervisor)
{
	struct failure failure = {0};
	struct domain_info *domains;
	size_t count;

	supervisor->next_ms = 0;
	if (domain_list(supervisor->hypervisor, &domains, &count, &failure)) {
		log_failure("cannot look at the guests", &failure);
		supervisor_wake_at(supervisor, state_now_ms() + RETRY_MS);
		return;
	}
	look_at_ended(supervisor, domains, count);
	look_at_intended(supervisor, domains, count);
	reaper_look(supervisor, domains, count);
	free(domains);
}

/* It shall run and could not be built: again later, or given up. */
static void try_again(struct supervisor *supervisor, const struct job *job)
{
	struct intended *intended = add_intended(supervisor, job->uuid);
	uint64_t pause_ms = RETRY_MS;

	if (!intended) {
		log_line(LOG_LEVEL_ERROR, "out of memory: guest %s is not restarted", job->name);
		return;
	}
	intended->busy = false;
	/* A store that is away, or a builder still at it, is no failure of the guest's. */
	if (job->result != -EPIPE && job->result != -ECONNREFUSED && job->result != -EBUSY &&
	    (job->result == -EEXIST || !decide_retry(++intended->failures, &pause_ms))) {
		log_line(LOG_LEVEL_ERROR,
			 "guest %s: cannot be restarted, given up after %u tries; `enso create` "
			 "starts it",
			 job->name, intended->failures);
		state_intention_done(job->uuid);
		remove_intended(supervisor, intended);
		return;
	}
	intended->due_ms = state_now_ms() + pause_ms;
}

/* What remains after a job that failed. */
static void finish_failed(struct supervisor *supervisor, struct job *job, struct ended *ended)
{
	static const char *const attempts[] = {
		[JOB_DESTROY] = "destroying a guest that has ended",
		[JOB_RESTART] = "restarting a guest",
		[JOB_RENAME_RESTART] = "renaming and restarting a guest",
		[JOB_BUILD] = "building a guest again",
		[JOB_REAP] = "cleaning up after a builder",
		[JOB_START] = "starting a guest with the host",
	};

	log_failure(attempts[job->kind], &job->failure);
	if (ended) {
		ended->busy = false;
		ended->due_ms = state_now_ms() + RETRY_FAILED_MS;
	}
	if (job->intended)
		try_again(supervisor, job);
	else if (job->kind == JOB_BUILD) {
		struct intended *intended = find_intended(supervisor, job->uuid);

		if (intended)
			remove_intended(supervisor, intended);
	}
}

/* The ended guest that the job was about; its domid is not the job's any more. */
static struct ended *find_busy(struct supervisor *supervisor, const struct job *job)
{
	if (job->kind > JOB_RENAME_RESTART)
		return NULL;
	for (size_t i = 0; i < supervisor->ended_count; i++)
		if (supervisor->ended[i].busy &&
		    !memcmp(supervisor->ended[i].uuid, job->uuid, UUID_BYTES))
			return &supervisor->ended[i];
	return NULL;
}

void supervisor_finish(struct supervisor *supervisor, struct job *job)
{
	struct ended *ended = find_busy(supervisor, job);
	struct intended *intended = find_intended(supervisor, job->uuid);

	supervisor->jobs--;
	reaper_finish(supervisor, job);
	if (job->result) {
		finish_failed(supervisor, job, ended);
	} else {
		if (ended)
			ended->busy = false;
		if (intended)
			remove_intended(supervisor, intended);
		if (job->kind == JOB_DESTROY)
			state_forget_past(job->uuid);
		else if (job->kind != JOB_REAP)
			log_line(LOG_LEVEL_INFO, "guest %s: started, id %u", job->name, job->domid);
		else
			log_line(LOG_LEVEL_WARNING, "what a dead builder left is cleaned up");
	}
	free(job);
}
