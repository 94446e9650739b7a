/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/cache.h - each packed kernel is unpacked once.
 *
 * CACHE_DIRECTORY/SHA256 is an unpacked ELF, named by its packed file's digest;
 * CACHE_DIRECTORY/by-file knows packed files by cache_index.h.  A file stands there
 * whole or not at all, and only if it was read as a kernel.  Several builders may
 * use it at once.
 */
#pragma once

#include "dom0-tools/builder/cache_index.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/files.h"
#include "xen-like/base/abi.h"
#include "xen-like/base/kernel_image.h"

/* Host tests have one of their own. */
#ifndef CACHE_DIRECTORY
#define CACHE_DIRECTORY FILES_KERNELS
#endif

/* The most a kernel may unpack to, whatever its header says. */
#define CACHE_UNPACKED_MAX (256ul << 20)

/* The unpacked file of this identity, open for reading, or -1 when it is not known. */
int cache_find(const struct cache_identity *identity);

/*
 * Unpacks `payload` of the packed file mapped at `packed` into the cache, unless
 * its content is there already, and remembers it by `identity`.  Returns a
 * descriptor open for reading, or a negative errno.  `object` is what messages
 * call the kernel.  A cache that cannot be written (EROFS, ENOSPC) costs only
 * that: the descriptor is then of a file without a name.
 */
int MUST_CHECK
cache_add(const struct cache_identity *identity, const void *packed, size_t packed_bytes,
	  const struct kernel_payload *payload, const char *object, struct failure *failure);
