/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/reaper.c - what builders leave when they die.  A builder holds a
 * lock on creating/UUID; the kernel takes it away with the process, and the file's
 * closing is what inotify tells of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/state.h"
#include "dom0-tools/ensod/supervisor.h"

/* A file so young may just be about to be locked. */
#define YOUNG_MS 200
/* Should inotify fail us, a held lock is looked at again. */
#define LOOK_AGAIN_MS 1000

static int64_t age_ms(const struct stat *status)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - status->st_mtim.tv_sec) * 1000ll +
	       (now.tv_nsec - status->st_mtim.tv_nsec) / 1000000;
}

/* Whether nobody holds the lock; `again` when that cannot be said now. */
static bool is_orphan(const char *path, bool *again)
{
	/* For reading: its closing shall not look like a builder's. */
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status, named;
	bool orphan = false;

	*again = false;
	if (file < 0)
		return false;
	if (fstat(file, &status) == 0 && age_ms(&status) >= 0 && age_ms(&status) < YOUNG_MS)
		*again = true;
	else if (flock(file, LOCK_EX | LOCK_NB) != 0)
		*again = true;
	else
		orphan = stat(path, &named) == 0 && named.st_ino == status.st_ino;
	close(file);
	return orphan;
}

static bool is_reaping(const struct supervisor *supervisor, const uint8_t uuid[UUID_BYTES])
{
	for (size_t i = 0; i < supervisor->reaping_count; i++)
		if (!memcmp(supervisor->reaping[i], uuid, UUID_BYTES))
			return true;
	return false;
}

static void submit(struct supervisor *supervisor, const uint8_t uuid[UUID_BYTES])
{
	struct job *job;

	if (supervisor->reaping_count == SUPERVISOR_REAPING) {
		supervisor_wake_at(supervisor, state_now_ms() + LOOK_AGAIN_MS);
		return;
	}
	job = supervisor_new_job(JOB_REAP, uuid, 0);
	if (!job)
		return;
	uuid_write(job->name, uuid);
	memcpy(supervisor->reaping[supervisor->reaping_count++], uuid, UUID_BYTES);
	supervisor_submit(supervisor, job);
}

static void look_at_locks(struct supervisor *supervisor)
{
	uint8_t(*uuids)[UUID_BYTES];
	size_t count = state_list(FILES_CREATING, "", &uuids);

	for (size_t i = 0; i < count; i++) {
		char path[STATE_PATH];
		bool again;

		state_path(path, FILES_CREATING, uuids[i], "");
		if (is_reaping(supervisor, uuids[i]))
			continue;
		if (is_orphan(path, &again))
			submit(supervisor, uuids[i]);
		else if (again)
			supervisor_wake_at(supervisor, state_now_ms() + LOOK_AGAIN_MS / 4);
	}
	free(uuids);
}

/* Pasts of guests that are gone, and shall not come back. */
static void sweep_lives(const struct domain_info *domains, size_t domain_count)
{
	uint8_t(*uuids)[UUID_BYTES];
	size_t count = state_list(STATE_LIVES, "", &uuids);

	for (size_t i = 0; i < count; i++) {
		char path[STATE_PATH];

		state_path(path, STATE_RESTARTING, uuids[i], ".xml");
		if (!supervisor_find(domains, domain_count, uuids[i]) && access(path, F_OK) != 0)
			state_forget_past(uuids[i]);
	}
	free(uuids);
}

void reaper_look(struct supervisor *supervisor, const struct domain_info *domains, size_t count)
{
	look_at_locks(supervisor);
	sweep_lives(domains, count);
}

void reaper_finish(struct supervisor *supervisor, const struct job *job)
{
	if (job->kind != JOB_REAP)
		return;
	for (size_t i = 0; i < supervisor->reaping_count; i++)
		if (!memcmp(supervisor->reaping[i], job->uuid, UUID_BYTES)) {
			supervisor->reaping_count--;
			memmove(supervisor->reaping[i],
				supervisor->reaping[supervisor->reaping_count], UUID_BYTES);
			return;
		}
}

void reaper_sweep_configs(const struct domain_info *domains, size_t domain_count)
{
	uint8_t(*uuids)[UUID_BYTES];
	size_t count = state_list(FILES_GUESTS, ".xml", &uuids);

	for (size_t i = 0; i < count; i++) {
		char path[STATE_PATH], lock[STATE_PATH];

		state_path(lock, FILES_CREATING, uuids[i], "");
		state_path(path, FILES_GUESTS, uuids[i], ".xml");
		if (!supervisor_find(domains, domain_count, uuids[i]) && access(lock, F_OK) != 0 &&
		    unlink(path) == 0)
			log_line(LOG_LEVEL_WARNING, "%s: its guest is gone; removed", path);
	}
	free(uuids);
}
