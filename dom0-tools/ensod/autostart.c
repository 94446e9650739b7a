/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/autostart.c - guests that start with the host: the files in
 * /etc/enso/autostart, in the order of their names, each once a boot.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/state.h"
#include "dom0-tools/ensod/supervisor.h"

static int is_configuration(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end &&
	       (!strcmp(end, ".xml") || !strcmp(end, ".cfg") || !strcmp(end, ".json"));
}

static int by_name(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

static void submit(struct supervisor *supervisor, const char *file)
{
	char mark[sizeof(STATE_STARTED) + NAME_MAX + 2];
	struct job *job;

	snprintf(mark, sizeof(mark), STATE_STARTED "/%s", file);
	if (access(mark, F_OK) == 0)
		return;
	job = supervisor_new_job(JOB_START, NULL, 0);
	if (!job)
		return;
	snprintf(job->file, sizeof(job->file), "%s", file);
	snprintf(job->name, sizeof(job->name), "%.*s", GUEST_NAME_MAX, file);
	supervisor_submit(supervisor, job);
}

void autostart_begin(struct supervisor *supervisor)
{
	struct dirent **entries;
	int count = scandir(JOB_AUTOSTART, &entries, is_configuration, by_name);

	for (int i = 0; i < count; i++) {
		submit(supervisor, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}
