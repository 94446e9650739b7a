/* SPDX-License-Identifier: MIT */
/* createdomain and the calls that build a domain: what they refuse. */
#include "tests/guest/lib/child.h"

static struct xen_domctl template(void)
{
	struct xen_domctl request = {.cmd = XEN_DOMCTL_createdomain};

	request.u.createdomain.max_vcpus = 1;
	request.u.createdomain.max_evtchn_port = 1023;
	request.u.createdomain.max_grant_frames = 4;
	request.u.createdomain.max_maptrack_frames = 4;
	request.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	return request;
}

#define create_with(claim, field, value, error)                                                    \
	do {                                                                                       \
		struct xen_domctl changed = template();                                            \
		changed.field = (value);                                                           \
		expect(claim, domctl(&changed), error);                                            \
	} while (0)

static void claim_create(void)
{
	struct xen_domctl request = template();

	create_with("no-vcpus", u.createdomain.max_vcpus, 0, -XEN_EINVAL);
	create_with("vcpus-max", u.createdomain.max_vcpus, ~0u, -XEN_EINVAL);
	create_with("unknown-flag", u.createdomain.flags, 1u << 31, -XEN_EINVAL);
	create_with("hap-without-hvm", u.createdomain.flags, XEN_DOMCTL_CDF_hap, -XEN_EINVAL);
	create_with("iommu", u.createdomain.flags, XEN_DOMCTL_CDF_iommu, -XEN_EINVAL);
	create_with("grant-version-0", u.createdomain.grant_opts, 0, -XEN_EINVAL);
	create_with("grant-version-3", u.createdomain.grant_opts, 3, -XEN_EINVAL);
	create_with("unknown-emulation", u.createdomain.arch.emulation_flags, 1u << 30,
		    -XEN_EINVAL);
	create_with("number-last", domain, DOMID_FIRST_RESERVED - 1, 0);
	need(!domctl_simple(XEN_DOMCTL_destroydomain, DOMID_FIRST_RESERVED - 1));
	need(child_gone(DOMID_FIRST_RESERVED - 1));
	request.interface_version = XEN_DOMCTL_INTERFACE_VERSION + 1;
	expect("wrong-version", hc1(__HYPERVISOR_domctl, &request), -XEN_EACCES);
	expect("bad-pointer", hc1(__HYPERVISOR_domctl, NON_CANONICAL), -XEN_EFAULT);
	request = template();
	request.cmd = 9999;
	expect("unknown-command", domctl(&request), -XEN_ENOSYS);
}

static void claim_numbers(void)
{
	struct xen_domctl request = template();
	struct child first, second;

	need(!child_create(&first, 1));
	request.domain = first.id;
	expect("number-taken", domctl(&request), -XEN_EEXIST);
	need(child_destroy(&first));
	need(!child_create(&second, 1));
	expect_true("number-not-at-once-again", second.id != first.id);
	need(child_destroy(&second));
}

static void claim_absent(void)
{
	expect("destroy-absent", domctl_simple(XEN_DOMCTL_destroydomain, 99), -XEN_ESRCH);
	expect("pause-absent", domctl_simple(XEN_DOMCTL_pausedomain, 99), -XEN_ESRCH);
	expect("unpause-absent", domctl_simple(XEN_DOMCTL_unpausedomain, 99), -XEN_ESRCH);
	expect("destroy-self", domctl_simple(XEN_DOMCTL_destroydomain, 0), -XEN_EINVAL);
	expect("pause-self", domctl_simple(XEN_DOMCTL_pausedomain, 0), -XEN_EINVAL);
}

static void set_context_of(const struct child *child, uint32_t vcpu, const void *context, long want,
			   const char *claim)
{
	struct xen_domctl request = {.cmd = XEN_DOMCTL_setvcpucontext, .domain = child->id};

	request.u.vcpucontext.vcpu = vcpu;
	request.u.vcpucontext.ctxt.p = (vcpu_guest_context_t *)context;
	expect_named(claim, domctl(&request), want);
}

static void claim_build(void)
{
	static struct vcpu_guest_context context;
	struct xen_domctl request = {.cmd = XEN_DOMCTL_max_vcpus};
	struct child child;

	need(!child_create(&child, 1));
	request.domain = child.id;
	request.u.max_vcpus.max = 2;
	expect("other-vcpus", domctl(&request), -XEN_EINVAL);
	expect("populate-no-maximum", child_populate(&child, 4), 0);
	need(!child_max_mem(&child, 4));
	expect("populate-to-maximum", child_populate(&child, 8), 4);
	set_context_of(&child, 1, &context, -XEN_EINVAL, "context-no-vcpu");
	set_context_of(&child, 0, (void *)NON_CANONICAL, -XEN_EFAULT, "context-bad-pointer");
	context.flags = VGCF_in_kernel;
	context.ctrlreg[3] = mfn_of(&context) << 12; /* ours, not the child's */
	set_context_of(&child, 0, &context, -XEN_EINVAL, "context-foreign-table");
	expect("unpause-twice", ({
		       need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
		       domctl_simple(XEN_DOMCTL_unpausedomain, child.id);
	       }),
	       -XEN_EINVAL);
	need(child_destroy(&child));
}

static void claim_memory_of_child(void)
{
	struct xen_memory_reservation claim = {.domid = 0};
	struct child child;

	need(!child_create(&child, 1));
	claim.domid = child.id;
	claim.nr_extents = 1ul << 40;
	expect_refused("claim-too-much", call_memory(XENMEM_claim_pages, &claim));
	need(!child_max_mem(&child, 1024));
	claim.nr_extents = 16;
	expect("claim", call_memory(XENMEM_claim_pages, &claim), 0);
	expect("populate-claimed", child_populate(&child, 16), 16);
	claim.nr_extents = 0;
	expect("claim-end", call_memory(XENMEM_claim_pages, &claim), 0);
	need(child_destroy(&child));
}

void guest_main(void)
{
	claim_create();
	claim_numbers();
	claim_absent();
	claim_build();
	claim_memory_of_child();
}
