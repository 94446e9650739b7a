/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/services.h - what dom0's own networks need to run: a dnsmasq for each
 * NETWORKS_RUNNING/NAME.dhcp, started when the file appears, again when it dies, ended
 * when the file goes.  Those of an ensod before this one are taken over by their
 * pid files.  Used by one thread.
 */
#pragma once

#include <stdint.h>

struct services;

/* NULL: out of memory. */
struct services *services_new(void);
/* Frees what is known; the processes live on. */
void services_free(struct services *services);

/* Starts the networks that shall run from the host's start on. */
void services_start_networks(void);

/*
 * Starts, restarts, ends.  *wake_ms (of state_now_ms): when it wants to be called
 * again; 0: when the folder changes.
 */
void services_look(struct services *services, uint64_t now_ms, uint64_t *wake_ms);
