/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/ring.c - ring.h says what it is for. */
#include "dom0-tools/stored/ring.h"

#include <errno.h>
#include <string.h>

int ring_readable(const struct xenstore_domain_interface *page, uint32_t consumer)
{
	uint32_t length = __atomic_load_n(&page->req_prod, __ATOMIC_ACQUIRE) - consumer;

	return length <= XENSTORE_RING_SIZE ? (int)length : -EIO;
}

void ring_read(const struct xenstore_domain_interface *page, uint32_t consumer, void *to,
	       size_t length)
{
	size_t at = MASK_XENSTORE_IDX(consumer);
	size_t first = length < XENSTORE_RING_SIZE - at ? length : XENSTORE_RING_SIZE - at;

	memcpy(to, page->req + at, first);
	memcpy((char *)to + first, page->req, length - first);
}

int ring_writable(const struct xenstore_domain_interface *page, uint32_t producer)
{
	uint32_t used = producer - __atomic_load_n(&page->rsp_cons, __ATOMIC_ACQUIRE);

	return used <= XENSTORE_RING_SIZE ? (int)(XENSTORE_RING_SIZE - used) : -EIO;
}

void ring_write(struct xenstore_domain_interface *page, uint32_t producer, const void *from,
		size_t length)
{
	size_t at = MASK_XENSTORE_IDX(producer);
	size_t first = length < XENSTORE_RING_SIZE - at ? length : XENSTORE_RING_SIZE - at;

	memcpy(page->rsp + at, from, first);
	memcpy(page->rsp, (const char *)from + first, length - first);
}

void ring_publish_consumer(struct xenstore_domain_interface *page, uint32_t consumer)
{
	__atomic_store_n(&page->req_cons, consumer, __ATOMIC_RELEASE);
}

void ring_publish_producer(struct xenstore_domain_interface *page, uint32_t producer)
{
	__atomic_store_n(&page->rsp_prod, producer, __ATOMIC_RELEASE);
	/* The domain's index is read again only after it can see ours: one of us notices. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
