/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/domain.c - domctl, as far as it is about a domain as a whole. */
#include "dom0-tools/lib/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/lib/hypercall.h"

/* As many as the bulk buffer holds. */
#define LIST_BATCH (BULK_BYTES / sizeof(struct xen_domctl_getdomaininfo))

static void translate_info(const struct xen_domctl_getdomaininfo *from, struct domain_info *to)
{
	*to = (struct domain_info){
		.domid = from->domain,
		.dying = from->flags & XEN_DOMINF_dying,
		.shut_down = from->flags & XEN_DOMINF_shutdown,
		.paused = from->flags & XEN_DOMINF_paused,
		.blocked = from->flags & XEN_DOMINF_blocked,
		.running = from->flags & XEN_DOMINF_running,
		.hvm = from->flags & XEN_DOMINF_hvm_guest,
		.end = from->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask,
		.memory_pages = from->tot_pages,
		.max_pages = from->max_pages,
		.shared_info_frame = from->shared_info_frame,
		.cpu_time_ns = from->cpu_time,
		.vcpus_online = from->nr_online_vcpus,
		.vcpus_max = from->max_vcpu_id + 1, /* ~0 means none */
		.cpupool = from->cpupool,
	};
	memcpy(to->uuid, from->handle, sizeof(to->uuid));
}

int domain_create(struct hypervisor *hypervisor, const struct domain_creation *creation,
		  uint16_t *domid, struct failure *failure)
{
	struct xen_domctl *request = hypercall_domctl_begin(hypervisor, XEN_DOMCTL_createdomain, 0);
	int result;

	request->u.createdomain = (struct xen_domctl_createdomain){
		.max_vcpus = creation->vcpus_max,
		.max_evtchn_port = creation->max_event_channel ? creation->max_event_channel : ~0u,
		.max_grant_frames = creation->max_grant_frames,
		.max_maptrack_frames = creation->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	memcpy(request->u.createdomain.handle, creation->uuid, sizeof(creation->uuid));
	result = xencall1(hypervisor->calls, __HYPERVISOR_domctl, (uintptr_t)request);
	if (result < 0)
		return hypercall_failed(errno, "host", "create a domain", failure);
	*domid = request->domain;
	return 0;
}

int domain_destroy(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure)
{
	struct xen_domctl *request;

	for (;;) {
		request = hypercall_domctl_begin(hypervisor, XEN_DOMCTL_destroydomain, domid);
		if (xencall1(hypervisor->calls, __HYPERVISOR_domctl, (uintptr_t)request) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR && errno != XEN_ERESTART)
			return hypercall_domain_failed(errno, domid, "destroy it", failure);
	}
}

/* A call that says all by its number. */
static int call_simple(struct hypervisor *hypervisor, uint32_t command, uint16_t domid,
		       const char *what, struct failure *failure)
{
	hypercall_domctl_begin(hypervisor, command, domid);
	return hypercall_domctl(hypervisor, what, failure);
}

int domain_pause(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure)
{
	return call_simple(hypervisor, XEN_DOMCTL_pausedomain, domid, "pause it", failure);
}

int domain_unpause(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure)
{
	return call_simple(hypervisor, XEN_DOMCTL_unpausedomain, domid, "unpause it", failure);
}

int domain_resume(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure)
{
	return call_simple(hypervisor, XEN_DOMCTL_resumedomain, domid, "resume it", failure);
}

int domain_lookup(struct hypervisor *hypervisor, uint16_t domid, struct domain_info *info,
		  struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_getdomaininfo, domid);

	if (xencall1(hypervisor->calls, __HYPERVISOR_domctl, (uintptr_t)request) < 0)
		return errno == ESRCH
			       ? 0
			       : hypercall_domain_failed(errno, domid, "ask about it", failure);
	/* The answer is about the first domain from this number on. */
	if (request->u.getdomaininfo.domain != domid)
		return 0;
	translate_info(&request->u.getdomaininfo, info);
	return 1;
}

int domain_info(struct hypervisor *hypervisor, uint16_t domid, struct domain_info *info,
		struct failure *failure)
{
	int found = domain_lookup(hypervisor, domid, info, failure);

	if (found == 0)
		return hypercall_domain_failed(ESRCH, domid, "ask about it", failure);
	return found < 0 ? found : 0;
}

/* One batch from `first` on, appended to *domains; the number got. */
static int list_batch(struct hypervisor *hypervisor, uint16_t first, struct domain_info **domains,
		      size_t *count, struct failure *failure)
{
	struct xen_domctl_getdomaininfo *bulk = hypercall_bulk(hypervisor, failure);
	struct xen_sysctl *request;
	struct domain_info *grown;
	int result;

	if (!bulk)
		return -ENOMEM;
	request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_getdomaininfolist);
	request->u.getdomaininfolist.first_domain = first;
	request->u.getdomaininfolist.max_domains = LIST_BATCH;
	set_xen_guest_handle(request->u.getdomaininfolist.buffer, bulk);
	result = hypercall_sysctl(hypervisor, "list the domains", failure);
	if (result < 0)
		return result;
	result = MIN(request->u.getdomaininfolist.num_domains, LIST_BATCH);
	grown = reallocarray(*domains, *count + result + 1, sizeof(**domains));
	if (!grown)
		return failure_set(failure, ENOMEM, "host", NULL, "out of memory");
	*domains = grown;
	for (int i = 0; i < result; i++)
		translate_info(&bulk[i], &grown[*count + i]);
	*count += result;
	return result;
}

int domain_list(struct hypervisor *hypervisor, struct domain_info **domains, size_t *count,
		struct failure *failure)
{
	int got;

	*domains = NULL;
	*count = 0;
	do {
		uint16_t first = *count ? (*domains)[*count - 1].domid + 1 : 0;

		got = list_batch(hypervisor, first, domains, count, failure);
		if (got < 0) {
			free(*domains);
			*domains = NULL;
			*count = 0;
			return got;
		}
	} while (got == (int)LIST_BATCH);
	return 0;
}

int domain_set_max_memory(struct hypervisor *hypervisor, uint16_t domid, uint64_t kib,
			  struct failure *failure)
{
	struct xen_domctl *request = hypercall_domctl_begin(hypervisor, XEN_DOMCTL_max_mem, domid);

	request->u.max_mem.max_memkb = kib;
	return hypercall_domctl(hypervisor, "set its most memory", failure);
}

int domain_set_max_vcpus(struct hypervisor *hypervisor, uint16_t domid, uint32_t count,
			 struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_max_vcpus, domid);

	request->u.max_vcpus.max = count;
	return hypercall_domctl(hypervisor, "give it vCPUs", failure);
}

int domain_set_address_size(struct hypervisor *hypervisor, uint16_t domid, uint32_t bits,
			    struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_set_address_size, domid);

	request->u.address_size.size = bits;
	return hypercall_domctl(hypervisor, "set its address size", failure);
}

int domain_set_uuid(struct hypervisor *hypervisor, uint16_t domid, const uint8_t uuid[16],
		    struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_setdomainhandle, domid);

	memcpy(request->u.setdomainhandle.handle, uuid, 16);
	return hypercall_domctl(hypervisor, "set its uuid", failure);
}

int domain_set_time_offset(struct hypervisor *hypervisor, uint16_t domid, int64_t seconds,
			   struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_settimeoffset, domid);

	request->u.settimeoffset.time_offset_seconds = seconds;
	return hypercall_domctl(hypervisor, "set its clock's offset", failure);
}

int domain_write_hypercall_page(struct hypervisor *hypervisor, uint16_t domid, uint64_t frame,
				struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_hypercall_init, domid);

	request->u.hypercall_init.gmfn = frame;
	return hypercall_domctl(hypervisor, "write its hypercall page", failure);
}

bool domain_port_is_unbound(struct hypervisor *hypervisor, uint16_t domid, uint32_t port,
			    uint16_t remote)
{
	struct evtchn_status *request = hypercall_request_begin(hypervisor, sizeof(*request));

	request->dom = domid;
	request->port = port;
	return xencall2(hypervisor->calls, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
			(uintptr_t)request) == 0 &&
	       request->status == EVTCHNSTAT_unbound && request->u.unbound.dom == remote;
}

int domain_allocate_port(struct hypervisor *hypervisor, uint16_t domid, uint16_t remote,
			 uint32_t *port, struct failure *failure)
{
	struct evtchn_alloc_unbound *request =
		hypercall_request_begin(hypervisor, sizeof(*request));

	request->dom = domid;
	request->remote_dom = remote;
	if (xencall2(hypervisor->calls, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
		     (uintptr_t)request) < 0)
		return hypercall_domain_failed(errno, domid, "allocate an event channel", failure);
	*port = request->port;
	return 0;
}
