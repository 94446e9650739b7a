/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/journal_file.c - journal_file.h says what it is for. */
#include "dom0-tools/stored/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROTATE_BYTES  (4ul << 20) /* of records after the snapshot */
#define RESERVE_BYTES (256ul << 10)

char *journal_file_load(const char *path, size_t *length)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *bytes = NULL;

	*length = 0;
	if (file < 0)
		return NULL;
	if (!fstat(file, &status) && status.st_size > 0)
		bytes = malloc((size_t)status.st_size);
	while (bytes && *length < (size_t)status.st_size) {
		ssize_t got = read(file, bytes + *length, (size_t)status.st_size - *length);

		if (got <= 0)
			break;
		*length += (size_t)got;
	}
	close(file);
	return bytes;
}

static int write_all(int file, const char *bytes, size_t length)
{
	while (length) {
		ssize_t done = write(file, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

struct writing {
	int file;
	uint64_t sequence;
	size_t length;
};

static int write_record(void *context, struct record *record)
{
	struct writing *writing = context;

	record_seal(record, ++writing->sequence);
	writing->length += record->length;
	return write_all(writing->file, record->bytes, record->length);
}

/* The new file with its snapshot, reserved space and mapping, not in place yet. */
static int make_file(const char *path, struct store *store, struct journal_file *made)
{
	struct writing writing = {.length = JOURNAL_HEADER};
	size_t live;
	int error = 0;

	made->file = writing.file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (made->file < 0)
		return -errno;
	error = write_all(made->file, JOURNAL_MAGIC, JOURNAL_HEADER);
	if (!error)
		error = store_snapshot(store, write_record, &writing);
	if (error)
		return error;
	made->sequence = writing.sequence;
	made->length = made->snapshot = writing.length;
	live = made->snapshot > ROTATE_BYTES ? made->snapshot : ROTATE_BYTES;
	made->mapped = (made->snapshot + 2 * live + (16ul << 20)) & ~4095ul;
	made->reserved = (made->length + RESERVE_BYTES) & ~4095ul;
	if (fallocate(made->file, 0, 0, (off_t)made->reserved))
		return -errno;
	made->map = mmap(NULL, made->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, made->file, 0);
	if (made->map == MAP_FAILED) {
		made->map = NULL;
		return -errno;
	}
	return 0;
}

static void close_file(struct journal_file *journal)
{
	if (journal->map)
		munmap(journal->map, journal->mapped);
	if (journal->file >= 0)
		close(journal->file);
	journal->map = NULL;
	journal->file = -1;
}

int journal_file_rotate(struct journal_file *journal, struct store *store)
{
	struct journal_file made = *journal;
	char path[sizeof(journal->path) + 8];
	int error;

	snprintf(path, sizeof(path), "%s.new", journal->path);
	made.map = NULL;
	error = make_file(path, store, &made);
	if (!error && rename(path, journal->path))
		error = -errno;
	if (error) {
		close_file(&made);
		unlink(path);
		return error;
	}
	close_file(journal);
	made.rotations++;
	*journal = made;
	record_clear(&store->record);
	return 0;
}

static bool room_for(struct journal_file *journal, size_t length)
{
	size_t needs = journal->length + length, reserved;

	if (needs > journal->mapped)
		return false;
	if (needs <= journal->reserved)
		return true;
	reserved = (needs + RESERVE_BYTES) & ~4095ul;
	if (reserved > journal->mapped)
		reserved = journal->mapped;
	if (fallocate(journal->file, 0, 0, (off_t)reserved))
		return false;
	journal->reserved = reserved;
	return true;
}

int journal_file_commit(struct journal_file *journal, struct store *store)
{
	struct record *record = &store->record;
	size_t live = journal->snapshot > ROTATE_BYTES ? journal->snapshot : ROTATE_BYTES;

	if (record_empty(record) && !record->failed)
		return 0;
	if (journal->file < 0 || record->failed || record->length > UINT32_MAX ||
	    journal->length - journal->snapshot > live || !room_for(journal, record->length)) {
		int error = journal_file_rotate(journal, store);

		record_clear(record);
		return error;
	}
	record_seal(record, journal->sequence + 1);
	memcpy(journal->map + journal->length, record->bytes, record->length);
	journal->length += record->length;
	journal->sequence++;
	record_clear(record);
	return 0;
}
