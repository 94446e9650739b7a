/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/exchange.c - see exchange.h.  A chunk either happens or leaves
 * the domain as it was: new pages are allocated before the old ones go.
 */
#include "xen-like/mm/exchange.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"

#define ORDER_MAX 10

struct chunk {
	struct domain *domain;
	const struct xen_memory_exchange *request;
	uint64_t frames;    /* pages on each side                       */
	uint64_t in_index;  /* first input extent                       */
	uint64_t out_index; /* first output extent                      */
	uint64_t *in, *out; /* `frames` frame numbers / output extents  */
};

static uint64_t out_extents(const struct chunk *chunk)
{
	return chunk->frames >> chunk->request->out.extent_order;
}

static void give_back(uint64_t *frames, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		frame_own_again(mfn(frames[i]));
}

/* Takes the input pages from the domain; all or none. */
static int take_input(struct chunk *chunk)
{
	unsigned int order = chunk->request->in.extent_order;
	guest_va_t list = guest_va((uint64_t)chunk->request->in.extent_start.p);
	uint64_t first = 0;

	for (uint64_t i = 0; i < chunk->frames; i++) {
		uint64_t inside = i & ((1ull << order) - 1);
		mfn_t frame;

		if (inside == 0 &&
		    !copy_from_guest(&first, guest_element(list, chunk->in_index + (i >> order), 8),
				     8)) {
			give_back(chunk->in, i);
			return -XEN_EFAULT;
		}
		frame = mfn(first + inside);
		if (!frame_get(frame, chunk->domain->id)) {
			give_back(chunk->in, i);
			return -XEN_EINVAL;
		}
		if (!frame_disown(frame)) {
			frame_put(frame);
			give_back(chunk->in, i);
			return -XEN_EINVAL;
		}
		chunk->in[i] = frame.n;
	}
	return 0;
}

static int allocate_output(struct chunk *chunk)
{
	const struct xen_memory_reservation *out = &chunk->request->out;

	for (uint64_t i = 0; i < out_extents(chunk); i++) {
		mfn_t first;

		if (!heap_alloc_frames(out->extent_order, XENMEMF_get_address_bits(out->mem_flags),
				       &first)) {
			while (i--)
				heap_free_frames(mfn(chunk->out[i]), out->extent_order);
			return -XEN_ENOMEM;
		}
		chunk->out[i] = first.n;
	}
	return 0;
}

/* Gives the new pages to the domain under the numbers it asked for. */
static int hand_over(struct chunk *chunk)
{
	const struct xen_memory_reservation *out = &chunk->request->out;
	guest_va_t list = guest_va((uint64_t)out->extent_start.p);
	int rc = 0;

	for (uint64_t i = 0; i < out_extents(chunk); i++) {
		guest_va_t slot = guest_element(list, chunk->out_index + i, 8);
		uint64_t gpfn = M2P_INVALID;

		if (!copy_from_guest(&gpfn, slot, sizeof(gpfn)))
			rc = -XEN_EFAULT;
		for (uint64_t j = 0; j < 1ull << out->extent_order; j++)
			m2p_set(mfn(chunk->out[i] + j), gpfn == M2P_INVALID ? gpfn : gpfn + j);
		frame_assign(mfn(chunk->out[i]), out->extent_order, chunk->domain->id);
		if (!copy_to_guest(slot, &chunk->out[i], sizeof(chunk->out[i])))
			rc = -XEN_EFAULT;
	}
	return rc;
}

static int exchange_chunk(struct chunk *chunk)
{
	struct pages_locked locked;
	int rc = take_input(chunk);

	if (rc != 0)
		return rc;
	rc = allocate_output(chunk);
	if (rc != 0) {
		give_back(chunk->in, chunk->frames);
		return rc;
	}
	/* Nothing is undone from here on; a bad list only loses the guest its answer. */
	locked = pages_lock(chunk->domain);
	domain_flush_tlb(locked);
	pages_unlock(locked);
	fetch_add(&chunk->domain->pages, chunk->frames);
	rc = hand_over(chunk);
	for (uint64_t i = 0; i < chunk->frames; i++)
		frame_put(mfn(chunk->in[i]));
	return rc;
}

static int request_check(const struct xen_memory_exchange *request)
{
	unsigned int in = request->in.extent_order, out = request->out.extent_order;
	uint64_t pages;

	if (in > ORDER_MAX || out > ORDER_MAX)
		return -XEN_EPERM;
	if (request->in.nr_extents > UINT32_MAX || request->out.nr_extents > UINT32_MAX)
		return -XEN_EINVAL;
	pages = request->in.nr_extents << in;
	if (pages != request->out.nr_extents << out || request->in.domid != request->out.domid)
		return -XEN_EINVAL;
	if (request->nr_exchanged > request->in.nr_extents)
		return -XEN_EINVAL;
	/* Chunks are whole on both sides. */
	return (request->nr_exchanged << in) & ((1ull << MAX(in, out)) - 1) ? -XEN_EINVAL : 0;
}

int exchange_step(struct domain *domain, struct xen_memory_exchange *request)
{
	unsigned int order = MAX(request->in.extent_order, request->out.extent_order);
	struct chunk chunk = {.domain = domain, .request = request};
	int rc = request_check(request);

	if (rc != 0 || request->nr_exchanged == request->in.nr_extents)
		return rc;
	chunk.frames = 1ull << order;
	chunk.in = heap_new_array(uint64_t, 2 * chunk.frames);
	if (!chunk.in)
		return -XEN_ENOMEM;
	chunk.out = chunk.in + chunk.frames;
	chunk.in_index = request->nr_exchanged;
	chunk.out_index =
		(request->nr_exchanged << request->in.extent_order) >> request->out.extent_order;
	rc = exchange_chunk(&chunk);
	heap_free(chunk.in);
	if (rc != 0)
		return rc;
	request->nr_exchanged += chunk.frames >> request->in.extent_order;
	return request->nr_exchanged == request->in.nr_extents ? 0 : -XEN_ERESTART;
}
