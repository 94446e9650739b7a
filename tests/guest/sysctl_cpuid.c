/* SPDX-License-Identifier: MIT */
/* sysctl: feature sets and CPU policies of the host and of PV guests. */
#include "tests/guest/lib/sysctl.h"

#define WORDS	   19
#define NO_SUBLEAF XEN_CPUID_NO_SUBLEAF

static uint32_t words[40];
static xen_cpuid_leaf_t leaves[200];
static xen_msr_entry_t msrs[4];

static long featureset(uint32_t index, uint32_t room)
{
	sysctl_begin();
	memset(words, 0x5a, sizeof(words));
	request.u.cpu_featureset.index = index;
	request.u.cpu_featureset.nr_features = room;
	set_xen_guest_handle(request.u.cpu_featureset.features, words);
	return sysctl_call(XEN_SYSCTL_get_cpu_featureset);
}

static void claim_features(void)
{
	uint32_t host[4];

	expect("features-size", sysctl_plain(XEN_SYSCTL_get_cpu_featureset), 0);
	expect("features-size-is", request.u.cpu_featureset.nr_features, WORDS);
	expect("host-features", featureset(XEN_SYSCTL_cpu_featureset_host, 40), 0);
	expect("host-count", request.u.cpu_featureset.nr_features, WORDS);
	expect("host-no-more", words[WORDS], 0x5a5a5a5a);
	memcpy(host, words, sizeof(host));
	expect("pv-features", featureset(XEN_SYSCTL_cpu_featureset_pv, WORDS), 0);
	expect_true("pv-long-mode", words[2] & 1u << 29);
	expect("pv-no-pse", words[0] & 1u << 3, 0);
	expect("pv-no-mtrr", words[0] & 1u << 12, 0);
	expect("pv-no-vmx", words[1] & 1u << 5, 0);
	expect("pv-no-svm", words[3] & 1u << 2, 0);
	/* Not of the CPU itself: that it has a hypervisor. */
	expect("pv-within-host", (words[0] & ~host[0]) | (words[1] & ~host[1] & ~(1u << 31)), 0);
	expect("raw-features", featureset(XEN_SYSCTL_cpu_featureset_raw, WORDS), 0);
	expect("short-features", featureset(XEN_SYSCTL_cpu_featureset_pv, 2), -XEN_ENOBUFS);
	expect("no-such-features", featureset(99, WORDS), -XEN_EINVAL);
	sysctl_begin();
	request.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_pv;
	request.u.cpu_featureset.nr_features = WORDS;
	request.u.cpu_featureset.features.p = (uint32_t *)NON_CANONICAL;
	expect("features-bad", sysctl_call(XEN_SYSCTL_get_cpu_featureset), -XEN_EFAULT);
	expect("levelling", sysctl_plain(XEN_SYSCTL_get_cpu_levelling_caps), 0);
}

static long policy(uint32_t index, uint32_t leaf_room, uint32_t msr_room)
{
	sysctl_begin();
	memset(leaves, 0x5a, sizeof(leaves));
	request.u.cpu_policy.index = index;
	request.u.cpu_policy.nr_leaves = leaf_room;
	request.u.cpu_policy.nr_msrs = msr_room;
	set_xen_guest_handle(request.u.cpu_policy.leaves, leaves);
	set_xen_guest_handle(request.u.cpu_policy.msrs, msrs);
	return sysctl_call(XEN_SYSCTL_get_cpu_policy);
}

static const xen_cpuid_leaf_t *find(uint32_t leaf, uint32_t subleaf)
{
	for (uint32_t i = 0; i < request.u.cpu_policy.nr_leaves && i < ARRAY_SIZE(leaves); i++)
		if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf)
			return &leaves[i];
	return NULL;
}

/* Every leaf up to the highest, in the form tools expect; nothing twice. */
static void claim_leaves(void)
{
	const xen_cpuid_leaf_t *first = find(0, NO_SUBLEAF),
			       *extended = find(0x80000000, NO_SUBLEAF);
	long missing = 0, disorder = 0;

	need(first && extended);
	expect_true("highest-leaf", first->a >= 0xd);
	for (uint32_t leaf = 0; leaf <= first->a; leaf++) {
		bool parts = leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;

		missing += !find(leaf, parts ? 0 : NO_SUBLEAF);
	}
	for (uint32_t leaf = 0x80000000; leaf <= extended->a; leaf++)
		missing += !find(leaf, NO_SUBLEAF);
	expect("leaves-missing", missing, 0);
	for (uint32_t i = 1; i < request.u.cpu_policy.nr_leaves; i++)
		disorder += leaves[i].leaf < leaves[i - 1].leaf;
	expect("leaves-disorder", disorder, 0);
	expect_true("hypervisor-leaf", find(0x40000000, NO_SUBLEAF) != NULL);
	expect_true("states-leaf", find(0xd, 1) != NULL);
	expect_true("same-as-features",
		    find(1, NO_SUBLEAF) && (find(1, NO_SUBLEAF)->d & 0x41) == 0x41);
}

static void claim_policy(void)
{
	uint32_t count;

	expect("policy-size", sysctl_plain(XEN_SYSCTL_get_cpu_policy), 0);
	expect_true("policy-size-is", request.u.cpu_policy.nr_leaves >= 49);
	expect("policy-msrs-are", request.u.cpu_policy.nr_msrs, 2);
	expect("host-policy", policy(XEN_SYSCTL_cpu_policy_host, 200, 4), 0);
	expect("pv-policy", policy(XEN_SYSCTL_cpu_policy_pv_default, 200, 4), 0);
	count = request.u.cpu_policy.nr_leaves;
	expect("pv-msrs", request.u.cpu_policy.nr_msrs, 2);
	expect("platform-info", msrs[0].idx, 0xce);
	expect("arch-capabilities", msrs[1].idx, 0x10a);
	claim_leaves();
	expect("pv-max", policy(XEN_SYSCTL_cpu_policy_pv_max, 200, 4), 0);
	expect("exact-room", policy(XEN_SYSCTL_cpu_policy_pv_default, count, 2), 0);
	expect("short-leaves", policy(XEN_SYSCTL_cpu_policy_pv_default, count - 1, 2),
	       -XEN_ENOBUFS);
	expect("short-msrs", policy(XEN_SYSCTL_cpu_policy_pv_default, count, 1), -XEN_ENOBUFS);
	expect("no-such-policy", policy(99, 200, 4), -XEN_EINVAL);
	sysctl_begin();
	request.u.cpu_policy._rsvd = 1;
	expect("reserved", sysctl_call(XEN_SYSCTL_get_cpu_policy), -XEN_EINVAL);
	sysctl_begin();
	request.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
	request.u.cpu_policy.nr_leaves = 200;
	request.u.cpu_policy.leaves.p = (xen_cpuid_leaf_t *)NON_CANONICAL;
	expect("leaves-bad", sysctl_call(XEN_SYSCTL_get_cpu_policy), -XEN_EFAULT);
}

void guest_main(void)
{
	claim_features();
	claim_policy();
}
