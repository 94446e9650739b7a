/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/image.h - media that are no plain blocks: images of a format, NBD
 * addresses.  A qemu-storage-daemon of the disk's own shows one as a plain file, by
 * FUSE, in a room where there is nothing else (image_room.h).  It ends with this
 * process, and this process ends with it: the successor of both goes on.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define IMAGE_WHY 256

struct image {
	pid_t pid;     /* of the daemon's parent                  */
	int process;   /* its pidfd: readable when both have ended */
	int said;      /* what it writes to stderr              */
	char path[40]; /* where the plain file is               */
};

struct image_wish {
	const char *source; /* a path, or an NBD address */
	const char *format; /* NULL: raw                 */
	bool read_only;
	int lock; /* stays locked until the daemon has ended, whoever dies first */
};

/* Whether such a medium is no plain one. */
bool image_is_needed(const char *source, const char *format);

/*
 * Starts the daemon and waits until the file is there: 0, or a negative errno and a
 * sentence in `why`.  Needs all privileges; the descriptors stay open without them.
 */
int image_open(struct image *image, const struct image_wish *wish, char why[IMAGE_WHY]);
