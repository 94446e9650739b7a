/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/files.c - files.h says what it is for. */
#include "dom0-tools/lib/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_failed(int error, const char *path, const char *what, struct failure *failure)
{
	const char *remedy = error == EACCES || error == EPERM ? "run this as root"
			     : error == ENOSPC		       ? "make room on that disk"
							       : "";

	return failure_set(failure, error, path, remedy, "cannot %s: %s", what, strerror(error));
}

int files_make_directory(const char *path, struct failure *failure)
{
	char part[512];
	size_t length = strlen(path);

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || length >= sizeof(part))
		return file_failed(errno, path, "make this directory", failure);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return file_failed(errno, part, "make this directory", failure);
	}
	return 0;
}

int files_lock(const char *path, bool wait, int *descriptor, struct failure *failure)
{
	struct stat held, named;

	*descriptor = -1;
	for (;;) {
		int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (file < 0)
			return file_failed(errno, path, "open this lock", failure);
		if (flock(file, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
			int error = errno == EWOULDBLOCK ? EBUSY : errno;

			close(file);
			if (error == EINTR)
				continue;
			return file_failed(error, path, "lock it", failure);
		}
		/* Who had it before may have removed the file: then it locks nothing. */
		if (fstat(file, &held) == 0 && stat(path, &named) == 0 &&
		    held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
			*descriptor = file;
			return 0;
		}
		close(file);
	}
}

void files_unlock_remove(const char *path, int descriptor)
{
	if (descriptor < 0)
		return;
	unlink(path);
	close(descriptor);
}

void files_release(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

int files_draft_begin(const char *path, struct files_draft *draft, struct failure *failure)
{
	draft->descriptor = -1;
	if (strlen(path) >= sizeof(draft->path))
		return file_failed(ENAMETOOLONG, path, "write it", failure);
	snprintf(draft->path, sizeof(draft->path), "%s", path);
	snprintf(draft->temporary, sizeof(draft->temporary), "%s.%d.new", path, (int)getpid());
	draft->descriptor =
		open(draft->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (draft->descriptor < 0)
		return file_failed(errno, draft->temporary, "write it", failure);
	return 0;
}

void files_draft_abort(struct files_draft *draft)
{
	if (draft->descriptor < 0)
		return;
	close(draft->descriptor);
	unlink(draft->temporary);
	draft->descriptor = -1;
}

int files_draft_commit(struct files_draft *draft, bool durable, struct failure *failure)
{
	int error = durable && fsync(draft->descriptor) != 0 ? errno : 0;

	if (!error && rename(draft->temporary, draft->path) != 0)
		error = errno;
	if (error) {
		files_draft_abort(draft);
		return file_failed(error, draft->path, "write it", failure);
	}
	close(draft->descriptor);
	draft->descriptor = -1;
	return 0;
}

int files_write_all(int descriptor, const void *bytes, size_t count)
{
	const char *from = bytes;

	while (count) {
		ssize_t written = write(descriptor, from, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		from += written;
		count -= written;
	}
	return 0;
}

int files_read_all_at(int descriptor, void *bytes, size_t count, uint64_t offset)
{
	char *to = bytes;

	while (count) {
		ssize_t got = pread(descriptor, to, count, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		to += got;
		count -= got;
		offset += got;
	}
	return 0;
}

int files_write_whole(const char *path, const void *bytes, size_t count, struct failure *failure)
{
	struct files_draft draft;
	int result = files_draft_begin(path, &draft, failure);

	if (result)
		return result;
	result = files_write_all(draft.descriptor, bytes, count);
	if (result) {
		files_draft_abort(&draft);
		return file_failed(-result, path, "write it", failure);
	}
	return files_draft_commit(&draft, false, failure);
}

int files_read_whole(const char *path, size_t most, char **bytes, size_t *count,
		     struct failure *failure)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 4096, length = 0;
	char *text = NULL, *grown;
	int error = 0;

	if (descriptor < 0)
		return file_failed(errno, path, "read it", failure);
	/* Read to its end, not to its size: files in /proc and pipes have none. */
	for (;;) {
		ssize_t got;

		grown = text && length + 1 < room ? text : realloc(text, room *= 2);
		if (!grown) {
			error = ENOMEM;
			break;
		}
		text = grown;
		got = read(descriptor, text + length, room - length - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error = got ? errno : 0;
			break;
		}
		length += got;
		if (length > most) {
			error = EFBIG;
			break;
		}
	}
	close(descriptor);
	if (error) {
		free(text);
		return file_failed(error, path, "read it", failure);
	}
	text[length] = '\0';
	*bytes = text;
	*count = length;
	return 0;
}
