/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/network_start.h - dom0's own networks coming and going.  Their
 * DHCP server is ensod's to run: NETWORKS_RUNNING/NAME.dhcp is what it shall do.
 */
#pragma once

#include "dom0-tools/builder/network_definition.h"
#include "dom0-tools/builder/networks.h"
#include "dom0-tools/lib/failure.h"

/* Reads a definition.  ENOENT: there is no such network. */
int MUST_CHECK
network_read(const char *name, struct network_definition *definition, struct failure *failure);
int MUST_CHECK
network_write(const struct network_definition *definition, struct failure *failure);

/* The names of all that are defined, `count` of them; the array and each are the caller's to free.
 */
int MUST_CHECK
network_list_defined(char ***names, size_t *count, struct failure *failure);

bool network_is_running(const char *name);

/* Brings it up, also one that is up in part.  On failure what was begun is undone. */
int MUST_CHECK
network_start(const struct network_definition *definition, struct failure *failure);
/* Takes down what is up of it. */
int MUST_CHECK
network_stop(const struct network_definition *definition, struct failure *failure);
