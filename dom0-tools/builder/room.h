/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/room.h - whether the host has room for one more guest: its
 * name and uuid are nobody's, and so much memory is free.
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/hypervisor.h"

/* EEXIST: a domain has its name or, unless it is dying, its uuid. */
int MUST_CHECK
room_check_names(struct hypervisor *hypervisor, const struct guest_config *config,
		 struct failure *failure);

/* ENOMEM: the host has not so many pages; `object` is who wants them, "guest web1". */
int MUST_CHECK
room_check_memory(struct hypervisor *hypervisor, const char *object, uint64_t pages,
		  struct failure *failure);
