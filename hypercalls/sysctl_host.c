/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/sysctl_host.c - sysctl's questions about the machine: its memory,
 * CPUs and how they sit together.  There is one node: Enso does not look for
 * NUMA.  CPUs stay on.
 */
#include "hypercalls/cpu_policy.h"
#include "hypercalls/sysctl.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/e820.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/pci.h"
#include "xen-like/base/string.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/sched/sched.h"

#define NODES	      1u
#define DISTANCE_SELF 10u /* as ACPI's SLIT has it */
#define BITS_OF_4G    32u
#define DEVICES_MAX   1024u /* at a time */

/* Memory ---------------------------------------------------------------------- */

static uint64_t ram_pages(void)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < boot_info.e820_count; i++)
		if (boot_info.e820[i].type == E820_RAM)
			pages += boot_info.e820[i].bytes >> PAGE_SHIFT;
	return pages;
}

/* The heap keeps what is below 4 GiB apart, and no finer accounts. */
long sysctl_availheap(struct xen_sysctl *request)
{
	struct xen_sysctl_availheap *wanted = &request->u.availheap;
	uint64_t low = heap_free_below_4g(), pages = heap_free_count();

	if (wanted->node != -1 && wanted->node != 0)
		pages = 0;
	else if (wanted->max_bitwidth && wanted->max_bitwidth <= BITS_OF_4G)
		pages = low;
	else if (wanted->min_bitwidth >= BITS_OF_4G)
		pages -= MIN(pages, low);
	wanted->avail_bytes = pages << PAGE_SHIFT;
	return 0;
}

long sysctl_numainfo(struct xen_sysctl *request)
{
	struct xen_sysctl_numainfo *wanted = &request->u.numainfo;
	const struct xen_sysctl_meminfo memory = {
		.memsize = frame_limit << PAGE_SHIFT,
		.memfree = heap_free_count() << PAGE_SHIFT,
	};
	const uint32_t distance = DISTANCE_SELF;
	guest_va_t memories = guest_va((uint64_t)wanted->meminfo.p);
	guest_va_t distances = guest_va((uint64_t)wanted->distance.p);

	if (!memories.va && !distances.va) {
		wanted->num_nodes = NODES;
		return 0;
	}
	wanted->num_nodes = MIN(wanted->num_nodes, NODES);
	if (wanted->num_nodes == 0)
		return 0;
	if (memories.va && !copy_to_guest(memories, &memory, sizeof(memory)))
		return -XEN_EFAULT;
	if (distances.va && !copy_to_guest(distances, &distance, sizeof(distance)))
		return -XEN_EFAULT;
	return 0;
}

/* CPUs ------------------------------------------------------------------------ */

/* How an APIC id divides: threads of a core below, then cores, then sockets. */
struct topology {
	uint32_t thread_bits, socket_bits;
};

/* Bits that count to `count`. */
static uint32_t bits_for(uint32_t count)
{
	uint32_t bits = 0;

	while (bits < 31 && (1u << bits) < count)
		bits++;
	return bits;
}

/* Leaf 0xb says it whole; older CPUs say how many logical CPUs share a socket. */
static struct topology topology_read(void)
{
	uint32_t max[4], leaf[4], inner[4], outer[4];

	cpuid(0, 0, max);
	if (max[0] >= 0xb) {
		cpuid(0xb, 0, inner);
		cpuid(0xb, 1, outer);
		if (inner[1] && outer[1])
			return (struct topology){inner[0] & 0x1f, outer[0] & 0x1f};
	}
	cpuid(1, 0, leaf);
	if (!(leaf[3] & 1u << 28)) /* HTT: one logical CPU to a socket */
		return (struct topology){0, 0};
	if (cpu_features.amd) {
		cpuid(0x80000008, 0, outer);
		return (struct topology){0, bits_for((outer[2] & 0xff) + 1)};
	}
	if (max[0] >= 4) {
		uint32_t socket = bits_for(leaf[1] >> 16 & 0xff), cores;

		cpuid(4, 0, outer);
		cores = bits_for((outer[0] >> 26) + 1);
		return (struct topology){socket - MIN(socket, cores), socket};
	}
	return (struct topology){0, bits_for(leaf[1] >> 16 & 0xff)};
}

static struct xen_sysctl_cputopo place_of(const struct topology *topology, uint32_t cpu)
{
	uint32_t id = cpus[cpu]->apic_id;

	return (struct xen_sysctl_cputopo){
		.core = (id & ((1u << topology->socket_bits) - 1)) >> topology->thread_bits,
		.socket = id >> topology->socket_bits,
		.node = 0,
	};
}

/* Counted where CPU 0 sits: machines are alike all over. */
static void count_neighbours(struct xen_sysctl_physinfo *info)
{
	struct topology topology = topology_read();
	struct xen_sysctl_cputopo first = place_of(&topology, 0);
	uint32_t in_socket = 1, in_core = 1; /* the first itself */

	for (uint32_t cpu = 1; cpu < cpu_count; cpu++) {
		struct xen_sysctl_cputopo place = place_of(&topology, cpu);

		in_socket += place.socket == first.socket;
		in_core += place.socket == first.socket && place.core == first.core;
	}
	info->threads_per_core = in_core;
	info->cores_per_socket = in_socket / in_core;
}

long sysctl_physinfo(struct xen_sysctl *request)
{
	struct xen_sysctl_physinfo *info = &request->u.physinfo;

	memset(info, 0, sizeof(*info));
	count_neighbours(info);
	info->nr_cpus = cpu_count;
	info->max_cpu_id = cpu_count - 1;
	info->nr_nodes = NODES;
	info->max_node_id = NODES - 1;
	info->cpu_khz = clock_tsc_khz;
	info->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	info->total_pages = ram_pages();
	info->free_pages = heap_free_count();
	info->outstanding_pages = domain_claims_total();
	info->max_mfn = frame_limit - 1;
	cpu_features_list(CPU_POLICY_HOST, info->hw_cap, ARRAY_SIZE(info->hw_cap));
	return 0;
}

long sysctl_getcpuinfo(struct xen_sysctl *request)
{
	struct xen_sysctl_getcpuinfo *wanted = &request->u.getcpuinfo;
	uint32_t count = MIN(wanted->max_cpus, cpu_count);

	for (uint32_t cpu = 0; cpu < count; cpu++) {
		xen_sysctl_cpuinfo_t info = {.idletime = sched_idle_ns(cpu)};

		if (!copy_to_guest(
			    guest_element(guest_va((uint64_t)wanted->info.p), cpu, sizeof(info)),
			    &info, sizeof(info)))
			return -XEN_EFAULT;
	}
	wanted->nr_cpus = count;
	return 0;
}

long sysctl_cputopoinfo(struct xen_sysctl *request)
{
	struct xen_sysctl_cputopoinfo *wanted = &request->u.cputopoinfo;
	guest_va_t to = guest_va((uint64_t)wanted->cputopo.p);
	struct topology topology = topology_read();
	uint32_t count = MIN(wanted->num_cpus, cpu_count);

	if (!to.va)
		count = cpu_count;
	for (uint32_t cpu = 0; to.va && cpu < count; cpu++) {
		struct xen_sysctl_cputopo place = place_of(&topology, cpu);

		if (!copy_to_guest(guest_element(to, cpu, sizeof(place)), &place, sizeof(place)))
			return -XEN_EFAULT;
	}
	wanted->num_cpus = count;
	return 0;
}

/* Which errors say what is the ABI's; that no CPU goes off is Enso's. */
long sysctl_cpu_hotplug(struct xen_sysctl *request)
{
	const struct xen_sysctl_cpu_hotplug *wanted = &request->u.cpu_hotplug;

	if (wanted->op > XEN_SYSCTL_CPU_HOTPLUG_OFFLINE)
		return -XEN_EOPNOTSUPP;
	if (wanted->cpu >= cpu_count)
		return -XEN_EINVAL;
	return wanted->op == XEN_SYSCTL_CPU_HOTPLUG_ONLINE ? -XEN_EEXIST : -XEN_EOPNOTSUPP;
}

/* Devices --------------------------------------------------------------------- */

static uint32_t node_of(const physdev_pci_device_t *device)
{
	struct pci_device known = {
		.segment = device->seg,
		.bus = device->bus,
		.function = device->devfn,
	};

	return pci_device_known(known) ? 0 : XEN_INVALID_DEV;
}

long sysctl_pcitopoinfo(struct xen_sysctl *request)
{
	struct xen_sysctl_pcitopoinfo *wanted = &request->u.pcitopoinfo;
	guest_va_t devices = guest_va((uint64_t)wanted->devs.p);
	guest_va_t nodes = guest_va((uint64_t)wanted->nodes.p);

	if (!devices.va || !nodes.va)
		return -XEN_EINVAL;
	/* The tools ask for the rest by themselves. */
	wanted->num_devs = MIN(wanted->num_devs, DEVICES_MAX);
	for (uint32_t i = 0; i < wanted->num_devs; i++) {
		physdev_pci_device_t device;
		uint32_t node;

		if (!copy_from_guest(&device, guest_element(devices, i, sizeof(device)),
				     sizeof(device)))
			return -XEN_EFAULT;
		node = node_of(&device);
		if (!copy_to_guest(guest_element(nodes, i, sizeof(node)), &node, sizeof(node)))
			return -XEN_EFAULT;
	}
	return 0;
}
