/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/sharing.h - two guests that write to one medium, or one that reads
 * what another writes, destroy its file system: refused, unless both sides say
 * <shareable/>.
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/store.h"

/*
 * EBUSY when another disk that is attached now, of whatever guest, stands in the way.
 * Holds as long as the caller keeps others from attaching (SHARING_LOCK).
 */
#define SHARING_LOCK "/run/enso/attaching"
int MUST_CHECK
sharing_check(struct store *store, const struct guest_disk_config *disk, const char *object,
	      struct failure *failure);
