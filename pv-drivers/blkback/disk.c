/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/disk.c - disk.h says what it is for. */
#include "pv-drivers/blkback/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUEUE_ENTRIES 256

int disk_measure(struct disk *disk)
{
	off_t end = lseek(disk->file, 0, SEEK_END);

	if (end < 0)
		return -errno;
	disk->sectors = (uint64_t)end / disk->sector_bytes * (disk->sector_bytes / 512);
	return 0;
}

static int find_sizes(struct disk *disk, uint32_t wanted)
{
	struct stat status;
	int logical = 512;
	unsigned int physical = 512;

	if (fstat(disk->file, &status) != 0)
		return -errno;
	disk->is_device = S_ISBLK(status.st_mode);
	if (!disk->is_device && !S_ISREG(status.st_mode))
		return -ENOTBLK;
	if (disk->is_device && (ioctl(disk->file, BLKSSZGET, &logical) != 0 ||
				ioctl(disk->file, BLKPBSZGET, &physical) != 0))
		return -errno;
	disk->sector_bytes = wanted ? wanted : (uint32_t)logical;
	if (disk->sector_bytes != 512 && disk->sector_bytes != 4096)
		return -EINVAL;
	disk->block_bytes = physical > disk->sector_bytes ? physical : disk->sector_bytes;
	return disk_measure(disk);
}

int disk_open(struct disk *disk, const char *path, bool read_only, uint32_t sector_bytes)
{
	int result;

	*disk = (struct disk){.is_image = disk->is_image, .read_only = read_only};
	disk->file = *path ? open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC)
			   : memfd_create("no medium", MFD_CLOEXEC);
	if (disk->file < 0)
		return -errno;
	result = find_sizes(disk, sector_bytes);
	if (!result)
		result = io_uring_queue_init(QUEUE_ENTRIES, &disk->queue, 0);
	if (result)
		close(disk->file);
	return result;
}

static struct io_uring_sqe *free_entry(struct disk *disk)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&disk->queue);

	/* Handing over what is there empties the queue. */
	while (!entry) {
		io_uring_submit(&disk->queue);
		entry = io_uring_get_sqe(&disk->queue);
	}
	return entry;
}

void disk_submit(struct disk *disk, struct disk_work *work)
{
	struct io_uring_sqe *entry = free_entry(disk);

	switch (work->kind) {
	case DISK_READ:
		io_uring_prep_readv(entry, disk->file, work->parts, work->part_count, work->offset);
		break;
	case DISK_WRITE:
		io_uring_prep_writev(entry, disk->file, work->parts, work->part_count,
				     work->offset);
		break;
	case DISK_FLUSH:
		io_uring_prep_fsync(entry, disk->file, IORING_FSYNC_DATASYNC);
		break;
	case DISK_DISCARD:
		io_uring_prep_fallocate(entry, disk->file,
					FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					(off_t)work->offset, (off_t)work->bytes);
		break;
	}
	io_uring_sqe_set_data(entry, work);
}

void disk_poll(struct disk *disk, int descriptor, uint64_t tag)
{
	struct io_uring_sqe *entry = free_entry(disk);

	io_uring_prep_poll_add(entry, descriptor, POLL_IN);
	io_uring_sqe_set_data64(entry, tag);
}

static void move_on(struct disk_work *work, size_t done)
{
	work->offset += done;
	work->bytes -= done;
	while (done && done >= work->parts->iov_len) {
		done -= work->parts->iov_len;
		work->parts++;
		work->part_count--;
	}
	if (done) {
		work->parts->iov_base = (uint8_t *)work->parts->iov_base + done;
		work->parts->iov_len -= done;
	}
}

static bool finish_transfer(struct disk *disk, struct disk_work *work, int32_t done, int *result)
{
	if (done == -EINTR || done == -EAGAIN) {
		disk_submit(disk, work);
		return false;
	}
	/* Nothing read or written: the medium has shrunk below us. */
	if (done <= 0 || (uint64_t)done > work->bytes) {
		*result = done < 0 ? done : -EIO;
		return true;
	}
	move_on(work, (size_t)done);
	if (work->bytes) {
		disk_submit(disk, work);
		return false;
	}
	*result = 0;
	return true;
}

/* What an image's process leaves is an error of any kind; its file tells one from another. */
static bool is_gone(struct disk *disk)
{
	if (disk->is_image && !disk->gone)
		disk->gone = lseek(disk->file, 0, SEEK_DATA) < 0 &&
			     (errno == ENOTCONN || errno == ECONNABORTED);
	return disk->gone;
}

bool disk_finish(struct disk *disk, struct disk_work *work, int32_t done, int *result)
{
	if (done < 0 && is_gone(disk))
		return false;
	if (work->kind == DISK_READ || work->kind == DISK_WRITE)
		return finish_transfer(disk, work, done, result);
	*result = done;
	if (work->kind == DISK_FLUSH) {
		if (done != 0)
			*disk->flush_failed = true;
		*result = *disk->flush_failed ? -EIO : 0;
	}
	return true;
}
