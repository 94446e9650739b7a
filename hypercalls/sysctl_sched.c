/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/sysctl_sched.c - sysctl's view of who runs where.  There is one
 * pool of all CPUs, number 0, and one scheduler.  To tools it is credit2: its
 * weights and caps mean the same (xen-like/sched/runq.h).
 */
#include "hypercalls/guest_bitmap.h"
#include "hypercalls/sysctl.h"
#include "xen-like/base/bits.h"
#include "xen-like/domain/domain.h"
#include "xen-like/sched/sched.h"

#define POOL 0u

long sysctl_sched_id(struct xen_sysctl *request)
{
	request->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

long sysctl_scheduler_op(struct xen_sysctl *request)
{
	struct xen_sysctl_scheduler_op *wanted = &request->u.scheduler_op;

	if (wanted->cpupool_id != POOL)
		return -XEN_ESRCH;
	if (wanted->sched_id != XEN_SCHEDULER_CREDIT2)
		return -XEN_EINVAL;
	switch (wanted->cmd) {
	case XEN_SYSCTL_SCHEDOP_getinfo:
		wanted->u.sched_credit2.ratelimit_us = sched_get_ratelimit();
		return 0;
	case XEN_SYSCTL_SCHEDOP_putinfo:
		return sched_set_ratelimit(wanted->u.sched_credit2.ratelimit_us) ? 0 : -XEN_EINVAL;
	default:
		return -XEN_EINVAL;
	}
}

/* Pools ----------------------------------------------------------------------- */

static uint32_t count_domains(void)
{
	uint32_t count = 0;
	struct domain *domain = domain_get_next(0);

	while (domain) {
		domid_t next = (domid_t)(domain->id + 1);

		count++;
		domain_put(domain);
		domain = domain_get_next(next);
	}
	return count;
}

/* The first pool from the number on. */
static long pool_info(struct xen_sysctl_cpupool_op *wanted)
{
	struct cpumask all = {.bits = {0}};

	if (wanted->cpupool_id > POOL)
		return -XEN_ENOENT;
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		bit_set(all.bits, cpu);
	wanted->sched_id = XEN_SCHEDULER_CREDIT2;
	wanted->n_dom = count_domains();
	return guest_bitmap_put(&wanted->cpumap, all.bits, cpu_count) ? 0 : -XEN_EFAULT;
}

/* No CPU is outside the pool. */
static long pool_free_cpus(const struct xen_sysctl_cpupool_op *wanted)
{
	const struct cpumask none = {.bits = {0}};

	return guest_bitmap_put(&wanted->cpumap, none.bits, cpu_count) ? 0 : -XEN_EFAULT;
}

static long pool_move(const struct xen_sysctl_cpupool_op *wanted)
{
	struct domain *domain;

	if (wanted->domid == current_domain()->id)
		return -XEN_EPERM;
	domain = wanted->domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)wanted->domid) : NULL;
	if (!domain)
		return -XEN_ESRCH;
	domain_put(domain);
	return wanted->cpupool_id == POOL ? 0 : -XEN_ENOENT;
}

/* What would change the pool: each refusal as the ABI's header lists them. */
static long pool_refuse(const struct xen_sysctl_cpupool_op *wanted)
{
	bool exists = wanted->cpupool_id == POOL;

	if (wanted->op == XEN_SYSCTL_CPUPOOL_OP_CREATE)
		return exists ? -XEN_EEXIST : -XEN_EOPNOTSUPP;
	if (!exists)
		return -XEN_ENOENT;
	if (wanted->op == XEN_SYSCTL_CPUPOOL_OP_DESTROY)
		return -XEN_EBUSY;
	if (wanted->cpu >= cpu_count && wanted->cpu != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return -XEN_EINVAL;
	return wanted->op == XEN_SYSCTL_CPUPOOL_OP_ADDCPU ? -XEN_ENODEV : -XEN_EBUSY;
}

long sysctl_cpupool_op(struct xen_sysctl *request)
{
	struct xen_sysctl_cpupool_op *wanted = &request->u.cpupool_op;

	switch (wanted->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(wanted);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return pool_free_cpus(wanted);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return pool_move(wanted);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return pool_refuse(wanted);
	default:
		return -XEN_ENOSYS;
	}
}
