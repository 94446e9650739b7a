/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/kernel.h - a guest's kernel, from a path to an ELF that was
 * read and found good, unpacked if need be (cache.h does that, once).
 */
#pragma once

#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"
#include "xen-like/base/kernel_image.h"

struct guest_kernel {
	int descriptor;		   /* the ELF is all of this file */
	bool unpacked_now;	   /* it was not in the cache; for --timing's readers */
	struct kernel_image image; /* its segments are inside the file, as it was then */
};

/* The file's bytes are hostile.  One failure says what is wrong with it. */
int MUST_CHECK
guest_kernel_open(const char *path, struct guest_kernel *kernel, struct failure *failure);
void guest_kernel_close(struct guest_kernel *kernel);
