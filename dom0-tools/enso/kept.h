/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/kept.h - the configuration a guest was made from, which the
 * builder keeps in /run/enso/guests, and what can be said of a guest without one.
 */
#pragma once

#include "dom0-tools/builder/guest_files.h"
#include "dom0-tools/enso/guests.h"

/*
 * The configuration of a guest; the caller frees it with guest_config_free().  Of a
 * guest that is not the builder's, one made from what can be seen of it; *kept
 * says which.
 */
int MUST_CHECK
kept_read(struct invocation *invocation, const struct guest *guest, struct guest_config **config,
	  bool *kept);

/* Changes the kept configuration, which the next start is made from; nothing if there is none. */
int MUST_CHECK
kept_change(struct invocation *invocation, const struct guest *guest, guest_files_change_t change,
	    void *context);
