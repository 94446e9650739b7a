/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domctl_sched.c - domain control: which CPUs and how much of them a
 * domain and its vCPUs may use.  What it means: xen-like/sched/.
 */
#include "hypercalls/domctl.h"
#include "hypercalls/guest_bitmap.h"
#include "xen-like/base/bits.h"
#include "xen-like/sched/sched.h"

#define PERCENT_OF_A_CPU 100u
#define NODES_MAX	 64u
#define NODES		 1ull /* bitmap: node 0 is all there is */

/* Affinity -------------------------------------------------------------------- */

#define AFFINITY_FLAGS (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE)

static struct cpumask online(void)
{
	struct cpumask mask = {.bits = {0}};

	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		bit_set(mask.bits, cpu);
	return mask;
}

static struct cpumask both(const struct cpumask *a, const struct cpumask *b)
{
	struct cpumask mask;

	for (unsigned int i = 0; i < ARRAY_SIZE(mask.bits); i++)
		mask.bits[i] = a->bits[i] & b->bits[i];
	return mask;
}

static bool is_empty(const struct cpumask *mask)
{
	return bit_next(mask->bits, MAX_CPUS, 0) == MAX_CPUS;
}

/* Reads what the request sets before anything is changed. */
static long affinity_read(const struct xen_domctl_vcpuaffinity *wanted, struct cpumask *hard,
			  struct cpumask *soft)
{
	struct cpumask all = online(), usable;

	if ((wanted->flags & XEN_VCPUAFFINITY_HARD) &&
	    !guest_bitmap_get(hard->bits, MAX_CPUS, &wanted->cpumap_hard))
		return -XEN_EFAULT;
	if ((wanted->flags & XEN_VCPUAFFINITY_SOFT) &&
	    !guest_bitmap_get(soft->bits, MAX_CPUS, &wanted->cpumap_soft))
		return -XEN_EFAULT;
	usable = both(hard, &all);
	return is_empty(&usable) ? -XEN_EINVAL : 0;
}

static long affinity_write(const struct xen_domctl_vcpuaffinity *wanted, const struct cpumask *hard,
			   const struct cpumask *soft)
{
	if ((wanted->flags & XEN_VCPUAFFINITY_HARD) &&
	    !guest_bitmap_put(&wanted->cpumap_hard, hard->bits, cpu_count))
		return -XEN_EFAULT;
	if ((wanted->flags & XEN_VCPUAFFINITY_SOFT) &&
	    !guest_bitmap_put(&wanted->cpumap_soft, soft->bits, cpu_count))
		return -XEN_EFAULT;
	return 0;
}

/* The answer is what comes of it: of the CPUs asked for, those there are. */
long domctl_setvcpuaffinity(struct domain *domain, struct xen_domctl *request)
{
	const struct xen_domctl_vcpuaffinity *wanted = &request->u.vcpuaffinity;
	struct vcpu *vcpu = domain_vcpu(domain, wanted->vcpu);
	struct cpumask hard, soft, all = online();
	long rc;

	if (!vcpu || !(wanted->flags & AFFINITY_FLAGS))
		return -XEN_EINVAL;
	sched_get_affinity(vcpu, &hard, &soft);
	rc = affinity_read(wanted, &hard, &soft);
	if (rc != 0)
		return rc;
	if (wanted->flags & XEN_VCPUAFFINITY_HARD)
		sched_set_affinity(vcpu, &hard);
	if (wanted->flags & XEN_VCPUAFFINITY_SOFT)
		sched_set_soft_affinity(vcpu, &soft);
	hard = both(&hard, &all);
	soft = both(&soft, &hard);
	return affinity_write(wanted, &hard, &soft);
}

long domctl_getvcpuaffinity(struct domain *domain, struct xen_domctl *request)
{
	const struct xen_domctl_vcpuaffinity *wanted = &request->u.vcpuaffinity;
	struct vcpu *vcpu = domain_vcpu(domain, wanted->vcpu);
	struct cpumask hard, soft;

	if (!vcpu || !(wanted->flags & AFFINITY_FLAGS))
		return -XEN_EINVAL;
	sched_get_affinity(vcpu, &hard, &soft);
	return affinity_write(wanted, &hard, &soft);
}

/* Nodes: any set with the one there is ------------------------------------------ */

long domctl_setnodeaffinity(struct domain *domain, struct xen_domctl *request)
{
	uint64_t nodes;

	(void)domain;
	if (!guest_bitmap_get(&nodes, NODES_MAX, &request->u.nodeaffinity.nodemap))
		return -XEN_EFAULT;
	return nodes & NODES ? 0 : -XEN_EINVAL;
}

long domctl_getnodeaffinity(struct domain *domain, struct xen_domctl *request)
{
	const uint64_t nodes = NODES;

	(void)domain;
	return guest_bitmap_put(&request->u.nodeaffinity.nodemap, &nodes, 1) ? 0 : -XEN_EFAULT;
}

/* Weight and cap ---------------------------------------------------------------- */

static long share_put(struct domain *domain, const struct xen_domctl_sched_credit2 *wanted)
{
	struct sched_parameters parameters = sched_get_share(domain);

	if (wanted->cap > domain->max_vcpus * PERCENT_OF_A_CPU)
		return -XEN_EINVAL;
	/* 0 leaves the weight as it is. */
	if (wanted->weight)
		parameters.weight = wanted->weight;
	parameters.cap = wanted->cap;
	sched_set_share(domain, parameters);
	return 0;
}

/* The scheduler has nothing to say for single vCPUs. */
long domctl_scheduler_op(struct domain *domain, struct xen_domctl *request)
{
	struct xen_domctl_scheduler_op *wanted = &request->u.scheduler_op;
	struct sched_parameters parameters;

	if (wanted->sched_id != XEN_SCHEDULER_CREDIT2)
		return -XEN_EINVAL;
	switch (wanted->cmd) {
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return share_put(domain, &wanted->u.credit2);
	case XEN_DOMCTL_SCHEDOP_getinfo:
		parameters = sched_get_share(domain);
		wanted->u.credit2.weight = parameters.weight;
		wanted->u.credit2.cap = parameters.cap;
		return 0;
	default:
		return -XEN_EINVAL;
	}
}
