/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/logs.c - the command logs: what a guest wrote to its console. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/files.h"

#define LOG_MOST    (64ul << 20)
#define FOLLOW_USEC 200000
#define PATH_ROOM   (sizeof(FILES_GUEST_LOGS) + GUEST_NAME_MAX + 16)

struct log {
	char path[PATH_ROOM];
	char *bytes; /* the rotated part and the present one */
	size_t count;
	uint64_t offset; /* read so far, of the present one */
	ino_t inode;
};

/* A name is enough: a guest that is gone has a log, too. */
static int find_log(struct invocation *invocation, struct log *log)
{
	const char *word = invocation->arguments.words[0];
	char name[GUEST_NAME_MAX + 1];
	struct guest guest;
	int result;

	if (strlen(word) <= GUEST_NAME_MAX && word[0] != '.' && !strchr(word, '/')) {
		snprintf(log->path, sizeof(log->path), FILES_GUEST_LOGS "/%s.log", word);
		if (access(log->path, F_OK) == 0)
			return 0;
	}
	result = guests_find(invocation, word, &guest);
	if (result)
		return result;
	snprintf(name, sizeof(name), "%s", guest.name);
	if (!name[0] || name[0] == '.' || strchr(name, '/'))
		snprintf(name, sizeof(name), "domain-%u", guest.info.domid);
	snprintf(log->path, sizeof(log->path), FILES_GUEST_LOGS "/%s.log", name);
	if (access(log->path, F_OK) == 0)
		return 0;
	return failure_set(&invocation->failure, ENOENT, guest_label(&guest),
			   "see that enso-consoled runs", "it has no log, %s", log->path);
}

static int append_file(struct invocation *invocation, struct log *log, const char *path)
{
	char *bytes, *joined;
	size_t count;
	struct failure failure = {0};
	int result = files_read_whole(path, LOG_MOST, &bytes, &count, &failure);

	if (result == -ENOENT)
		return 0;
	if (result) {
		invocation->failure = failure;
		return result;
	}
	joined = realloc(log->bytes, log->count + count + 1);
	if (joined) {
		log->bytes = joined;
		memcpy(joined + log->count, bytes, count);
		log->count += count;
		joined[log->count] = 0;
	} else {
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	}
	log->offset = count;
	free(bytes);
	return result;
}

static int read_log(struct invocation *invocation, struct log *log)
{
	char older[PATH_ROOM + 4];
	struct stat status;
	int result;

	snprintf(older, sizeof(older), "%s.1", log->path);
	result = append_file(invocation, log, older);
	log->inode = stat(log->path, &status) == 0 ? status.st_ino : 0;
	log->offset = 0;
	return result ? result : append_file(invocation, log, log->path);
}

/* Where the last N lines begin. */
static const char *last_lines(const struct log *log, uint64_t lines)
{
	const char *at = log->bytes + log->count;

	if (lines == 0)
		return at;
	if (log->count && at[-1] == '\n')
		at--;
	for (; at > log->bytes; at--)
		if (at[-1] == '\n' && lines-- <= 1)
			return at;
	return at;
}

static int print_lines(struct invocation *invocation, const char *from)
{
	struct json_object *document, *array;
	char *copy = strdup(from), *rest = copy, *line;
	int result;

	if (!copy)
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	document = output_begin(invocation);
	output_add_text(document, "guest", invocation->arguments.words[0]);
	array = output_add_array(document, "lines");
	while ((line = strsep(&rest, "\n"))) {
		size_t length = strlen(line);

		if (length && line[length - 1] == '\r')
			line[length - 1] = 0;
		if (length || rest)
			output_append_text(array, line);
	}
	result = output_print(invocation, document);
	free(copy);
	return result;
}

/* What has come since; begins again when the file was rotated away. */
static int print_news(struct invocation *invocation, struct log *log)
{
	int file = open(log->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char bytes[8192];
	ssize_t count = 0;

	if (file < 0)
		return 0;
	if (fstat(file, &status) == 0 &&
	    (status.st_ino != log->inode || (uint64_t)status.st_size < log->offset)) {
		log->inode = status.st_ino;
		log->offset = 0;
	}
	while ((count = pread(file, bytes, sizeof(bytes), (off_t)log->offset)) > 0) {
		log->offset += (uint64_t)count;
		if (files_write_all(STDOUT_FILENO, bytes, (size_t)count)) {
			close(file);
			return failure_set(&invocation->failure, EIO, "standard output", NULL,
					   "cannot write to it");
		}
	}
	close(file);
	return 0;
}

int command_logs(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	bool follow = arguments_has(arguments, "follow");
	struct log log;
	const char *from;
	int result;

	if (follow && invocation->json)
		return invocation_misused(invocation, "--follow prints no JSON");
	memset(&log, 0, sizeof(log));
	result = find_log(invocation, &log);
	if (!result)
		result = read_log(invocation, &log);
	if (result || !log.bytes) {
		free(log.bytes);
		return result;
	}
	from = last_lines(&log, arguments_number(arguments, "lines", UINT64_MAX));
	if (invocation->json)
		result = print_lines(invocation, from);
	else
		fwrite(from, 1, log.count - (size_t)(from - log.bytes), stdout);
	free(log.bytes);
	while (!result && follow) {
		fflush(stdout);
		result = print_news(invocation, &log);
		usleep(FOLLOW_USEC);
	}
	return result;
}
