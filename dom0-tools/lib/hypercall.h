/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/hypercall.h - how the wrappers of this folder make a call.
 * Nobody outside dom0-tools/lib includes this.
 *
 * The hypervisor reads and writes requests in place, so they live in memory that
 * is never moved or swapped: one page for the request, and BULK_BYTES for lists,
 * got when first needed.  Both are overwritten by the next call.
 */
#pragma once

#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xencall.h>
#include <xenforeignmemory.h>

#include "dom0-tools/lib/hypervisor.h"

#define BULK_PAGES 16
#define BULK_BYTES (BULK_PAGES * PAGE_SIZE)

struct hypervisor {
	xencall_handle *calls;
	xenforeignmemory_handle *foreign; /* opened when first needed */
	void *request;			  /* one page */
	void *bulk;			  /* BULK_BYTES, or NULL so far */
};

/* A zeroed request with its command, version and domain filled in. */
struct xen_domctl *hypercall_domctl_begin(struct hypervisor *hypervisor, uint32_t command,
					  uint16_t domid);
struct xen_sysctl *hypercall_sysctl_begin(struct hypervisor *hypervisor, uint32_t command);

/* A zeroed request of any other call, at most a page. */
void *hypercall_request_begin(struct hypervisor *hypervisor, size_t bytes);

/*
 * Makes the call begun.  `what` completes "cannot ...": "pause it".  Returns a
 * non-negative result or a negative errno, having told the failure.
 */
int MUST_CHECK
hypercall_domctl(struct hypervisor *hypervisor, const char *what, struct failure *failure);
int MUST_CHECK
hypercall_sysctl(struct hypervisor *hypervisor, const char *what, struct failure *failure);

/* Tells why `what` could not be done to the domain (or host) with this errno. */
int hypercall_failed(int error, const char *object, const char *what, struct failure *failure);
int hypercall_domain_failed(int error, uint16_t domid, const char *what, struct failure *failure);

/* The bulk buffer; NULL when there is no memory, having told the failure. */
void *hypercall_bulk(struct hypervisor *hypervisor, struct failure *failure);

/* The handle for foreign mappings; NULL likewise. */
xenforeignmemory_handle *hypercall_foreign(struct hypervisor *hypervisor, struct failure *failure);
