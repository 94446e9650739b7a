/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/memory.c - memory_op, mmuext_op and foreign mappings. */
#include "dom0-tools/lib/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dom0-tools/lib/hypercall.h"

#define EXTENTS_PER_CALL (BULK_BYTES / sizeof(xen_pfn_t))

int memory_populate(struct hypervisor *hypervisor, uint16_t domid, unsigned int order,
		    xen_pfn_t *frames, size_t count, size_t *done, struct failure *failure)
{
	xen_pfn_t *bulk = hypercall_bulk(hypervisor, failure);

	*done = 0;
	if (!bulk)
		return -ENOMEM;
	while (*done < count) {
		struct xen_memory_reservation *request =
			hypercall_request_begin(hypervisor, sizeof(*request));
		size_t batch = MIN(count - *done, EXTENTS_PER_CALL);
		int got;

		memcpy(bulk, frames + *done, batch * sizeof(*bulk));
		set_xen_guest_handle(request->extent_start, bulk);
		request->nr_extents = batch;
		request->extent_order = order;
		request->domid = domid;
		got = xencall2(hypervisor->calls, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
			       (uintptr_t)request);
		if (got < 0)
			return hypercall_domain_failed(errno, domid, "give it memory", failure);
		got = MIN((size_t)got, batch);
		memcpy(frames + *done, bulk, got * sizeof(*bulk));
		*done += got;
		if ((size_t)got < batch)
			break;
	}
	return 0;
}

int memory_set_map(struct hypervisor *hypervisor, uint16_t domid, uint64_t bytes,
		   struct failure *failure)
{
	/* <xen/memory.h> calls the BIOS' entry only "e820entry". */
	struct {
		uint64_t start, bytes;
		uint32_t type;
	} __attribute__((packed)) entry = {0, bytes, 1 /* RAM */}, *copy;
	struct xen_foreign_memory_map *request;

	copy = hypercall_bulk(hypervisor, failure);
	if (!copy)
		return -ENOMEM;
	*copy = entry;
	request = hypercall_request_begin(hypervisor, sizeof(*request));
	request->domid = domid;
	request->map.nr_entries = 1;
	set_xen_guest_handle(request->map.buffer, (void *)copy);
	if (xencall2(hypervisor->calls, __HYPERVISOR_memory_op, XENMEM_set_memory_map,
		     (uintptr_t)request) < 0)
		return hypercall_domain_failed(errno, domid, "set its memory map", failure);
	return 0;
}

int memory_map(struct hypervisor *hypervisor, uint16_t domid, const xen_pfn_t *frames, size_t count,
	       bool writable, void **at, struct failure *failure)
{
	xenforeignmemory_handle *foreign = hypercall_foreign(hypervisor, failure);
	int protection = PROT_READ | (writable ? PROT_WRITE : 0);

	*at = NULL;
	if (!foreign)
		return -ENODEV;
	/* Without an array for errors, one error fails it all. */
	*at = xenforeignmemory_map(foreign, domid, protection, count, frames, NULL);
	if (!*at)
		return hypercall_domain_failed(errno ? errno : EINVAL, domid, "map its memory",
					       failure);
	return 0;
}

void memory_unmap(struct hypervisor *hypervisor, void *at, size_t count)
{
	if (at)
		xenforeignmemory_unmap(hypervisor->foreign, at, count);
}

int memory_map_grants(struct hypervisor *hypervisor, uint16_t domid, struct memory_grants *grants,
		      struct failure *failure)
{
	xenforeignmemory_handle *foreign = hypercall_foreign(hypervisor, failure);
	void *at = NULL;

	memset(grants, 0, sizeof(*grants));
	if (!foreign)
		return -ENODEV;
	grants->handle = xenforeignmemory_map_resource(foreign, domid, XENMEM_resource_grant_table,
						       XENMEM_resource_grant_table_id_shared, 0, 1,
						       &at, PROT_READ | PROT_WRITE, 0);
	if (!grants->handle)
		return hypercall_domain_failed(errno, domid, "map its grant table", failure);
	grants->entries = at;
	grants->count = PAGE_SIZE / sizeof(*grants->entries);
	return 0;
}

void memory_unmap_grants(struct hypervisor *hypervisor, struct memory_grants *grants)
{
	if (grants->handle)
		xenforeignmemory_unmap_resource(hypervisor->foreign, grants->handle);
	memset(grants, 0, sizeof(*grants));
}

int memory_pin_l4(struct hypervisor *hypervisor, uint16_t domid, uint64_t frame,
		  struct failure *failure)
{
	struct mmuext_op *request = hypercall_request_begin(hypervisor, sizeof(*request));

	request->cmd = MMUEXT_PIN_L4_TABLE;
	request->arg1.mfn = frame;
	if (xencall4(hypervisor->calls, __HYPERVISOR_mmuext_op, (uintptr_t)request, 1, 0, domid) <
	    0)
		return hypercall_domain_failed(errno, domid, "have its page tables checked",
					       failure);
	return 0;
}
