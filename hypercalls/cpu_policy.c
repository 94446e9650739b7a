/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/cpu_policy.c - CPUID and MSRs as lists of leaves: what the host
 * has, what PV guests see, and less of it for one domain.  Which features are
 * shown is pv/cpuid_policy.c's business, what tools may take away
 * pv/cpuid_limits.c's.
 *
 * There are no HVM guests: questions about theirs are -EOPNOTSUPP.
 */
#include "hypercalls/cpu_policy.h"
#include "hypercalls/domctl.h"
#include "hypercalls/sysctl.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/cpuid_limits.h"
#include "xen-like/pv/cpuid_policy.h"

#define NO_SUBLEAF XEN_CPUID_NO_SUBLEAF
#define EXTENDED   0x80000000u
/* What tools of this version of the ABI know. */
#define BASIC_MAX	  0xdu
#define EXTENDED_MAX	  0x80000021u
#define CACHES_MAX	  6u
#define STATES_MAX	  63u
#define LEAVES_MAX	  120u
#define MSRS		  2u
#define OSXSAVE		  (1u << 27)
#define PLATFORM_INFO	  0xceu
#define ARCH_CAPABILITIES 0x10au

/* One CPU, as tools see it; `domain` NULL: any guest's. */
struct source {
	enum cpu_policy policy;
	const struct domain *domain;
};

static void host_leaf(uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out)
{
	uint32_t words[4];

	cpuid(leaf, subleaf, words);
	*out = (struct cpuid_leaf){words[0], words[1], words[2], words[3]};
}

static struct cpuid_leaf guest_leaf(const struct domain *domain, uint32_t leaf, uint32_t subleaf)
{
	const struct cpuid_context context = {
		.host = host_leaf,
		.hardware_domain = domain && domain->hardware,
		.xcr0_all = cpu_features.xsave ? cpu_features.xcr0 : 0,
		.fsgsbase = cpu_features.fsgsbase,
		.tsc_constant = cpu_features.tsc_constant,
		.physical_bits = cpu_features.physical_bits,
	};
	struct cpuid_leaf out = cpuid_policy(&context, leaf, subleaf);

	/* Not a feature: whether the guest has XSAVE on. */
	if (leaf == 1)
		out.c &= ~OSXSAVE;
	return out;
}

static struct cpuid_leaf leaf_of(const struct source *source, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_leaf out = {0};

	if (source->policy == CPU_POLICY_PV) {
		out = guest_leaf(source->domain, leaf, subleaf);
		if (source->domain)
			cpuid_limits_apply(&source->domain->cpuid_limits, leaf, subleaf, &out);
		return out;
	}
	host_leaf(leaf, subleaf, &out);
	if (leaf == 0)
		out.a = MIN(out.a, BASIC_MAX);
	if (leaf == EXTENDED)
		out.a = MIN(out.a, EXTENDED_MAX);
	return out;
}

/* Features ---------------------------------------------------------------------- */

static uint32_t feature_word(const struct source *source, uint32_t word)
{
	const struct cpuid_word *place = &cpuid_words[word];
	uint32_t base = place->leaf & EXTENDED;
	uint32_t subleaf = place->subleaf == NO_SUBLEAF ? 0 : place->subleaf;
	struct cpuid_leaf leaf;

	if (place->leaf == 0 || place->leaf > leaf_of(source, base, 0).a)
		return 0;
	/* Subleaf 0 of leaf 7 says how many there are. */
	if (place->leaf == 7 && subleaf > leaf_of(source, 7, 0).a)
		return 0;
	leaf = leaf_of(source, place->leaf, subleaf);
	return (const uint32_t[]){leaf.a, leaf.b, leaf.c, leaf.d}[place->output];
}

void cpu_features_list(enum cpu_policy policy, uint32_t *words, uint32_t count)
{
	const struct source source = {.policy = policy};

	for (uint32_t word = 0; word < count && word < CPUID_WORDS; word++)
		words[word] = feature_word(&source, word);
}

/* Enso masks CPUID by emulation only: no CPU feature for it is used. */
long sysctl_get_cpu_levelling_caps(struct xen_sysctl *request)
{
	request->u.cpu_levelling_caps.caps = 0;
	return 0;
}

long sysctl_get_cpu_featureset(struct xen_sysctl *request)
{
	struct xen_sysctl_cpu_featureset *wanted = &request->u.cpu_featureset;
	guest_va_t to = guest_va((uint64_t)wanted->features.p);
	uint32_t words[CPUID_WORDS];
	enum cpu_policy policy = CPU_POLICY_PV;

	if (!to.va) {
		wanted->nr_features = CPUID_WORDS;
		return 0;
	}
	switch (wanted->index) {
	case XEN_SYSCTL_cpu_featureset_raw:
	case XEN_SYSCTL_cpu_featureset_host:
		policy = CPU_POLICY_HOST;
		break;
	case XEN_SYSCTL_cpu_featureset_pv:
	case XEN_SYSCTL_cpu_featureset_pv_max:
		break;
	case XEN_SYSCTL_cpu_featureset_hvm:
	case XEN_SYSCTL_cpu_featureset_hvm_max:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_EINVAL;
	}
	if (wanted->nr_features < CPUID_WORDS)
		return -XEN_ENOBUFS;
	wanted->nr_features = CPUID_WORDS;
	cpu_features_list(policy, words, CPUID_WORDS);
	return copy_to_guest(to, words, sizeof(words)) ? 0 : -XEN_EFAULT;
}

/* Leaves ------------------------------------------------------------------------ */

/* A list of leaves in the caller's memory; `error` ends it. */
struct leaf_list {
	guest_va_t to;
	uint32_t room, count;
	long error;
};

static void add(struct leaf_list *list, uint32_t leaf, uint32_t subleaf, struct cpuid_leaf value)
{
	const xen_cpuid_leaf_t entry = {leaf, subleaf, value.a, value.b, value.c, value.d};

	if (list->error)
		return;
	if (list->count >= list->room)
		list->error = -XEN_ENOBUFS;
	else if (!copy_to_guest(guest_element(list->to, list->count, sizeof(entry)), &entry,
				sizeof(entry)))
		list->error = -XEN_EFAULT;
	else
		list->count++;
}

/* Caches until there is no more, feature subleaves as counted, states as enabled. */
static void add_parts(struct leaf_list *list, const struct source *source, uint32_t leaf)
{
	struct cpuid_leaf first = leaf_of(source, leaf, 0);
	uint64_t states = (uint64_t)first.d << 32 | first.a;

	add(list, leaf, 0, first);
	if (leaf == 7)
		for (uint32_t i = 1; i <= MIN(first.a, 2u); i++)
			add(list, leaf, i, leaf_of(source, leaf, i));
	if (leaf == 4)
		for (uint32_t i = 1; i < CACHES_MAX && (first.a & 0x1f); i++) {
			first = leaf_of(source, leaf, i);
			add(list, leaf, i, first);
		}
	if (leaf == 0xd)
		for (uint32_t i = 1; i < STATES_MAX; i++)
			if (i == 1 || (states >> i & 1))
				add(list, leaf, i, leaf_of(source, leaf, i));
}

static void add_all(struct leaf_list *list, const struct source *source)
{
	uint32_t last = leaf_of(source, 0, 0).a, extended = leaf_of(source, EXTENDED, 0).a;

	for (uint32_t leaf = 0; leaf <= last; leaf++) {
		if (leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd)
			add_parts(list, source, leaf);
		else
			add(list, leaf, NO_SUBLEAF, leaf_of(source, leaf, 0));
	}
	/* Limits of the hypervisor's own leaves: none are kept. */
	add(list, XEN_CPUID_FIRST_LEAF, NO_SUBLEAF, (struct cpuid_leaf){0});
	add(list, XEN_CPUID_FIRST_LEAF + 0x100, NO_SUBLEAF, (struct cpuid_leaf){0});
	for (uint32_t leaf = EXTENDED; leaf >= EXTENDED && leaf <= extended; leaf++)
		add(list, leaf, NO_SUBLEAF, leaf_of(source, leaf, 0));
}

/* No guest sees anything in either. */
static long put_msrs(guest_va_t to, uint32_t *count)
{
	const xen_msr_entry_t entries[MSRS] = {{.idx = PLATFORM_INFO}, {.idx = ARCH_CAPABILITIES}};

	if (to.va && *count < MSRS)
		return -XEN_ENOBUFS;
	*count = MSRS;
	return !to.va || copy_to_guest(to, entries, sizeof(entries)) ? 0 : -XEN_EFAULT;
}

static long put_policy(const struct source *source, guest_va_t leaves, uint32_t *leaf_count,
		       guest_va_t msrs, uint32_t *msr_count)
{
	struct leaf_list list = {.to = leaves, .room = *leaf_count};

	if (!leaves.va) {
		*leaf_count = LEAVES_MAX;
		return put_msrs(msrs, msr_count);
	}
	add_all(&list, source);
	if (list.error)
		return list.error;
	*leaf_count = list.count;
	return put_msrs(msrs, msr_count);
}

long sysctl_get_cpu_policy(struct xen_sysctl *request)
{
	struct xen_sysctl_cpu_policy *wanted = &request->u.cpu_policy;
	struct source source = {.policy = CPU_POLICY_PV};

	if (wanted->_rsvd)
		return -XEN_EINVAL;
	switch (wanted->index) {
	case XEN_SYSCTL_cpu_policy_raw:
	case XEN_SYSCTL_cpu_policy_host:
		source.policy = CPU_POLICY_HOST;
		break;
	case XEN_SYSCTL_cpu_policy_pv_max:
	case XEN_SYSCTL_cpu_policy_pv_default:
		break;
	case XEN_SYSCTL_cpu_policy_hvm_max:
	case XEN_SYSCTL_cpu_policy_hvm_default:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_EINVAL;
	}
	return put_policy(&source, guest_va((uint64_t)wanted->leaves.p), &wanted->nr_leaves,
			  guest_va((uint64_t)wanted->msrs.p), &wanted->nr_msrs);
}

/* One domain's ------------------------------------------------------------------ */

long domctl_get_cpu_policy(struct domain *domain, struct xen_domctl *request)
{
	struct xen_domctl_cpu_policy *wanted = &request->u.cpu_policy;
	const struct source source = {.policy = CPU_POLICY_PV, .domain = domain};

	return put_policy(&source, guest_va((uint64_t)wanted->leaves.p), &wanted->nr_leaves,
			  guest_va((uint64_t)wanted->msrs.p), &wanted->nr_msrs);
}

static long take_leaves(const struct domain *domain, struct xen_domctl_cpu_policy *wanted,
			struct cpuid_limits *limits)
{
	for (uint32_t i = 0; i < wanted->nr_leaves; i++) {
		xen_cpuid_leaf_t given;
		struct cpuid_leaf shown;
		int rc;

		if (!copy_from_guest(
			    &given,
			    guest_element(guest_va((uint64_t)wanted->leaves.p), i, sizeof(given)),
			    sizeof(given)))
			return -XEN_EFAULT;
		shown = guest_leaf(domain, given.leaf,
				   given.subleaf == NO_SUBLEAF ? 0 : given.subleaf);
		rc = cpuid_limits_take(limits, &given, &shown);
		if (rc != 0) {
			wanted->err_leaf = given.leaf;
			wanted->err_subleaf = given.subleaf;
			return rc;
		}
	}
	return 0;
}

/* Only what a guest sees of them anyhow: nothing. */
static long take_msrs(struct xen_domctl_cpu_policy *wanted)
{
	for (uint32_t i = 0; i < wanted->nr_msrs; i++) {
		xen_msr_entry_t given;
		bool known;

		if (!copy_from_guest(
			    &given,
			    guest_element(guest_va((uint64_t)wanted->msrs.p), i, sizeof(given)),
			    sizeof(given)))
			return -XEN_EFAULT;
		known = given.idx == PLATFORM_INFO || given.idx == ARCH_CAPABILITIES;
		if (known && !given.flags && !given.val)
			continue;
		wanted->err_msr = given.idx;
		return known ? -XEN_EINVAL : -XEN_ERANGE;
	}
	return 0;
}

/*
 * Xen cuts a policy down to what it can give; here asking for more fails, so
 * that what tools were told is what the guest has.
 */
long domctl_set_cpu_policy(struct domain *domain, struct xen_domctl *request)
{
	struct xen_domctl_cpu_policy *wanted = &request->u.cpu_policy;
	struct cpuid_limits limits = cpuid_limits_none();
	long rc;

	wanted->err_leaf = wanted->err_subleaf = wanted->err_msr = ~0u;
	if (wanted->nr_leaves > LEAVES_MAX || wanted->nr_msrs > MSRS)
		return -XEN_E2BIG;
	/* Leaves it does not name stay as they were. */
	if (domain->cpuid_limits.set)
		limits = domain->cpuid_limits;
	rc = take_leaves(domain, wanted, &limits);
	if (rc == 0)
		rc = take_msrs(wanted);
	if (rc != 0)
		return rc;
	spin_lock(&domain->lock);
	if (domain->state == DOMAIN_CREATING)
		domain->cpuid_limits = limits;
	else
		rc = -XEN_EEXIST;
	spin_unlock(&domain->lock);
	return rc;
}
