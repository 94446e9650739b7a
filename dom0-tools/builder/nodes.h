/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/nodes.h - a guest's nodes in the store, laid out as Linux'
 * drivers and Xen's tools know them.
 */
#pragma once

#include "dom0-tools/builder/tables.h"
#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/store.h"

struct guest_nodes {
	uint16_t domid;
	const char *uuid; /* text */
	const struct guest_config *config;
	struct guest_ports ports;
	uint64_t store_ring_frame, console_ring_frame; /* mfns */
};

/* Writes all of them as one step. */
int MUST_CHECK
guest_nodes_write(const struct guest_nodes *nodes, struct failure *failure);

/* Removes them all; `uuid` may be NULL when it is not known. */
int MUST_CHECK
guest_nodes_remove(uint16_t domid, const char *uuid, struct failure *failure);

/* EEXIST when one of these domains has the name.  */
int MUST_CHECK
guest_nodes_check_name(const char *name, const uint16_t *domids, size_t count,
		       struct failure *failure);
