/* SPDX-License-Identifier: MIT */
/* sysctl: memory, CPUs, their topology and idle time, one node. */
#include "tests/guest/lib/sysctl.h"

#define CPUS 2

static void claim_physinfo(void)
{
	const struct xen_sysctl_physinfo *info = &request.u.physinfo;

	memset(&request, 0x5a, sizeof(request));
	expect("physinfo", sysctl_call(XEN_SYSCTL_physinfo), 0);
	expect("cpus", info->nr_cpus, CPUS);
	expect("last-cpu", info->max_cpu_id, CPUS - 1);
	expect("nodes", info->nr_nodes, 1);
	expect("threads", info->threads_per_core, 1);
	/* An emulator may have a socket for each. */
	expect_true("cores", info->cores_per_socket >= 1 && info->cores_per_socket <= CPUS);
	expect_true("speed", info->cpu_khz > 1000);
	expect_true("pv-guests", info->capabilities & XEN_SYSCTL_PHYSCAP_pv);
	expect_true("grants-1", info->capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v1);
	expect("no-other-capability", info->capabilities & ~0x3ffu, 0);
	/* 512 MiB, less what the firmware keeps. */
	expect_true("total", info->total_pages > 0x1ff00 && info->total_pages <= 0x20000);
	expect_true("free", info->free_pages > 0x10000 && info->free_pages < info->total_pages);
	expect("scrub", info->scrub_pages, 0);
	expect("outstanding", info->outstanding_pages, 0);
	expect_true("last-frame", info->max_mfn >= 0x1ff00 && info->max_mfn < 0x20000);
	expect_true("has-fpu-and-pae", (info->hw_cap[0] & 0x41) == 0x41);
	expect_true("has-long-mode", info->hw_cap[2] & 1u << 29);
}

static uint64_t heap(int node, uint32_t least, uint32_t most)
{
	sysctl_begin();
	request.u.availheap.node = node;
	request.u.availheap.min_bitwidth = least;
	request.u.availheap.max_bitwidth = most;
	if (sysctl_call(XEN_SYSCTL_availheap))
		return ~0ul;
	return request.u.availheap.avail_bytes;
}

static void claim_heap(void)
{
	expect("physinfo-again", sysctl_plain(XEN_SYSCTL_physinfo), 0);
	uint64_t bytes = request.u.physinfo.free_pages * PAGE_SIZE;

	expect("heap", heap(-1, 0, 0), bytes);
	expect("heap-of-node-0", heap(0, 0, 0), bytes);
	expect("heap-of-node-1", heap(1, 0, 0), 0);
	expect("heap-below-4g", heap(-1, 0, 32), bytes);
	expect("heap-above-4g", heap(-1, 33, 0), 0);
}

static void claim_topology(void)
{
	static xen_sysctl_cputopo_t places[4];

	memset(places, 0x5a, sizeof(places));
	expect("topology-size", sysctl_plain(XEN_SYSCTL_cputopoinfo), 0);
	expect("topology-size-is", request.u.cputopoinfo.num_cpus, CPUS);
	set_xen_guest_handle(request.u.cputopoinfo.cputopo, places);
	request.u.cputopoinfo.num_cpus = 4;
	expect("topology", sysctl_call(XEN_SYSCTL_cputopoinfo), 0);
	expect("topology-count", request.u.cputopoinfo.num_cpus, CPUS);
	expect("core-0", places[0].core, 0);
	expect_true("another-place",
		    places[1].core != places[0].core || places[1].socket != places[0].socket);
	expect("node", places[1].node, 0);
	expect("topology-no-more", places[2].core, 0x5a5a5a5a);
	memset(places, 0x5a, sizeof(places));
	request.u.cputopoinfo.num_cpus = 1;
	expect("topology-short", sysctl_call(XEN_SYSCTL_cputopoinfo), 0);
	expect("topology-short-count", request.u.cputopoinfo.num_cpus, 1);
	expect("topology-short-no-more", places[1].core, 0x5a5a5a5a);
	request.u.cputopoinfo.cputopo.p = (void *)NON_CANONICAL;
	expect("topology-bad", sysctl_call(XEN_SYSCTL_cputopoinfo), -XEN_EFAULT);
}

static void claim_node(void)
{
	static xen_sysctl_meminfo_t memory[2];
	static uint32_t distance[2] = {77, 77};

	expect("nodes-size", sysctl_plain(XEN_SYSCTL_numainfo), 0);
	expect("nodes-size-is", request.u.numainfo.num_nodes, 1);
	set_xen_guest_handle(request.u.numainfo.meminfo, memory);
	set_xen_guest_handle(request.u.numainfo.distance, distance);
	request.u.numainfo.num_nodes = 2;
	expect("node-memory", sysctl_call(XEN_SYSCTL_numainfo), 0);
	expect("node-count", request.u.numainfo.num_nodes, 1);
	expect_true("node-size", memory[0].memsize > (500ul << 20));
	expect_true("node-free", memory[0].memfree > 0 && memory[0].memfree < memory[0].memsize);
	expect("node-distance", distance[0], 10);
	expect("node-no-more", distance[1], 77);
	request.u.numainfo.num_nodes = 1;
	request.u.numainfo.distance.p = NULL;
	expect("node-memory-only", sysctl_call(XEN_SYSCTL_numainfo), 0);
	request.u.numainfo.meminfo.p = (void *)NON_CANONICAL;
	expect("node-bad", sysctl_call(XEN_SYSCTL_numainfo), -XEN_EFAULT);
}

static void claim_idle(void)
{
	static xen_sysctl_cpuinfo_t before[3], after[3];

	memset(before, 0x5a, sizeof(before));
	sysctl_begin();
	set_xen_guest_handle(request.u.getcpuinfo.info, before);
	request.u.getcpuinfo.max_cpus = 3;
	expect("idle", sysctl_call(XEN_SYSCTL_getcpuinfo), 0);
	expect("idle-count", request.u.getcpuinfo.nr_cpus, CPUS);
	expect("idle-no-more", before[2].idletime, 0x5a5a5a5a5a5a5a5a);
	wait_ns(30000000);
	set_xen_guest_handle(request.u.getcpuinfo.info, after);
	request.u.getcpuinfo.max_cpus = 3;
	expect("idle-later", sysctl_call(XEN_SYSCTL_getcpuinfo), 0);
	/* One CPU has spun here, the other one had nothing to do. */
	expect_true("one-idles", after[0].idletime + after[1].idletime - before[0].idletime -
						 before[1].idletime >=
					 25000000);
	expect_true("one-does-not", after[0].idletime - before[0].idletime < 5000000 ||
					    after[1].idletime - before[1].idletime < 5000000);
	request.u.getcpuinfo.max_cpus = 1;
	expect("idle-of-one", sysctl_call(XEN_SYSCTL_getcpuinfo), 0);
	expect("idle-of-one-count", request.u.getcpuinfo.nr_cpus, 1);
	request.u.getcpuinfo.info.p = (void *)NON_CANONICAL;
	expect("idle-bad", sysctl_call(XEN_SYSCTL_getcpuinfo), -XEN_EFAULT);
}

static void claim_devices(void)
{
	physdev_pci_device_t device = {.seg = 9};
	uint32_t node = 7;

	sysctl_begin();
	request.u.pcitopoinfo.num_devs = 1;
	expect("devices-nowhere", sysctl_call(XEN_SYSCTL_pcitopoinfo), -XEN_EINVAL);
	set_xen_guest_handle(request.u.pcitopoinfo.devs, &device);
	set_xen_guest_handle(request.u.pcitopoinfo.nodes, &node);
	request.u.pcitopoinfo.num_devs = 1;
	expect("device", sysctl_call(XEN_SYSCTL_pcitopoinfo), 0);
	expect("device-unknown", node, XEN_INVALID_DEV);
	expect("device-count", request.u.pcitopoinfo.num_devs, 1);
}

void guest_main(void)
{
	claim_physinfo();
	claim_heap();
	claim_topology();
	claim_node();
	claim_idle();
	claim_devices();
}
