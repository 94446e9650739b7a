/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/cache.c - cache.h says what it is for. */
#include "dom0-tools/builder/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/builder/sha256.h"
#include "dom0-tools/lib/files.h"
#include "xen-like/base/decompress.h"

#define HOLE_BYTES (128ul << 10) /* shorter ones are not worth a mapping apart */
#define BY_FILE	   CACHE_DIRECTORY "/by-file"

/* What the decoders ask for in the hypervisor, and need not have here. */
void decompress_port_enter(void);
void decompress_port_leave(void);

void decompress_port_enter(void)
{
}

void decompress_port_leave(void)
{
}

int cache_find(const struct cache_identity *identity)
{
	char name[CACHE_INDEX_NAME], path[sizeof(BY_FILE) + CACHE_INDEX_NAME];

	snprintf(path, sizeof(path), BY_FILE "/%s", cache_index_name(name, identity));
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Removes the index' links to what this file once held. */
static void forget_stale(const struct cache_identity *identity)
{
	DIR *directory = opendir(BY_FILE);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (cache_index_is_stale(entry->d_name, identity))
			unlinkat(dirfd(directory), entry->d_name, 0);
	}
	closedir(directory);
}

/* Whether any link of the index leads to the content `name`. */
static bool is_referenced(DIR *links, const char *name)
{
	struct dirent *entry;

	rewinddir(links);
	while ((entry = readdir(links))) {
		char target[80];
		ssize_t length =
			readlinkat(dirfd(links), entry->d_name, target, sizeof(target) - 1);

		if (length <= 0)
			continue;
		target[length] = '\0';
		if (cache_index_link_is_valid(target) && !strcmp(target + 3, name))
			return true;
	}
	return false;
}

/*
 * Removes contents that no file leads to any more, when a new one has come.
 * Whoever reads one has it open; whoever is about to link one just adds it again.
 */
static void drop_unreferenced(const char *kept)
{
	DIR *contents = opendir(CACHE_DIRECTORY), *links = opendir(BY_FILE);
	struct dirent *entry;

	while (contents && links && (entry = readdir(contents))) {
		if (strlen(entry->d_name) == SHA256_TEXT - 1 && strcmp(entry->d_name, kept) &&
		    !is_referenced(links, entry->d_name))
			unlinkat(dirfd(contents), entry->d_name, 0);
	}
	if (contents)
		closedir(contents);
	if (links)
		closedir(links);
}

/* Links the identity to the content; that it cannot is nobody's failure. */
static void remember(const struct cache_identity *identity, const char *content)
{
	char name[CACHE_INDEX_NAME], path[sizeof(BY_FILE) + CACHE_INDEX_NAME];
	char fresh[sizeof(path) + 16], target[SHA256_TEXT + 3];

	if (!cache_index_is_settled(identity, time(NULL)))
		return;
	forget_stale(identity);
	snprintf(path, sizeof(path), BY_FILE "/%s", cache_index_name(name, identity));
	snprintf(fresh, sizeof(fresh), "%s.%d", path, (int)getpid());
	snprintf(target, sizeof(target), "../%s", content);
	unlink(fresh);
	if (symlink(target, fresh) == 0 && rename(fresh, path) != 0)
		unlink(fresh);
	drop_unreferenced(content);
}

/* A lazily filled piece of memory, or NULL. */
static void *take_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static enum decompress_result unpack_to(void *to, const struct kernel_payload *payload,
					const void *packed, size_t *unpacked_bytes)
{
	size_t arena_bytes = decompress_arena_bytes(payload->compression, payload->unpacked_bytes);
	void *arena = take_memory(arena_bytes);
	enum decompress_result result;

	if (!arena)
		return DECOMPRESS_NO_MEMORY;
	result = decompress_payload(payload->compression, (const char *)packed + payload->offset,
				    payload->bytes, to, payload->unpacked_bytes, unpacked_bytes,
				    arena, arena_bytes);
	munmap(arena, arena_bytes);
	return result;
}

static bool is_zero(const char *bytes, size_t count)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, count - 1);
}

/* How many bytes from `at` on are one kind: zero blocks or others. */
static size_t run_length(const char *bytes, size_t count, size_t at, bool zero)
{
	size_t run = 0;

	while (at + run < count) {
		size_t block = MIN(count - at - run, HOLE_BYTES);

		if (is_zero(bytes + at + run, block) != zero)
			break;
		run += block;
	}
	return run;
}

/*
 * Writes all but blocks of zeroes, which stay holes: a kernel's bss is long.  What
 * loads it maps and copies only what is no hole.
 */
static int write_sparse(int file, const char *bytes, size_t count)
{
	int result = 0;

	for (size_t at = 0, run; result == 0 && at < count; at += run) {
		run = run_length(bytes, count, at, true);
		if (run)
			continue;
		run = run_length(bytes, count, at, false);
		if (lseek(file, at, SEEK_SET) < 0)
			return -errno;
		result = files_write_all(file, bytes + at, run);
	}
	return result == 0 && ftruncate(file, count) != 0 ? -errno : result;
}

/* Unpacks into an empty file. */
static int unpack(int file, const struct kernel_payload *payload, const void *packed,
		  const char *object, struct failure *failure)
{
	enum decompress_result result;
	size_t unpacked_bytes = 0;
	void *to;
	int error;

	if (payload->unpacked_bytes > CACHE_UNPACKED_MAX)
		return failure_set(failure, EFBIG, object, "give a kernel of a usual size",
				   "it says that it unpacks to %zu MiB, and %lu MiB are the limit",
				   payload->unpacked_bytes >> 20, CACHE_UNPACKED_MAX >> 20);
	to = take_memory(payload->unpacked_bytes);
	result = to ? unpack_to(to, payload, packed, &unpacked_bytes) : DECOMPRESS_NO_MEMORY;
	error = result == DECOMPRESS_OK ? write_sparse(file, to, unpacked_bytes) : 0;
	if (to)
		munmap(to, payload->unpacked_bytes);
	if (result != DECOMPRESS_OK)
		return failure_set(failure, result == DECOMPRESS_NO_MEMORY ? ENOMEM : EINVAL,
				   object, "copy it again from where it came from", "the kernel %s",
				   decompress_result_text(result));
	if (error)
		return failure_set(failure, -error, object, "make room in " CACHE_DIRECTORY,
				   "cannot unpack it: %s", strerror(-error));
	return 0;
}

/* Whether what was unpacked is a kernel: the cache keeps nothing else. */
static int check_unpacked(int file, const char *object, struct failure *failure)
{
	struct kernel_image image;
	enum kernel_image_error error;
	off_t bytes = lseek(file, 0, SEEK_END);
	void *elf = bytes > 0 ? mmap(NULL, bytes, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;

	if (elf == MAP_FAILED)
		return failure_set(failure, EINVAL, object, NULL, "the kernel unpacks to nothing");
	error = kernel_image_parse(elf, bytes, &image);
	munmap(elf, bytes);
	if (error)
		return failure_set(failure, EINVAL, object, "give a Linux kernel with Xen's notes",
				   "the kernel %s", kernel_image_error_text(error));
	return 0;
}

/*
 * A file without a name: until it is linked, a killed builder leaves nothing of it.
 * *kept: it is in the cache's directory and can be linked there.
 */
static int open_nameless(bool *kept, const char *object, struct failure *failure)
{
	int file = -1;

	if (!files_make_directory(CACHE_DIRECTORY, NULL) && !files_make_directory(BY_FILE, NULL))
		file = open(CACHE_DIRECTORY, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	*kept = file >= 0;
	if (file < 0)
		file = memfd_create("kernel", MFD_CLOEXEC);
	return file >= 0 ? file
			 : failure_set(failure, errno, object, NULL, "cannot unpack it: %s",
				       strerror(errno));
}

/* Gives it its name.  Durable first: a name would outlive a power cut that the bytes do not. */
static bool keep(int file, const char *path)
{
	char opened[32];

	snprintf(opened, sizeof(opened), "/proc/self/fd/%d", file);
	return fsync(file) == 0 &&
	       (linkat(AT_FDCWD, opened, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ||
		errno == EEXIST);
}

int cache_add(const struct cache_identity *identity, const void *packed, size_t packed_bytes,
	      const struct kernel_payload *payload, const char *object, struct failure *failure)
{
	char content[SHA256_TEXT], path[sizeof(CACHE_DIRECTORY) + SHA256_TEXT];
	uint8_t digest[SHA256_BYTES];
	bool kept;
	int file, result;

	sha256(packed, packed_bytes, digest);
	snprintf(path, sizeof(path), CACHE_DIRECTORY "/%s", sha256_write(content, digest));
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		remember(identity, content);
		return file;
	}

	file = open_nameless(&kept, object, failure);
	if (file < 0)
		return file;
	result = unpack(file, payload, packed, object, failure);
	if (result == 0)
		result = check_unpacked(file, object, failure);
	if (result) {
		close(file);
		return result;
	}
	if (kept && keep(file, path))
		remember(identity, content);
	return file;
}
