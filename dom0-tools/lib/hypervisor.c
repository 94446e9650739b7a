/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/hypervisor.c - opening the hypervisor, making a call, and what
 * its refusals mean.
 */
#include "dom0-tools/lib/hypervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/lib/hypercall.h"

/* What an errno of the hypervisor's means to whoever asked, and what to do. */
static const struct {
	int error;
	const char *cause, *remedy;
} meanings[] = {
	{EPERM, "only the control domain may do that", "run this in dom0"},
	{EACCES, "the hypervisor speaks another version of the tools' interface",
	 "use the tools that came with the hypervisor that is running"},
	{ENOSYS, "the hypervisor does not know this call",
	 "use the tools that came with the hypervisor that is running"},
	{ESRCH, "there is no such domain", "see `enso list`"},
	{ENOMEM, "the host has not enough free memory", "free some: destroy or shrink a guest"},
	{EFAULT, "the hypervisor could not read the request", ""},
	{EINVAL, "the hypervisor finds the request invalid", ""},
	{EBUSY, "it is in use", ""},
};

int hypercall_failed(int error, const char *object, const char *what, struct failure *failure)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		if (meanings[i].error == error)
			return failure_set(failure, error, object, meanings[i].remedy,
					   "cannot %s: %s", what, meanings[i].cause);
	}
	return failure_set(failure, error, object, NULL, "cannot %s: %s", what, strerror(error));
}

int hypercall_domain_failed(int error, uint16_t domid, const char *what, struct failure *failure)
{
	char object[32];

	snprintf(object, sizeof(object), "domain %u", domid);
	return hypercall_failed(error, object, what, failure);
}

void *hypercall_request_begin(struct hypervisor *hypervisor, size_t bytes)
{
	return memset(hypervisor->request, 0, bytes);
}

struct xen_domctl *hypercall_domctl_begin(struct hypervisor *hypervisor, uint32_t command,
					  uint16_t domid)
{
	struct xen_domctl *request = hypercall_request_begin(hypervisor, sizeof(*request));

	request->cmd = command;
	request->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	request->domain = domid;
	return request;
}

struct xen_sysctl *hypercall_sysctl_begin(struct hypervisor *hypervisor, uint32_t command)
{
	struct xen_sysctl *request = hypercall_request_begin(hypervisor, sizeof(*request));

	request->cmd = command;
	request->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return request;
}

int hypercall_domctl(struct hypervisor *hypervisor, const char *what, struct failure *failure)
{
	struct xen_domctl *request = hypervisor->request;
	uint16_t domid = request->domain;
	int result = xencall1(hypervisor->calls, __HYPERVISOR_domctl, (uintptr_t)request);

	return result >= 0 ? result : hypercall_domain_failed(errno, domid, what, failure);
}

int hypercall_sysctl(struct hypervisor *hypervisor, const char *what, struct failure *failure)
{
	int result =
		xencall1(hypervisor->calls, __HYPERVISOR_sysctl, (uintptr_t)hypervisor->request);

	return result >= 0 ? result : hypercall_failed(errno, "host", what, failure);
}

void *hypercall_bulk(struct hypervisor *hypervisor, struct failure *failure)
{
	if (!hypervisor->bulk)
		hypervisor->bulk = xencall_alloc_buffer_pages(hypervisor->calls, BULK_PAGES);
	if (!hypervisor->bulk)
		failure_set(failure, ENOMEM, "host", "free memory in dom0",
			    "dom0 has no memory for a request to the hypervisor");
	return hypervisor->bulk;
}

xenforeignmemory_handle *hypercall_foreign(struct hypervisor *hypervisor, struct failure *failure)
{
	if (!hypervisor->foreign)
		hypervisor->foreign = xenforeignmemory_open(NULL, 0);
	if (!hypervisor->foreign)
		failure_set(failure, errno, "host", "load the module xen-privcmd",
			    "cannot map guests' memory: /dev/xen/privcmd: %s", strerror(errno));
	return hypervisor->foreign;
}

int hypervisor_open(struct hypervisor **hypervisor, struct failure *failure)
{
	struct hypervisor *opened = calloc(1, sizeof(*opened));

	*hypervisor = NULL;
	if (!opened)
		return failure_set(failure, ENOMEM, "host", NULL, "out of memory");
	opened->calls = xencall_open(NULL, XENCALL_OPENFLAG_NON_REENTRANT);
	if (!opened->calls) {
		int error = errno;

		free(opened);
		return failure_set(failure, error, "host",
				   error == EACCES || error == EPERM
					   ? "run this as root"
					   : "run this in dom0, with the module xen-privcmd loaded",
				   "cannot reach the hypervisor: /dev/xen/privcmd: %s",
				   strerror(error));
	}
	opened->request = xencall_alloc_buffer_pages(opened->calls, 1);
	if (!opened->request) {
		hypervisor_close(opened);
		return failure_set(failure, ENOMEM, "host", NULL, "out of memory");
	}
	*hypervisor = opened;
	return 0;
}

void hypervisor_close(struct hypervisor *hypervisor)
{
	if (!hypervisor)
		return;
	if (hypervisor->foreign)
		xenforeignmemory_close(hypervisor->foreign);
	if (hypervisor->bulk)
		xencall_free_buffer_pages(hypervisor->calls, hypervisor->bulk, BULK_PAGES);
	if (hypervisor->request)
		xencall_free_buffer_pages(hypervisor->calls, hypervisor->request, 1);
	xencall_close(hypervisor->calls);
	free(hypervisor);
}
