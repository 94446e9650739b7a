/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/jobs.c - jobs.h says what it is for. */
#include "dom0-tools/ensod/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/builder/build.h"
#include "dom0-tools/builder/last_words.h"
#include "dom0-tools/config/config_read.h"
#include "dom0-tools/ensod/decide.h"
#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/state.h"
#include "dom0-tools/ensod/stranger.h"
#include "dom0-tools/lib/domain.h"

static int open_hands(struct job_hands *hands, struct failure *failure)
{
	int result = 0;

	if (!hands->hypervisor)
		result = hypervisor_open(&hands->hypervisor, failure);
	if (!result && !hands->store)
		result = store_open(&hands->store, failure);
	return result;
}

void job_hands_close(struct job_hands *hands)
{
	hypervisor_close(hands->hypervisor);
	store_close(hands->store);
	memset(hands, 0, sizeof(*hands));
}

/* Whether the domain still is the guest that the job was made for: 1, 0, or a negative errno. */
static int find_guest(struct job_hands *hands, struct job *job, struct domain_info *info)
{
	int result = domain_lookup(hands->hypervisor, job->domid, info, &job->failure);

	return result > 0 ? !memcmp(info->uuid, job->uuid, sizeof(info->uuid)) : result;
}

static int destroy(struct job_hands *hands, struct job *job)
{
	struct domain_info info;
	int result = find_guest(hands, job, &info);

	if (result <= 0)
		return result;
	return guest_destroy(hands->hypervisor, hands->store, job->domid, &job->failure);
}

static int build(struct job_hands *hands, struct job *job)
{
	struct guest_build_options options = {.paused = false};
	struct guest_past past = {state_now_ms(), job->quick_deaths};
	struct guest_config *config = state_read_config(STATE_RESTARTING, job->uuid);
	int result;

	if (!config) {
		state_intention_done(job->uuid);
		return failure_set(&job->failure, ENOENT, job->name, NULL,
				   "the configuration to build it from is gone");
	}
	job->intended = true;
	snprintf(job->name, sizeof(job->name), "%s", config->name);
	/* Before it runs: it may be dead again before we come to write. */
	state_write_past(job->uuid, &past);
	result = guest_build(hands->hypervisor, hands->store, config, &options, &job->domid,
			     &job->failure);
	guest_config_free(config);
	if (result)
		return result;
	state_intention_done(job->uuid);
	job->intended = false;
	return 0;
}

/* The guest shall run; one that xl has made, and not seen to, is ours from now on. */
static int intend(struct job *job)
{
	int result = 0;

	if (job->stranger)
		result = stranger_adopt(job->domid, job->uuid, &job->failure);
	return result ? result : state_intend(job->uuid, &job->failure);
}

static int restart(struct job_hands *hands, struct job *job)
{
	int result = intend(job);

	if (!result)
		result = destroy(hands, job);
	if (result)
		return result;
	job->intended = true;
	return build(hands, job);
}

/* What the store calls the guest that is kept; its part of /vm is its own from now on. */
static int rename_in_store(struct job_hands *hands, struct job *job,
			   const struct guest_config *kept)
{
	char path[64], uuid[UUID_TEXT];
	int result;

	uuid_write(uuid, kept->uuid);
	snprintf(path, sizeof(path), "/vm/%s/name", uuid);
	result = store_write(hands->store, STORE_NOW, path, &job->failure, "%s", kept->name);
	snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
	if (!result)
		result = store_write(hands->store, STORE_NOW, path, &job->failure, "%s", uuid);
	snprintf(path, sizeof(path), "/local/domain/%u/vm", job->domid);
	if (!result)
		result = store_write(hands->store, STORE_NOW, path, &job->failure, "/vm/%s", uuid);
	snprintf(path, sizeof(path), "/local/domain/%u/name", job->domid);
	if (!result)
		result =
			store_write(hands->store, STORE_NOW, path, &job->failure, "%s", kept->name);
	return result;
}

/*
 * Gives the dead guest another name and uuid, by which it is only to be looked at.
 * Its configuration goes first under the new uuid: then whatever uuid the domain has,
 * there is one that says what to do with it.
 */
static int keep_under_another_name(struct job_hands *hands, struct job *job)
{
	struct guest_config *config = state_read_config(FILES_GUESTS, job->uuid);
	char kept[GUEST_NAME_MAX + 1];
	struct domain_info info;
	int result = 0;

	if (!config)
		return failure_set(&job->failure, ENOENT, job->name, NULL,
				   "its configuration is gone");
	/* Its log takes the new name with it: its last words go there first. */
	if (find_guest(hands, job, &info) > 0)
		guest_save_last_words(hands->hypervisor, &info);
	decide_kept_name(job->name, job->domid, kept);
	free(config->name);
	config->name = strdup(kept);
	config->on_poweroff = config->on_reboot = GUEST_ACTION_PRESERVE;
	config->on_crash = config->on_watchdog = GUEST_ACTION_PRESERVE;
	if (!config->name || !uuid_make_random(config->uuid))
		result = failure_set(&job->failure, ENOMEM, job->name, NULL,
				     "out of memory or randomness");
	if (!result)
		result = state_write_config(FILES_GUESTS, config, &job->failure);
	if (!result)
		result = rename_in_store(hands, job, config);
	if (!result)
		result =
			domain_set_uuid(hands->hypervisor, job->domid, config->uuid, &job->failure);
	if (!result)
		log_line(LOG_LEVEL_INFO, "guest %s: kept as %s, id %u", job->name, kept,
			 job->domid);
	guest_config_free(config);
	return result;
}

static int rename_and_restart(struct job_hands *hands, struct job *job)
{
	int result = intend(job);

	if (!result)
		result = keep_under_another_name(hands, job);
	if (result)
		return result;
	job->intended = true;
	return build(hands, job);
}

/* The lock is free, so that its holder is dead: whatever it had begun goes. */
static int reap(struct job_hands *hands, struct job *job)
{
	return guest_reap(hands->hypervisor, hands->store, job->uuid, &job->failure);
}

static int start(struct job_hands *hands, struct job *job)
{
	struct guest_build_options options = {.paused = false};
	char path[sizeof(JOB_AUTOSTART) + NAME_MAX + 2], mark[sizeof(STATE_STARTED) + NAME_MAX + 2];
	struct diagnostics diagnostics;
	struct guest_config *config;
	int result;

	snprintf(path, sizeof(path), JOB_AUTOSTART "/%s", job->file);
	snprintf(mark, sizeof(mark), STATE_STARTED "/%s", job->file);
	diagnostics_init(&diagnostics);
	result = guest_config_read(path, &config, &diagnostics, &job->failure);
	for (size_t i = 0; i < diagnostics.kept_count; i++)
		log_line(LOG_LEVEL_WARNING, "%s:%u:%u: %s: %s", path,
			 diagnostics.kept[i].place.line, diagnostics.kept[i].place.column,
			 diagnostics.kept[i].what, diagnostics.kept[i].text);
	diagnostics_free(&diagnostics);
	if (!result) {
		snprintf(job->name, sizeof(job->name), "%s", config->name);
		result = guest_build(hands->hypervisor, hands->store, config, &options, &job->domid,
				     &job->failure);
	}
	guest_config_free(config);
	/* Once a boot, whether it worked or not; an administrator sees to what did not. */
	if (result != -EPIPE && files_write_whole(mark, "", 0, NULL))
		log_line(LOG_LEVEL_WARNING, "%s: cannot be written; %s may be started twice", mark,
			 path);
	return result;
}

void job_run(struct job_hands *hands, struct job *job)
{
	static int (*const ways[])(struct job_hands * hands, struct job * job) = {
		[JOB_DESTROY] = destroy,
		[JOB_RESTART] = restart,
		[JOB_RENAME_RESTART] = rename_and_restart,
		[JOB_BUILD] = build,
		[JOB_REAP] = reap,
		[JOB_START] = start,
	};

	job->result = open_hands(hands, &job->failure);
	if (!job->result)
		job->result = ways[job->kind](hands, job);
	/* A store that has gone is asked for anew. */
	if (job->result == -EPIPE || job->result == -ECONNRESET) {
		store_close(hands->store);
		hands->store = NULL;
	}
}
