/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/media.c - media.h says what it is for. */
#include "dom0-tools/builder/media.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Somebody else may take the free loop device between our asking and our taking. */
#define LOOP_TRIES    64

#define IMAGE_PROGRAM "/usr/bin/qemu-storage-daemon"

/* dom0's kernel serves blocks; formats and NBD take qemu-storage-daemon, which blkback starts. */
static int check_kind(const struct guest_disk_config *disk, const char *object,
		      struct failure *failure)
{
	const char *what = disk->backend == GUEST_DISK_NBD ? "an NBD address" : disk->format;

	if (!medium_is_image(disk))
		return 0;
	if (disk->driver == GUEST_DRIVER_KERNEL)
		return failure_set(failure, EOPNOTSUPP, object,
				   "install enso-blkback, or give it a raw file or block device",
				   "disk %s: dom0's kernel does not serve %s", disk->target, what);
	if (access(IMAGE_PROGRAM, X_OK) != 0)
		return failure_set(failure, ENOENT, object, "`apt install qemu-system-common`",
				   "disk %s: for %s dom0 needs " IMAGE_PROGRAM, disk->target, what);
	return 0;
}

bool medium_is_image(const struct guest_disk_config *disk)
{
	return disk->backend == GUEST_DISK_NBD ||
	       (disk->format && strcmp(disk->format, "raw") != 0);
}

int medium_check(const struct guest_disk_config *disk, const char *object, struct medium *medium,
		 struct failure *failure)
{
	struct stat status;
	int result;

	*medium = (struct medium){.loop = -1};
	result = check_kind(disk, object, failure);
	if (result)
		return result;
	if (!disk->source && disk->driver == GUEST_DRIVER_KERNEL)
		return failure_set(
			failure, EOPNOTSUPP, object, "give it a medium, or leave out the driver",
			"dom0's kernel has no empty drives, and %s is one", disk->target);
	if (!disk->source || disk->backend == GUEST_DISK_NBD)
		return 0;
	if (stat(disk->source, &status) != 0)
		return failure_set(failure, errno, object, "check the path in the configuration",
				   "disk %s: %s: %s", disk->target, disk->source, strerror(errno));
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return failure_set(failure, EINVAL, object, "give a plain file or a block device",
				   "disk %s: %s is neither", disk->target, disk->source);
	medium->facts.is_block = S_ISBLK(status.st_mode);
	if (!medium->facts.is_block && status.st_size < 512)
		return failure_set(failure, EINVAL, object, "`truncate -s SIZE` makes it larger",
				   "disk %s: %s has not one sector", disk->target, disk->source);
	if (medium->facts.is_block) {
		medium->facts.major_number = major(status.st_rdev);
		medium->facts.minor_number = minor(status.st_rdev);
	}
	return 0;
}

/* Takes a free loop device for the open file: its descriptor, or a negative errno. */
static int take_loop(int control, const struct loop_config *config)
{
	for (int tries = 0; tries < LOOP_TRIES; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE), loop;
		char path[32];

		if (number < 0)
			return -errno;
		snprintf(path, sizeof(path), "/dev/loop%d", number);
		loop = open(path, O_RDWR | O_CLOEXEC);
		if (loop < 0)
			return -errno;
		if (ioctl(loop, LOOP_CONFIGURE, config) == 0)
			return loop;
		if (errno != EBUSY) {
			int error = errno;

			close(loop);
			return -error;
		}
		close(loop);
	}
	return -EBUSY;
}

static int attach_loop(const struct guest_disk_config *disk, const char *object,
		       struct medium *medium, struct failure *failure)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int file = open(disk->source, (disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	struct loop_config config = {
		.fd = (uint32_t)file,
		.block_size = disk->sector_bytes,
		.info.lo_flags =
			LO_FLAGS_AUTOCLEAR | (disk->read_only ? (unsigned)LO_FLAGS_READ_ONLY : 0),
	};
	struct stat status;

	medium->loop = file < 0 || control < 0 ? -errno : -1;
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", disk->source);
	if (file >= 0 && control >= 0)
		medium->loop = take_loop(control, &config);
	if (file >= 0)
		close(file);
	if (control >= 0)
		close(control);
	if (medium->loop >= 0 && fstat(medium->loop, &status) == 0) {
		medium->facts.major_number = major(status.st_rdev);
		medium->facts.minor_number = minor(status.st_rdev);
		return 0;
	}
	return failure_set(failure, medium->loop < 0 ? -medium->loop : EIO, object,
			   control < 0 ? "load the kernel's module: `modprobe loop`" : NULL,
			   "disk %s: no loop device for %s: %s", disk->target, disk->source,
			   strerror(medium->loop < 0 ? -medium->loop : EIO));
}

int medium_open(const struct guest_disk_config *disk, const char *object, struct medium *medium,
		struct failure *failure)
{
	int result = medium_check(disk, object, medium, failure);

	if (result || disk->driver != GUEST_DRIVER_KERNEL || medium->facts.is_block)
		return result;
	return attach_loop(disk, object, medium, failure);
}

void medium_close(struct medium *medium)
{
	if (medium->loop >= 0)
		close(medium->loop);
	medium->loop = -1;
}

int medium_resize_loop(unsigned int major_number, unsigned int minor_number,
		       struct failure *failure)
{
	char path[64];
	int loop, error = 0;

	snprintf(path, sizeof(path), "/dev/loop%u", minor_number);
	if (major_number != 7) /* a block device tells of its size itself */
		return 0;
	loop = open(path, O_RDWR | O_CLOEXEC);
	if (loop < 0 || ioctl(loop, LOOP_SET_CAPACITY, 0) != 0)
		error = errno;
	if (loop >= 0)
		close(loop);
	return error ? failure_set(failure, error, path, NULL, "cannot take its new size: %s",
				   strerror(error))
		     : 0;
}
