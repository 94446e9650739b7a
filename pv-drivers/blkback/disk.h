/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/disk.h - the medium: a raw file or a block device, read and
 * written through io_uring.  It knows nothing of guests.
 *
 * The page cache stands between: what is written survives this process, and is on
 * the medium when a flush has succeeded.  After one that failed none does until the
 * front connects anew: the kernel tells of a page it lost once, and then forgets it.
 */
#pragma once

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "xen-like/base/abi.h"

struct disk {
	int file;
	bool is_device, read_only;
	bool is_image;			    /* another process' file; the caller's  */
	bool gone;			    /* that process has ended                */
	uint64_t sectors;		    /* of 512 bytes   */
	uint32_t sector_bytes, block_bytes; /* logical, physical */
	bool *flush_failed;		    /* of this process or one before it; the caller's */
	struct io_uring queue;
};

enum disk_kind { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD };

/*
 * One operation, of `bytes` in all: of a transfer what its parts of memory add up to.
 * Everything moves on when the kernel does a part only.
 */
struct disk_work {
	enum disk_kind kind;
	struct iovec *parts; /* of memory; the caller's, until it is finished */
	uint32_t part_count;
	uint64_t offset, bytes;
};

/*
 * `path`: "" is a drive without a medium, which has no sectors.  `sector_bytes`: 512, 4096, or
 * 0 for the medium's own.  disk->flush_failed is still to be set.
 */
int MUST_CHECK
disk_open(struct disk *disk, const char *path, bool read_only, uint32_t sector_bytes);
/* Asks for the medium's size again. */
int MUST_CHECK
disk_measure(struct disk *disk);

/* Puts work in; its completion carries its address.  Nothing runs before the queue is handed over.
 */
void disk_submit(struct disk *disk, struct disk_work *work);
/* Watches a descriptor: a completion with `tag` (below DISK_TAGS) when it is readable. */
#define DISK_TAGS 16
void disk_poll(struct disk *disk, int descriptor, uint64_t tag);

/*
 * What became of work: true if it is finished, with 0 or a negative errno in
 * *result; false if a part of it was done and the rest has been submitted, or if
 * disk->gone: then nobody can say, and a successor does it again.
 */
bool disk_finish(struct disk *disk, struct disk_work *work, int32_t done, int *result);
