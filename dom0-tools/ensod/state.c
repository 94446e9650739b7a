/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/state.c - state.h says what it is for. */
#include "dom0-tools/ensod/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/ensod/log.h"

#define CONFIG_MOST (1ul << 20)
#define ENDS_MOST   (32 << 10)

int state_prepare(struct failure *failure)
{
	static const char *const folders[] = {FILES_GUESTS, FILES_CREATING, STATE_RESTARTING,
					      STATE_LIVES, STATE_STARTED};
	int result = 0;

	for (size_t i = 0; !result && i < ARRAY_SIZE(folders); i++)
		result = files_make_directory(folders[i], failure);
	/* From the start: files that come later look like something left behind. */
	if (!result && access(FILES_ENDS, F_OK) != 0)
		result = files_write_whole(FILES_ENDS, "", 0, failure);
	return result;
}

uint64_t state_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void state_path(char path[STATE_PATH], const char *folder, const uint8_t uuid[UUID_BYTES],
		const char *suffix)
{
	char text[UUID_TEXT];

	snprintf(path, STATE_PATH, "%s/%s%s", folder, uuid_write(text, uuid), suffix);
}

/* A guest that ensod did not start itself began when its configuration was written. */
static uint64_t started_by_file(const uint8_t uuid[UUID_BYTES])
{
	char path[STATE_PATH];
	struct timespec now;
	struct stat status;
	int64_t age_ms;

	state_path(path, FILES_GUESTS, uuid, ".xml");
	if (stat(path, &status) != 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	age_ms = (now.tv_sec - status.st_mtim.tv_sec) * 1000ll +
		 (now.tv_nsec - status.st_mtim.tv_nsec) / 1000000;
	return age_ms > 0 && (uint64_t)age_ms < state_now_ms() ? state_now_ms() - (uint64_t)age_ms
							       : 0;
}

void state_read_past(const uint8_t uuid[UUID_BYTES], struct guest_past *past)
{
	unsigned long started = 0;
	char path[STATE_PATH], *text;
	size_t count;

	memset(past, 0, sizeof(*past));
	state_path(path, STATE_LIVES, uuid, "");
	if (files_read_whole(path, 256, &text, &count, NULL) == 0) {
		if (sscanf(text, "%lu %u", &started, &past->quick_deaths) != 2)
			started = 0;
		free(text);
	}
	past->started_ms = started ? started : started_by_file(uuid);
}

void state_write_past(const uint8_t uuid[UUID_BYTES], const struct guest_past *past)
{
	struct failure failure = {0};
	char path[STATE_PATH], text[64];
	int length = snprintf(text, sizeof(text), "%lu %u\n", (unsigned long)past->started_ms,
			      past->quick_deaths);

	state_path(path, STATE_LIVES, uuid, "");
	if (files_write_whole(path, text, (size_t)length, &failure))
		log_failure("the next pause may be too short", &failure);
}

void state_forget_past(const uint8_t uuid[UUID_BYTES])
{
	char path[STATE_PATH];

	state_path(path, STATE_LIVES, uuid, "");
	(void)unlink(path);
}

struct guest_config *state_read_config(const char *folder, const uint8_t uuid[UUID_BYTES])
{
	struct diagnostics diagnostics;
	struct failure failure = {0};
	struct guest_config *config = NULL;
	char path[STATE_PATH];
	int result;

	state_path(path, folder, uuid, ".xml");
	diagnostics_init(&diagnostics);
	result = domxml_read(path, &config, &diagnostics, &failure);
	diagnostics_free(&diagnostics);
	if (!result)
		return config;
	if (result != -ENOENT)
		log_failure("a kept configuration cannot be read", &failure);
	guest_config_free(config);
	return NULL;
}

int state_write_config(const char *folder, const struct guest_config *config,
		       struct failure *failure)
{
	char path[STATE_PATH], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result;

	if (!out)
		return failure_set(failure, ENOMEM, "ensod", NULL, "out of memory");
	result = domxml_write(config, out, failure);
	if (fclose(out) && !result)
		result = failure_set(failure, ENOMEM, "ensod", NULL, "out of memory");
	state_path(path, folder, config->uuid, ".xml");
	if (!result)
		result = files_write_whole(path, text, size, failure);
	free(text);
	return result;
}

int state_intend(const uint8_t uuid[UUID_BYTES], struct failure *failure)
{
	char from[STATE_PATH], to[STATE_PATH], *text;
	size_t count;
	int result;

	state_path(from, FILES_GUESTS, uuid, ".xml");
	state_path(to, STATE_RESTARTING, uuid, ".xml");
	result = files_read_whole(from, CONFIG_MOST, &text, &count, failure);
	if (result)
		return result;
	result = files_write_whole(to, text, count, failure);
	free(text);
	return result;
}

void state_intention_done(const uint8_t uuid[UUID_BYTES])
{
	char path[STATE_PATH];

	state_path(path, STATE_RESTARTING, uuid, ".xml");
	(void)unlink(path);
}

/* UUID and suffix, no more. */
static bool parse_file_name(const char *name, const char *suffix, uint8_t uuid[UUID_BYTES])
{
	size_t length = strlen(name), tail = strlen(suffix);
	char text[UUID_TEXT];

	if (length != UUID_TEXT - 1 + tail || strcmp(name + length - tail, suffix) != 0)
		return false;
	memcpy(text, name, UUID_TEXT - 1);
	text[UUID_TEXT - 1] = 0;
	return uuid_parse(text, uuid);
}

size_t state_list(const char *folder, const char *suffix, uint8_t (**uuids)[UUID_BYTES])
{
	size_t count = 0, room = 0;
	DIR *directory = opendir(folder);
	struct dirent *entry;

	*uuids = NULL;
	while (directory && (entry = readdir(directory))) {
		if (count == room) {
			void *more = realloc(*uuids, (room + 16) * sizeof(**uuids));

			if (!more)
				break;
			*uuids = more;
			room += 16;
		}
		count += parse_file_name(entry->d_name, suffix, (*uuids)[count]);
	}
	if (directory)
		closedir(directory);
	return count;
}

/* The older half goes. */
static void shorten_ends(void)
{
	char *text, *half;
	size_t count;

	if (files_read_whole(FILES_ENDS, 2 * ENDS_MOST, &text, &count, NULL))
		return;
	half = strchr(text + count / 2, '\n');
	if (half &&
	    files_write_whole(FILES_ENDS, half + 1, count - (size_t)(half + 1 - text), NULL))
		log_line(LOG_LEVEL_WARNING, FILES_ENDS ": cannot be shortened");
	free(text);
}

void state_note_end(const struct domain_info *info)
{
	int file = open(FILES_ENDS, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	char line[UUID_TEXT + 32], uuid[UUID_TEXT];
	int length = snprintf(line, sizeof(line), "%u %s %d\n", info->domid,
			      uuid_write(uuid, info->uuid), (int)info->end);

	if (file < 0 || files_write_all(file, line, (size_t)length))
		log_line(LOG_LEVEL_WARNING, FILES_ENDS ": cannot be written: %s", strerror(errno));
	if (file >= 0 && lseek(file, 0, SEEK_END) > ENDS_MOST)
		shorten_ends();
	if (file >= 0)
		close(file);
}

bool state_host_stopping(void)
{
	return access(STATE_STOPPING, F_OK) == 0;
}
