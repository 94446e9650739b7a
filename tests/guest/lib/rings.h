/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/lib/rings.h - the store's and the console's ring of a guest
 * without rights, from its side.  Dom0 has neither.  One vCPU's; events stay
 * masked, waiting is by SCHEDOP_poll.
 */
#pragma once

#include "tests/guest/lib/guest.h"

#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

extern struct xenstore_domain_interface *store_ring;
extern struct xencons_interface *console_ring;
extern uint32_t store_port, console_port;

/* Finds both; false in dom0. */
bool rings_init(void);
/* Waits for an event at the port, at most so long; an event that is there is taken. */
void ring_wait(uint32_t port, uint64_t nanoseconds);

/* Puts a request into the ring, waiting for room; `number` comes back with the answer. */
void store_send(uint32_t type, uint32_t transaction, uint32_t number, const void *payload,
		uint32_t length);
/*
 * Asks and waits for the answer; events are dropped.  Bytes of the answer, its
 * first `room` in `reply`; -1: the store says it is an error.
 */
long store_ask(uint32_t type, uint32_t transaction, const void *payload, uint32_t length,
	       char *reply, uint32_t room);
/* Takes everything the store has sent and drops it. */
void store_drop(void);

/* As many bytes as there is room for; how many. */
uint32_t console_put(const char *text, uint32_t length);
