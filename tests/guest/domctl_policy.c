/* SPDX-License-Identifier: MIT */
/* domctl: the CPU a domain sees, and less of it. */
#include "tests/guest/lib/child.h"

#define LEAVES	   200
#define NO_SUBLEAF XEN_CPUID_NO_SUBLEAF
#define AVX	   (1u << 28)
#define HTT	   (1u << 28)

static struct xen_domctl request;
static struct xen_domctl_cpu_policy *const policy = &request.u.cpu_policy;
static xen_cpuid_leaf_t leaves[LEAVES];
static xen_msr_entry_t msrs[4];
static domid_t domain;
static uint32_t count;

static void begin(uint32_t leaf_count, uint32_t msr_count)
{
	memset(&request, 0, sizeof(request));
	request.domain = domain;
	policy->nr_leaves = leaf_count;
	policy->nr_msrs = msr_count;
	set_xen_guest_handle(policy->leaves, leaves);
	set_xen_guest_handle(policy->msrs, msrs);
}

static long get(void)
{
	long rc;

	begin(LEAVES, 4);
	request.cmd = XEN_DOMCTL_get_cpu_policy;
	rc = domctl(&request);
	count = policy->nr_leaves;
	return rc;
}

static long set(uint32_t leaf_count, uint32_t msr_count)
{
	begin(leaf_count, msr_count);
	request.cmd = XEN_DOMCTL_set_cpu_policy;
	return domctl(&request);
}

static xen_cpuid_leaf_t *find(uint32_t leaf)
{
	for (uint32_t i = 0; i < count; i++)
		if (leaves[i].leaf == leaf)
			return &leaves[i];
	guest_fail("domctl_policy.setup: no leaf %x", leaf);
}

static void claim_get(void)
{
	begin(0, 0);
	policy->leaves.p = NULL;
	policy->msrs.p = NULL;
	request.cmd = XEN_DOMCTL_get_cpu_policy;
	expect("size", domctl(&request), 0);
	expect_true("size-is", policy->nr_leaves >= 49 && policy->nr_msrs == 2);
	expect("get", get(), 0);
	expect("get-msrs", policy->nr_msrs, 2);
	expect_true("long-mode", find(0x80000001)->d & 1u << 29);
	begin(2, 4);
	request.cmd = XEN_DOMCTL_get_cpu_policy;
	expect("get-short", domctl(&request), -XEN_ENOBUFS);
	begin(LEAVES, 4);
	policy->leaves.p = (void *)NON_CANONICAL;
	request.cmd = XEN_DOMCTL_get_cpu_policy;
	expect("get-bad", domctl(&request), -XEN_EFAULT);
}

static void claim_less(void)
{
	uint32_t features;

	need(!get());
	expect("same", set(count, 2), 0);
	expect("nothing", set(0, 0), 0);
	need(!get());
	features = find(1)->c;
	find(1)->c &= ~AVX;
	find(1)->d |= HTT; /* how stock tools tell of neighbours */
	expect("less", set(count, 0), 0);
	need(!get());
	/* What needs AVX may have gone with it. */
	expect("less-is", find(1)->c & (AVX | ~features), 0);
	expect_true("less-is-not-nothing", find(1)->c & 1);
	find(0)->a = 7;
	expect("fewer-leaves", set(count, 0), 0);
	need(!get());
	expect("fewer-leaves-are", find(0)->a, 7);
}

static void claim_refusals(void)
{
	need(!get());
	find(0)->a = 0x20;
	expect("more-leaves", set(count, 0), -XEN_EINVAL);
	expect("more-leaves-which", policy->err_leaf, 0);
	expect("more-leaves-part", policy->err_subleaf, NO_SUBLEAF);
	need(!get());
	find(1)->c = ~0u;
	expect("more-features", set(count, 0), -XEN_EINVAL);
	expect("more-features-which", policy->err_leaf, 1);
	need(!get());
	find(0)->leaf = 0x20;
	expect("no-such-leaf", set(count, 0), -XEN_ERANGE);
	expect("no-such-leaf-which", policy->err_leaf, 0x20);
	need(!get());
	find(0)->subleaf = 3;
	expect("no-such-part", set(count, 0), -XEN_ERANGE);
	expect("no-such-part-which", policy->err_subleaf, 3);
	need(!get());
	msrs[0].val = ~0ul;
	expect_true("msr-more", set(0, 2) < 0);
	expect("msr-more-which", policy->err_msr, 0xce);
	need(!get());
	msrs[0].idx = 0x10;
	expect("no-such-msr", set(0, 2), -XEN_ERANGE);
	need(!get());
	msrs[0].flags = 1;
	expect("msr-flags", set(0, 2), -XEN_EINVAL);
	expect("too-many", set(100000, 0), -XEN_E2BIG);
	begin(3, 0);
	policy->leaves.p = (void *)NON_CANONICAL;
	request.cmd = XEN_DOMCTL_set_cpu_policy;
	expect("set-bad", domctl(&request), -XEN_EFAULT);
	domain = 0;
	expect("set-oneself", set(0, 0), -XEN_EINVAL);
	domain = 99;
	expect("set-absent", set(0, 0), -XEN_ESRCH);
}

void guest_main(void)
{
	struct child child;

	need(!child_create(&child, 1));
	domain = child.id;
	claim_get();
	claim_less();
	claim_refusals();
	domain = child.id;
	child_build(&child, child_spin, 0);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
	expect("too-late", set(0, 0), -XEN_EEXIST);
	need(child_destroy(&child));
}
