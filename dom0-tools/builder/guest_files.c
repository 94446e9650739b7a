/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/guest_files.c - guest_files.h says what it is for. */
#include "dom0-tools/builder/guest_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/config/domxml.h"

#define NAMES FILES_RUN "/names"
/* For a moment, by whoever writes or removes a configuration. */
#define CONFIGURATIONS_LOCK FILES_RUN "/configurations"

void guest_files_begin(struct guest_files *files, const uint8_t uuid[UUID_BYTES])
{
	uuid_write(files->uuid, uuid);
	snprintf(files->lock_path, sizeof(files->lock_path), FILES_CREATING "/%s", files->uuid);
	snprintf(files->configuration_path, sizeof(files->configuration_path),
		 FILES_GUESTS "/%s.xml", files->uuid);
	snprintf(files->draft_path, sizeof(files->draft_path), FILES_GUESTS "/.%s.new",
		 files->uuid);
	files->lock = -1;
}

static int being_made(const char *object, struct failure *failure)
{
	return failure_set(failure, EBUSY, object, "wait until that is done",
			   "it is being created or destroyed by another process");
}

/* A lock whose being held is told in the guest's terms. */
static int lock(const char *path, bool wait, const char *object, int *descriptor,
		struct failure *failure)
{
	struct failure why = {0};
	int result = files_lock(path, wait, descriptor, &why);

	/* The directory is made when it is found missing, not each time. */
	if (result == -ENOENT) {
		result = files_make_directory(FILES_CREATING, failure);
		if (result == 0)
			result = files_make_directory(FILES_GUESTS, failure);
		why.error = 0;
		if (result == 0)
			result = files_lock(path, wait, descriptor, &why);
	}
	if (result == -EBUSY)
		return being_made(object, failure);
	if (result && failure && !failure->error)
		*failure = why;
	return result;
}

int guest_files_lock(struct guest_files *files, bool wait, const char *object,
		     struct failure *failure)
{
	return lock(files->lock_path, wait, object, &files->lock, failure);
}

int guest_files_note_domain(struct guest_files *files, uint16_t domid, struct failure *failure)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u\n", domid);

	if (pwrite(files->lock, text, length, 0) == length)
		return 0;
	return failure_set(failure, errno, files->lock_path, NULL, "cannot write it: %s",
			   strerror(errno));
}

uint16_t guest_files_noted_domain(const struct guest_files *files)
{
	char text[16];
	ssize_t length = pread(files->lock, text, sizeof(text) - 1, 0);
	uint64_t domid;

	/* Without its newline it was not written whole. */
	if (length < 2 || text[length - 1] != '\n')
		return 0;
	text[length - 1] = '\0';
	return text_parse_number(text, 1, DOMID_FIRST_RESERVED - 1, &domid) ? domid : 0;
}

void guest_files_unlock(struct guest_files *files)
{
	files_unlock_remove(files->lock_path, files->lock);
	files->lock = -1;
}

void guest_files_leave(struct guest_files *files)
{
	files_release(files->lock);
	files->lock = -1;
}

/*
 * Whole or absent under its name.  The draft's name is always the same, so that a
 * killed writer's is found: the lock on configurations keeps everybody else away from it.
 */
static int write_draft(struct guest_files *files, const char *text, size_t bytes,
		       struct failure *failure)
{
	int file = open(files->draft_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	int result = file < 0 ? -errno : files_write_all(file, text, bytes);

	files_release(file);
	if (result == 0 && rename(files->draft_path, files->configuration_path) != 0)
		result = -errno;
	if (result == 0)
		return 0;
	return failure_set(failure, -result, files->configuration_path, "make room in " FILES_RUN,
			   "cannot write it: %s", strerror(-result));
}

/* With the lock on configurations. */
static int write_configuration(struct guest_files *files, const struct guest_config *config,
			       struct failure *failure)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	int result;

	if (!memory)
		return failure_set(failure, ENOMEM, files->configuration_path, NULL,
				   "out of memory");
	result = domxml_write(config, memory, failure);
	if (fclose(memory) != 0 && result == 0)
		result = failure_set(failure, ENOMEM, files->configuration_path, NULL,
				     "out of memory");
	if (result == 0)
		result = write_draft(files, text, bytes, failure);
	free(text);
	return result;
}

int guest_files_write_configuration(struct guest_files *files, const struct guest_config *config,
				    struct failure *failure)
{
	int held, result = files_lock(CONFIGURATIONS_LOCK, true, &held, failure);

	if (result)
		return result;
	result = write_configuration(files, config, failure);
	files_release(held);
	return result;
}

void guest_files_remove_configuration(struct guest_files *files)
{
	/* It goes in any case. */
	int held = -1;

	(void)!files_lock(CONFIGURATIONS_LOCK, true, &held, NULL);
	unlink(files->draft_path);
	unlink(files->configuration_path);
	files_release(held);
}

/* With the lock on configurations. */
static int change_configuration(struct guest_files *files, guest_files_change_t change,
				void *context, struct failure *failure)
{
	struct guest_config *config = NULL;
	struct diagnostics diagnostics;
	struct failure why = {0};
	int result;

	diagnostics_init(&diagnostics);
	result = domxml_read(files->configuration_path, &config, &diagnostics, &why);
	diagnostics_free(&diagnostics);
	if (result && result != -ENOENT && failure && !failure->error)
		*failure = why;
	if (!result)
		result = change(config, context, failure);
	else if (result == -ENOENT)
		result = 0;
	if (result == 1)
		result = write_configuration(files, config, failure);
	guest_config_free(config);
	return result;
}

int guest_files_change_configuration(struct guest_files *files, guest_files_change_t change,
				     void *context, struct failure *failure)
{
	struct failure why = {0};
	int held, result = files_lock(CONFIGURATIONS_LOCK, true, &held, &why);

	/* Where there is no such directory no builder has ever kept any. */
	if (result == -ENOENT)
		return 0;
	if (result) {
		if (failure && !failure->error)
			*failure = why;
		return result;
	}
	result = change_configuration(files, change, context, failure);
	files_release(held);
	return result;
}

/* Where in the names' file this one is: FNV-1a's 64 bits, less the sign. */
static off_t name_place(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3ull;
	return (off_t)(hash >> 1);
}

/*
 * A lock on one byte of one file: unlike a file of its own it leaves nothing
 * behind when its holder is killed.
 */
int guest_files_lock_name(const char *name, int *descriptor, struct failure *failure)
{
	struct flock byte = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = name_place(name), .l_len = 1};
	char object[160];
	int error;

	*descriptor = open(NAMES, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*descriptor >= 0 && fcntl(*descriptor, F_OFD_SETLK, &byte) == 0)
		return 0;
	error = errno;
	guest_files_unlock_name(*descriptor);
	*descriptor = -1;
	snprintf(object, sizeof(object), "guest %s", name);
	if (error == EAGAIN || error == EACCES)
		return being_made(object, failure);
	return failure_set(failure, error, object, "run this as root", NAMES ": %s",
			   strerror(error));
}

void guest_files_unlock_name(int descriptor)
{
	files_release(descriptor);
}
