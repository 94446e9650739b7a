/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/journal_file.c - journal_file.h says what it is for. */
#include "dom0-tools/stored/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROTATE_BYTES  (4ul << 20) /* of records after the snapshot */
#define RESERVE_BYTES (256ul << 10)
#define GROWTH_BYTES  (64ul << 10) /* what a request adds, with all that others are told of it */

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

/* Gives the file room for so many bytes and some more; false: there is none. */
static bool reserve(int file, size_t needs, size_t *reserved)
{
	size_t more = (needs + RESERVE_BYTES) & ~4095ul;

	if (needs <= *reserved)
		return true;
	if (fallocate(file, 0, 0, (off_t)more)) {
		more = (needs + 4095) & ~4095ul;
		if (fallocate(file, 0, 0, (off_t)more))
			return false;
	}
	*reserved = more;
	return true;
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

static int open_spare(struct journal_file *journal, const char *path)
{
	if (journal->spare >= 0)
		return 0;
	journal->spare_reserved = 0;
	journal->spare = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return journal->spare < 0 ? -errno : 0;
}

/* journal.h says why its records' numbers begin anywhere. */
static int write_header(struct writing *writing)
{
	char header[JOURNAL_HEADER];
	uint64_t first;

	if (getrandom(&first, sizeof(first), 0) != sizeof(first))
		return -errno;
	journal_header(header, first);
	writing->sequence = first - 1;
	writing->length = sizeof(header);
	return write_all(writing->file, header, sizeof(header));
}

/* The new file with its snapshot, reserved space and mapping, not in place yet. */
static int make_file(const char *path, struct store *store, struct journal_file *made)
{
	struct writing writing;
	size_t live;
	int error;

	if (open_spare(made, path))
		return -errno;
	made->file = writing.file = made->spare;
	made->reserved = made->spare_reserved;
	made->spare = -1;
	made->spare_reserved = 0;
	error = lseek(made->file, 0, SEEK_SET) < 0 ? -errno : 0;
	if (!error)
		error = write_header(&writing);
	if (!error)
		error = store_snapshot(store, write_record, &writing);
	if (error)
		return error;
	made->sequence = writing.sequence;
	made->length = made->snapshot = writing.length;
	live = made->snapshot > ROTATE_BYTES ? made->snapshot : ROTATE_BYTES;
	made->mapped = (made->snapshot + 2 * live + (16ul << 20)) & ~4095ul;
	/* Beyond the file's end there is nothing to map. */
	if (!reserve(made->file, made->length, &made->reserved))
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

static void name_spare(const struct journal_file *journal, char *path, size_t room)
{
	snprintf(path, room, "%s.new", journal->path);
}

/* The file that was the journal is the next spare: it has its room already. */
static void keep_as_spare(const struct journal_file *old, struct journal_file *made)
{
	size_t enough = (made->snapshot + 2 * RESERVE_BYTES) & ~4095ul;

	made->spare = old->file;
	made->spare_reserved = old->reserved;
	if (enough < old->reserved && !ftruncate(old->file, (off_t)enough))
		made->spare_reserved = enough;
	munmap(old->map, old->mapped);
}

/* Puts the new file in the journal's place, all at once. */
static int replace(struct journal_file *journal, struct journal_file *made, const char *path)
{
	if (journal->map && !renameat2(AT_FDCWD, path, AT_FDCWD, journal->path, RENAME_EXCHANGE)) {
		keep_as_spare(journal, made);
		return 0;
	}
	if (rename(path, journal->path))
		return -errno;
	close_file(journal);
	return 0;
}

int journal_file_rotate(struct journal_file *journal, struct store *store)
{
	struct journal_file made = *journal;
	char path[sizeof(journal->path) + 8];
	int error;

	name_spare(journal, path, sizeof(path));
	made.map = NULL;
	made.file = -1;
	error = make_file(path, store, &made);
	if (!error)
		error = replace(journal, &made, path);
	if (error) {
		close_file(&made);
		unlink(path);
		journal->spare = -1;
		return error;
	}
	made.rotations++;
	*journal = made;
	record_clear(&store->record);
	return 0;
}

static bool room_for(struct journal_file *journal, size_t length)
{
	size_t needs = journal->length + length;

	return journal->file >= 0 && needs <= journal->mapped &&
	       reserve(journal->file, needs, &journal->reserved);
}

int journal_file_room(struct journal_file *journal)
{
	char path[sizeof(journal->path) + 8];
	size_t needs;

	name_spare(journal, path, sizeof(path));
	if (open_spare(journal, path))
		return -errno;
	/* A snapshot's item is at most eight bytes longer than the record's it comes from. */
	needs = journal->snapshot + 2 * (journal->length - journal->snapshot + GROWTH_BYTES);
	if (reserve(journal->spare, needs, &journal->spare_reserved) &&
	    room_for(journal, GROWTH_BYTES))
		return 0;
	return errno ? -errno : -ENOSPC;
}

int journal_file_commit(struct journal_file *journal, struct store *store)
{
	struct record *record = &store->record;
	size_t live = journal->snapshot > ROTATE_BYTES ? journal->snapshot : ROTATE_BYTES;

	if (record_empty(record) && !record->failed)
		return 0;
	if (record->failed || record->length > UINT32_MAX ||
	    journal->length - journal->snapshot > live || !room_for(journal, record->length))
		return journal_file_rotate(journal, store);
	record_seal(record, journal->sequence + 1);
	memcpy(journal->map + journal->length, record->bytes, record->length);
	journal->length += record->length;
	journal->sequence++;
	record_clear(record);
	return 0;
}
