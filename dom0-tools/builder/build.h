/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/build.h - from a configuration to a running PV guest, and
 * back to nothing.
 *
 * A guest under construction holds a lock on FILES_CREATING/UUID.  Whoever finds
 * that file unlocked finds a dead builder's half-made guest, and may reap it.
 * Complete guests have their configuration in FILES_GUESTS/UUID.xml.
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/hypervisor.h"
#include "dom0-tools/lib/progress.h"
#include "dom0-tools/lib/store.h"
#include "dom0-tools/lib/timing.h"

struct guest_build_options {
	bool paused;		   /* leave it paused, for whoever looks or unpauses */
	struct progress *progress; /* NULL: not shown when it takes long */
	struct timing *timing;	   /* NULL: not measured */
};

/*
 * Builds the guest and starts it.  On failure nothing of it is left.  EEXIST: a
 * guest has this name or uuid; EBUSY: somebody is building or destroying it.
 */
int MUST_CHECK
guest_build(struct hypervisor *hypervisor, struct store *store, const struct guest_config *config,
	    const struct guest_build_options *options, uint16_t *domid, struct failure *failure);

/*
 * Whether it could be built, as far as the configuration, the kernel and the
 * ramdisk tell; the kernel is unpacked into the cache.  Needs no hypervisor.
 */
int MUST_CHECK
guest_build_check(const struct guest_config *config, struct failure *failure);

/*
 * Ends a guest and removes all that is kept about it.  It may be done before, in
 * part or whole: what is gone already is no failure.  Waits for whoever else is
 * building or destroying it.
 */
int MUST_CHECK
guest_destroy(struct hypervisor *hypervisor, struct store *store, uint16_t domid,
	      struct failure *failure);

/*
 * Removes what a dead builder or destroyer left of a guest, its file in
 * FILES_CREATING last.  EBUSY: it is not dead.
 */
int MUST_CHECK
guest_reap(struct hypervisor *hypervisor, struct store *store, const uint8_t uuid[16],
	   struct failure *failure);
