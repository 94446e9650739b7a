/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/guest.h - a guest's pages and events, as a backend uses them.
 * A host test stands in for guest.c.  Functions return 0 or a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xen-like/base/abi.h"

struct guest; /* one domain, through /dev/xen/gntdev and /dev/xen/evtchn */

int MUST_CHECK
guest_open(struct guest **guest, uint16_t domid);

/* Maps pages the guest has granted, in one piece; NULL: it has not, or not for writing. */
#define GUEST_MAP_MOST 64
void *guest_map(struct guest *guest, const uint32_t *grants, uint32_t count);
void guest_unmap(struct guest *guest, void *pages, uint32_t count);

/* A part of a granted page, and memory of ours. */
struct guest_piece {
	uint32_t grant;
	uint16_t offset, bytes; /* offset + bytes <= 4096 */
	void *memory;
};

enum guest_direction { GUEST_READ, GUEST_WRITE }; /* from its pages; to them */

/* All of them, or -EFAULT when any was refused. */
int MUST_CHECK
guest_copy(struct guest *guest, enum guest_direction direction, const struct guest_piece *pieces,
	   uint32_t count);

/* Binds to a port of the guest; ours, or a negative errno. */
int MUST_CHECK
guest_bind(struct guest *guest, uint32_t port);
void guest_unbind(struct guest *guest, int port);
void guest_notify(struct guest *guest, int port);
/* The descriptor that is readable when there are events; takes one, which stays masked. */
int guest_events(struct guest *guest);
int guest_next_event(struct guest *guest);
void guest_unmask(struct guest *guest, int port);
