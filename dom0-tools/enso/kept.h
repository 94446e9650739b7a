/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/kept.h - the configuration a guest was made from, which the
 * builder keeps in /run/enso/guests, and what can be said of a guest without one.
 */
#pragma once

#include "dom0-tools/enso/guests.h"

/*
 * The configuration of a guest; the caller frees it with guest_config_free().  Of a
 * guest that is not the builder's, one made from what can be seen of it; *kept
 * says which.
 */
int MUST_CHECK
kept_read(struct invocation *invocation, const struct guest *guest, struct guest_config **config,
	  bool *kept);

/* Writes another name into the kept configuration; does nothing if there is none. */
int MUST_CHECK
kept_rename(struct invocation *invocation, const struct guest *guest, const char *name);

/* Keeps this configuration of a guest, which the next start is made from. */
int MUST_CHECK
kept_write(struct invocation *invocation, const struct guest *guest,
	   const struct guest_config *config);
