/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/scheduler.c - the scheduler's calls: which it is, weights and caps. */
#include "dom0-tools/lib/scheduler.h"

#include <errno.h>

#include "dom0-tools/lib/hypercall.h"

_Static_assert(SCHEDULER_CREDIT == XEN_SCHEDULER_CREDIT, "numbers are the ABI's");
_Static_assert(SCHEDULER_CREDIT2 == XEN_SCHEDULER_CREDIT2, "numbers are the ABI's");
_Static_assert(SCHEDULER_NULL == XEN_SCHEDULER_NULL, "numbers are the ABI's");
_Static_assert(RATELIMIT_LEAST == XEN_SYSCTL_SCHED_RATELIMIT_MIN, "limits are the ABI's");
_Static_assert(RATELIMIT_MOST == XEN_SYSCTL_SCHED_RATELIMIT_MAX, "limits are the ABI's");

const char *scheduler_name(uint32_t kind)
{
	switch (kind) {
	case SCHEDULER_CREDIT:
		return "credit";
	case SCHEDULER_CREDIT2:
		return "credit2";
	case SCHEDULER_ARINC653:
		return "arinc653";
	case SCHEDULER_RTDS:
		return "rtds";
	case SCHEDULER_NULL:
		return "null";
	}
	return "unknown";
}

int scheduler_get_kind(struct hypervisor *hypervisor, uint32_t *kind, struct failure *failure)
{
	struct xen_sysctl *request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_sched_id);
	int result = hypercall_sysctl(hypervisor, "ask for the scheduler", failure);

	if (result < 0)
		return result;
	*kind = request->u.sched_id.sched_id;
	return 0;
}

/* credit and credit2 have the same two words in the same place. */
static int share_begin(struct hypervisor *hypervisor, uint16_t domid, uint32_t kind,
		       uint32_t command, struct failure *failure)
{
	struct xen_domctl *request;

	if (kind != SCHEDULER_CREDIT && kind != SCHEDULER_CREDIT2)
		return failure_set(failure, EOPNOTSUPP, "host", NULL,
				   "the scheduler %s knows neither weights nor caps",
				   scheduler_name(kind));
	request = hypercall_domctl_begin(hypervisor, XEN_DOMCTL_scheduler_op, domid);
	request->u.scheduler_op.sched_id = kind;
	request->u.scheduler_op.cmd = command;
	return 0;
}

int scheduler_get_share(struct hypervisor *hypervisor, uint16_t domid, uint32_t kind,
			struct scheduler_share *share, struct failure *failure)
{
	struct xen_domctl *request = hypervisor->request;
	int result = share_begin(hypervisor, domid, kind, XEN_DOMCTL_SCHEDOP_getinfo, failure);

	if (result == 0)
		result = hypercall_domctl(hypervisor, "ask for its weight", failure);
	if (result < 0)
		return result;
	share->weight = request->u.scheduler_op.u.credit2.weight;
	share->cap = request->u.scheduler_op.u.credit2.cap;
	return 0;
}

int scheduler_set_share(struct hypervisor *hypervisor, uint16_t domid, uint32_t kind,
			const struct scheduler_share *share, struct failure *failure)
{
	struct xen_domctl *request = hypervisor->request;
	int result = share_begin(hypervisor, domid, kind, XEN_DOMCTL_SCHEDOP_putinfo, failure);

	if (result < 0)
		return result;
	request->u.scheduler_op.u.credit2.weight = share->weight;
	request->u.scheduler_op.u.credit2.cap = share->cap;
	return hypercall_domctl(hypervisor, "set its weight", failure);
}

/* Of the host's first pool. */
static int ratelimit_begin(struct hypervisor *hypervisor, uint32_t kind, uint32_t command,
			   struct failure *failure)
{
	struct xen_sysctl *request;

	if (kind != SCHEDULER_CREDIT2)
		return failure_set(failure, EOPNOTSUPP, "host", NULL,
				   "a rate limit is asked of the scheduler credit2 only, not of %s",
				   scheduler_name(kind));
	request = hypercall_sysctl_begin(hypervisor, XEN_SYSCTL_scheduler_op);
	request->u.scheduler_op.sched_id = kind;
	request->u.scheduler_op.cmd = command;
	return 0;
}

int scheduler_get_ratelimit(struct hypervisor *hypervisor, uint32_t kind, uint32_t *us,
			    struct failure *failure)
{
	const struct xen_sysctl *request = hypervisor->request;
	int result = ratelimit_begin(hypervisor, kind, XEN_SYSCTL_SCHEDOP_getinfo, failure);

	if (result == 0)
		result = hypercall_sysctl(hypervisor, "ask for the rate limit", failure);
	if (result < 0)
		return result;
	*us = request->u.scheduler_op.u.sched_credit2.ratelimit_us;
	return 0;
}

int scheduler_set_ratelimit(struct hypervisor *hypervisor, uint32_t kind, uint32_t us,
			    struct failure *failure)
{
	struct xen_sysctl *request = hypervisor->request;
	int result = ratelimit_begin(hypervisor, kind, XEN_SYSCTL_SCHEDOP_putinfo, failure);

	if (result < 0)
		return result;
	request->u.scheduler_op.u.sched_credit2.ratelimit_us = us;
	return hypercall_sysctl(hypervisor, "set the rate limit", failure);
}
