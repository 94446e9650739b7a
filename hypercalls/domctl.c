/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domctl.c - domain control: the switch that domctl.def becomes, and
 * the life of a domain.  Its first contents are domctl_build.c's, questions are
 * domctl_query.c's.
 */
#include "hypercalls/domctl.h"
#include "hypercalls/dispatch.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"

/* Of a memory size in KiB. */
#define PAGES_PER_KIB_SHIFT 2
/* One frame of the ABI's mapping table stands for so many mappings. */
#define HANDLES_PER_MAPTRACK_FRAME 512u

/* Dispatch ------------------------------------------------------------------- */

struct domctl_row {
	enum domctl_target target;
	bool copied_back;
};

static bool find_row(uint32_t command, struct domctl_row *row)
{
	switch (command) {
#define DOMCTL(name, domain_kind, back)                                                            \
	case XEN_DOMCTL_##name:                                                                    \
		*row = (struct domctl_row){domain_kind, back};                                     \
		return true;
#include "hypercalls/domctl.def"
#undef DOMCTL
	default:
		return false;
	}
}

static long call_handler(struct domain *domain, struct xen_domctl *request)
{
	switch (request->cmd) {
#define DOMCTL(name, domain_kind, back)                                                            \
	case XEN_DOMCTL_##name:                                                                    \
		return domctl_##name(domain, request);
#include "hypercalls/domctl.def"
#undef DOMCTL
	default:
		return -XEN_ENOSYS;
	}
}

static long perform(const struct domctl_row *row, struct xen_domctl *request)
{
	struct domain *domain;
	long rc;

	if (row->target == DOMCTL_NO_DOMAIN)
		return call_handler(NULL, request);
	/* The caller's own goes by its number here, as on Xen. */
	domain = request->domain == DOMID_SELF ? NULL : domain_get(request->domain);
	if (!domain)
		return -XEN_ESRCH;
	if (row->target == DOMCTL_OTHER_DOMAIN && domain == current_domain())
		rc = -XEN_EINVAL;
	else
		rc = call_handler(domain, request);
	domain_put(domain);
	return rc;
}

int64_t hc_domctl(reg_t argument)
{
	struct xen_domctl request;
	struct domctl_row row;
	long rc;

	if (!copy_from_guest(&request, guest_va(argument), sizeof(request)))
		return -XEN_EFAULT;
	if (request.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	if (!find_row(request.cmd, &row))
		return -XEN_ENOSYS;
	rc = perform(&row, &request);
	if (row.copied_back && rc != -XEN_ERESTART &&
	    !copy_to_guest(guest_va(argument), &request, sizeof(request)) && rc >= 0)
		rc = -XEN_EFAULT;
	return rc;
}

/* Making ---------------------------------------------------------------------- */

static int creation_check(const struct xen_domctl_createdomain *wanted)
{
	const uint32_t known = XEN_DOMCTL_CDF_MAX | (XEN_DOMCTL_CDF_MAX - 1);

	if ((wanted->flags & ~known) || wanted->iommu_opts || wanted->vmtrace_size)
		return -XEN_EINVAL;
	/* Paravirtual guests only; no IOMMU, no virtual PMU. */
	if (wanted->flags & ~XEN_DOMCTL_CDF_xs_domain)
		return -XEN_EINVAL;
	if (wanted->max_vcpus == 0 || wanted->max_vcpus > MAX_VCPUS)
		return -XEN_EINVAL;
	if (wanted->cpupool_id != 0)
		return -XEN_EINVAL;
	if (XEN_DOMCTL_GRANT_version(wanted->grant_opts) != 1 ||
	    (wanted->grant_opts & ~XEN_DOMCTL_GRANT_version_mask))
		return -XEN_EINVAL;
	if (wanted->arch.emulation_flags & ~XEN_X86_EMU_PIT)
		return -XEN_EINVAL;
	return wanted->arch.misc_flags ? -XEN_EINVAL : 0;
}

/* A negative limit asks for the usual; 0 of Enso's stands for the same. */
static uint32_t limit_of(int32_t wanted, uint32_t each)
{
	uint64_t product = (uint64_t)(wanted > 0 ? wanted : 0) * each;

	return wanted == 0 ? 1 : (uint32_t)MIN(product, (uint64_t)UINT32_MAX);
}

long domctl_createdomain(struct domain *none, struct xen_domctl *request)
{
	const struct xen_domctl_createdomain *wanted = &request->u.createdomain;
	const struct domain_limits limits = {
		.max_vcpus = wanted->max_vcpus,
		.grant_frames = limit_of(wanted->max_grant_frames, 1),
		.grant_handles = limit_of(wanted->max_maptrack_frames, HANDLES_PER_MAPTRACK_FRAME),
		.event_ports = wanted->max_evtchn_port,
	};
	struct domain *domain;
	domid_t id;
	int rc = creation_check(wanted);

	(void)none;
	if (rc == 0)
		rc = domain_claim_id(request->domain < DOMID_FIRST_RESERVED ? request->domain : 0,
				     &id);
	if (rc != 0)
		return rc;
	domain = domain_create(id, &limits, wanted->handle);
	if (!domain)
		return -XEN_ENOMEM;
	request->domain = id;
	log_info("domain %u: created, %u vCPUs\n", id, wanted->max_vcpus);
	return 0;
}

long domctl_destroydomain(struct domain *domain, struct xen_domctl *request)
{
	(void)request;
	if (domain->hardware || domain_controls(domain))
		return -XEN_EPERM;
	return domain_destroy(domain);
}

/* Running ---------------------------------------------------------------------- */

long domctl_pausedomain(struct domain *domain, struct xen_domctl *request)
{
	(void)request;
	domain_controller_pause(domain);
	return 0;
}

long domctl_unpausedomain(struct domain *domain, struct xen_domctl *request)
{
	(void)request;
	return domain_controller_unpause(domain);
}

long domctl_resumedomain(struct domain *domain, struct xen_domctl *request)
{
	(void)request;
	return domain_resume(domain);
}

/* Limits and names --------------------------------------------------------------- */

long domctl_max_mem(struct domain *domain, struct xen_domctl *request)
{
	write_once(domain->max_pages, request->u.max_mem.max_memkb >> PAGES_PER_KIB_SHIFT);
	return 0;
}

/* All vCPUs are there from the start: the call only says the number again. */
long domctl_max_vcpus(struct domain *domain, struct xen_domctl *request)
{
	return request->u.max_vcpus.max == domain->max_vcpus ? 0 : -XEN_EINVAL;
}

long domctl_setdomainhandle(struct domain *domain, struct xen_domctl *request)
{
	spin_lock(&domain->lock);
	memcpy(domain->handle, request->u.setdomainhandle.handle, sizeof(domain->handle));
	spin_unlock(&domain->lock);
	return 0;
}
