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

void guest_files_begin(struct guest_files *files, const uint8_t uuid[UUID_BYTES])
{
	uuid_write(files->uuid, uuid);
	snprintf(files->lock_path, sizeof(files->lock_path), FILES_CREATING "/%s", files->uuid);
	snprintf(files->configuration_path, sizeof(files->configuration_path),
		 FILES_GUESTS "/%s.xml", files->uuid);
	files->lock = -1;
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
			result = files_make_directory(NAMES, failure);
		if (result == 0)
			result = files_make_directory(FILES_GUESTS, failure);
		why.error = 0;
		if (result == 0)
			result = files_lock(path, wait, descriptor, &why);
	}
	if (result == -EBUSY)
		return failure_set(failure, EBUSY, object, "wait until that is done",
				   "it is being created or destroyed by another process");
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

int guest_files_write_configuration(struct guest_files *files, const struct guest_config *config,
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
		result = files_write_whole(files->configuration_path, text, bytes, failure);
	free(text);
	return result;
}

void guest_files_remove_configuration(struct guest_files *files)
{
	unlink(files->configuration_path);
}

static void name_path(char path[PATH_MAX], const char *name)
{
	/* A prefix, for a guest may be called "..". */
	snprintf(path, PATH_MAX, NAMES "/name-%s", name);
}

int guest_files_lock_name(const char *name, int *descriptor, struct failure *failure)
{
	char path[PATH_MAX], object[160];

	name_path(path, name);
	snprintf(object, sizeof(object), "guest %s", name);
	return lock(path, false, object, descriptor, failure);
}

void guest_files_unlock_name(const char *name, int descriptor)
{
	char path[PATH_MAX];

	name_path(path, name);
	files_unlock_remove(path, descriptor);
}
