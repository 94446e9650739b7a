/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/logfile.c - see logfile.h.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/consoled/logfile.h"
#include "dom0-tools/lib/files.h"

static int open_file(struct logfile *log)
{
	struct stat status;

	log->descriptor =
		open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->descriptor < 0)
		return -errno;
	log->size = fstat(log->descriptor, &status) ? 0 : (uint64_t)status.st_size;
	return 0;
}

static void set_path(struct logfile *log, const char *name)
{
	char kept[128];
	size_t length = 0;

	for (; name[length] && length < sizeof(kept) - 1; length++) {
		char letter = name[length];
		bool plain = isalnum((unsigned char)letter) || (letter && strchr("-+._", letter));

		kept[length] = plain && (length || letter != '.') ? letter : '_';
	}
	kept[length] = '\0';
	snprintf(log->path, sizeof(log->path), "%.100s/%s.log", log->policy->folder, kept);
}

int logfile_open(struct logfile *log, const struct logfile_policy *policy, const char *name)
{
	log->policy = policy;
	log->descriptor = -1;
	set_path(log, name);
	return open_file(log);
}

void logfile_close(struct logfile *log)
{
	if (log->descriptor >= 0)
		close(log->descriptor);
	log->descriptor = -1;
}

/* The present file becomes NAME.1, that one NAME.2, and so on: it is free then. */
static void make_room(const struct logfile *log)
{
	char older[300], newer[300];

	for (unsigned int number = log->policy->generations; number > 0; number--) {
		snprintf(older, sizeof(older), "%s.%u", log->path, number);
		snprintf(newer, sizeof(newer), "%s.%u", log->path, number - 1);
		(void)rename(number > 1 ? newer : log->path, older);
	}
	if (log->policy->generations == 0)
		(void)unlink(log->path);
}

/* What cannot be renamed is written over by the next: the present file is what counts. */
static int rotate(struct logfile *log)
{
	make_room(log);
	logfile_close(log);
	return open_file(log);
}

/* The older files take the new name too. */
static void rename_older(const struct logfile *log, const struct logfile *renamed)
{
	char from[300], to[300];

	for (unsigned int number = 1; number <= log->policy->generations; number++) {
		snprintf(from, sizeof(from), "%s.%u", log->path, number);
		snprintf(to, sizeof(to), "%s.%u", renamed->path, number);
		(void)rename(from, to);
	}
}

int logfile_rename(struct logfile *log, const char *name)
{
	struct logfile renamed = *log;
	bool fresh;

	set_path(&renamed, name);
	if (strcmp(renamed.path, log->path) == 0)
		return 0;
	fresh = access(renamed.path, F_OK) != 0;
	if (!fresh)
		make_room(&renamed);
	if (rename(log->path, renamed.path) != 0 && errno != ENOENT)
		return -errno;
	if (fresh)
		rename_older(log, &renamed);
	logfile_close(log);
	*log = renamed;
	log->descriptor = -1;
	return open_file(log);
}

int logfile_write(struct logfile *log, const char *bytes, size_t count)
{
	int result = 0;

	if (log->descriptor < 0)
		result = open_file(log);
	if (!result && log->size && log->size + count > log->policy->limit)
		result = rotate(log);
	if (!result)
		result = files_write_all(log->descriptor, bytes, count);
	if (!result)
		log->size += count;
	return result;
}
