/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/ring.h - bytes through a ring page that a domain may
 * scribble on at any time.  The store's own indices are the caller's; they are
 * written to the page and never read back.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/* Bytes the domain has put in after `consumer`; -EIO: its index is nonsense. */
int ring_readable(const struct xenstore_domain_interface *page, uint32_t consumer);
/* Copies `length` bytes, which are readable, from `consumer` on. */
void ring_read(const struct xenstore_domain_interface *page, uint32_t consumer, void *to,
	       size_t length);
/* Bytes there is room for after `producer`; -EIO: the domain's index is nonsense. */
int ring_writable(const struct xenstore_domain_interface *page, uint32_t producer);
void ring_write(struct xenstore_domain_interface *page, uint32_t producer, const void *from,
		size_t length);
/* Shows the domain what was done: everything before is visible first. */
void ring_publish_consumer(struct xenstore_domain_interface *page, uint32_t consumer);
void ring_publish_producer(struct xenstore_domain_interface *page, uint32_t producer);
