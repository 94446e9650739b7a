/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/media.h - what a disk's blocks are in: whether it is there and
 * can be served, and for dom0's kernel, which serves only block devices, a loop
 * device for a file, made by ioctl.
 */
#pragma once

#include "dom0-tools/builder/devices.h"
#include "dom0-tools/lib/failure.h"

struct medium {
	struct device_medium facts;
	/* A loop device goes with its last user: this is us, until the kernel has it. */
	int loop; /* -1: none */
};

/* Whether it is no plain blocks: a format, or an NBD address. */
bool medium_is_image(const struct guest_disk_config *disk);

/*
 * Whether the disk's medium is there and of a kind that can be served.  Leaves
 * nothing open.  EBUSY is not told: who else uses it is devices_check's to find.
 */
int MUST_CHECK
medium_check(const struct guest_disk_config *disk, const char *object, struct medium *medium,
	     struct failure *failure);

/* The same, and for dom0's kernel the block device to be served; close it in any case. */
int MUST_CHECK
medium_open(const struct guest_disk_config *disk, const char *object, struct medium *medium,
	    struct failure *failure);
void medium_close(struct medium *medium);

/* A loop device takes note of its file's new size. */
int MUST_CHECK
medium_resize_loop(unsigned int major_number, unsigned int minor_number, struct failure *failure);
