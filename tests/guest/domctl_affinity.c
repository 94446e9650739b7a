/* SPDX-License-Identifier: MIT */
/* domctl: which CPUs and nodes a vCPU may use, and would rather. */
#include "tests/guest/lib/child.h"

#define HARD XEN_VCPUAFFINITY_HARD
#define SOFT XEN_VCPUAFFINITY_SOFT

static struct xen_domctl request;
static uint64_t hard, soft;

static long affinity(uint32_t command, uint32_t vcpu, uint32_t flags)
{
	memset(&request, 0, sizeof(request));
	request.cmd = command;
	request.u.vcpuaffinity.vcpu = vcpu;
	request.u.vcpuaffinity.flags = flags;
	request.u.vcpuaffinity.cpumap_hard.bitmap.p = (uint8_t *)&hard;
	request.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	request.u.vcpuaffinity.cpumap_soft.bitmap.p = (uint8_t *)&soft;
	request.u.vcpuaffinity.cpumap_soft.nr_bits = 64;
	return domctl(&request);
}

static long get(uint32_t flags)
{
	hard = soft = 0x5a5a5a5a5a5a5a5a;
	return affinity(XEN_DOMCTL_getvcpuaffinity, 0, flags);
}

static long set(uint32_t flags, uint64_t new_hard, uint64_t new_soft)
{
	hard = new_hard;
	soft = new_soft;
	return affinity(XEN_DOMCTL_setvcpuaffinity, 0, flags);
}

static void claim_get(void)
{
	expect("at-first", get(HARD | SOFT), 0);
	expect("at-first-hard", hard, 3);
	expect("at-first-soft", soft, 3);
	expect("only-hard", get(HARD), 0);
	expect("only-hard-soft", soft, 0x5a5a5a5a5a5a5a5a);
	expect("only-soft", get(SOFT), 0);
	expect("only-soft-hard", hard, 0x5a5a5a5a5a5a5a5a);
	expect("neither", get(0), -XEN_EINVAL);
	expect("absent", affinity(XEN_DOMCTL_getvcpuaffinity, 9, HARD), -XEN_EINVAL);
	request.u.vcpuaffinity.vcpu = 0;
	request.u.vcpuaffinity.cpumap_hard.bitmap.p = (uint8_t *)NON_CANONICAL;
	expect("get-bad", domctl(&request), -XEN_EFAULT);
}

static void claim_set(void)
{
	expect("set", set(HARD | SOFT, 1, 3), 0);
	expect("set-hard", hard, 1);
	expect("set-soft-within-hard", soft, 1);
	expect("set-kept", get(HARD | SOFT), 0);
	expect("set-kept-hard", hard, 1);
	expect("set-kept-soft-whole", soft, 3);
	expect("apart", set(HARD | SOFT, 2, 1), 0);
	expect("apart-soft", soft, 0);
	expect("no-cpu", set(HARD, 0, 0), -XEN_EINVAL);
	expect("absent-cpu", set(HARD, 4, 0), -XEN_EINVAL);
	expect("refused-kept", get(HARD), 0);
	expect("refused-kept-hard", hard, 2);
	expect("soft-none", set(SOFT, 0, 0), 0);
	expect("all", set(HARD, ~0ul, 0), 0);
	expect("all-there-are", hard, 3);
	expect("set-neither", set(0, 1, 1), -XEN_EINVAL);
	hard = 1;
	expect("set-absent", affinity(XEN_DOMCTL_setvcpuaffinity, 9, HARD), -XEN_EINVAL);
	request.u.vcpuaffinity.vcpu = 0;
	request.u.vcpuaffinity.cpumap_hard.nr_bits = 0;
	expect("set-no-bits", domctl(&request), -XEN_EINVAL);
	request.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	request.u.vcpuaffinity.cpumap_hard.bitmap.p = (uint8_t *)NON_CANONICAL;
	expect("set-bad", domctl(&request), -XEN_EFAULT);
}

/* It is where it was sent, at the latest when it asks. */
static void claim_moves(void)
{
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t cpu = i & 1;

		if (set(HARD, 1ul << cpu, 0))
			guest_fail("domctl_affinity.moves: refused");
		memset(&request, 0, sizeof(request));
		request.cmd = XEN_DOMCTL_getvcpuinfo;
		if (domctl(&request) || request.u.getvcpuinfo.cpu != cpu)
			guest_fail("domctl_affinity.moves: on CPU %u, not %u",
				   request.u.getvcpuinfo.cpu, cpu);
	}
	expect("moved-back", set(HARD, 3, 0), 0);
}

static long node(uint32_t command, uint64_t *nodes)
{
	memset(&request, 0, sizeof(request));
	request.cmd = command;
	request.u.nodeaffinity.nodemap.bitmap.p = (uint8_t *)nodes;
	request.u.nodeaffinity.nodemap.nr_bits = 64;
	return domctl(&request);
}

static void claim_nodes(void)
{
	uint64_t nodes = 0x5a5a5a5a5a5a5a5a;

	expect("node", node(XEN_DOMCTL_getnodeaffinity, &nodes), 0);
	expect("node-0", nodes, 1);
	expect("node-set", node(XEN_DOMCTL_setnodeaffinity, &nodes), 0);
	nodes = ~0ul;
	expect("node-all", node(XEN_DOMCTL_setnodeaffinity, &nodes), 0);
	nodes = 2;
	expect("node-absent", node(XEN_DOMCTL_setnodeaffinity, &nodes), -XEN_EINVAL);
	nodes = 0;
	expect("node-none", node(XEN_DOMCTL_setnodeaffinity, &nodes), -XEN_EINVAL);
	expect("node-bad", node(XEN_DOMCTL_setnodeaffinity, (void *)NON_CANONICAL), -XEN_EFAULT);
}

void guest_main(void)
{
	claim_get();
	claim_set();
	claim_moves();
	claim_nodes();
}
