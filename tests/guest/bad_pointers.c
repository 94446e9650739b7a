/* SPDX-License-Identifier: MIT */
/*
 * Wrong pointers of every kind to every hypercall that takes one: -EFAULT (or
 * the refusal that came first), never anything else, and no trace of it after.
 */
#include "tests/guest/lib/guest.h"

struct call {
	const char *name;
	uint64_t number;
	int pointer; /* which argument the pointer is */
	uint64_t args[5];
	bool counts; /* answers how many extents were done: none */
};

static const struct call calls[] = {
	{"set-trap-table", __HYPERVISOR_set_trap_table, 0, {0}, false},
	{"mmu-update", __HYPERVISOR_mmu_update, 0, {0, 1, 0, DOMID_SELF}, false},
	{"set-gdt", __HYPERVISOR_set_gdt, 0, {0, 8}, false},
	{"platform-op", __HYPERVISOR_platform_op, 0, {0}, false},
	{"memory-machphys", __HYPERVISOR_memory_op, 1, {XENMEM_machphys_mapping}, false},
	{"memory-map", __HYPERVISOR_memory_op, 1, {XENMEM_machine_memory_map}, false},
	{"memory-exchange", __HYPERVISOR_memory_op, 1, {XENMEM_exchange}, false},
	{"multicall", __HYPERVISOR_multicall, 0, {0, 1}, false},
	{"version-extra", __HYPERVISOR_xen_version, 1, {XENVER_extraversion}, false},
	{"version-compile", __HYPERVISOR_xen_version, 1, {XENVER_compile_info}, false},
	{"version-caps", __HYPERVISOR_xen_version, 1, {XENVER_capabilities}, false},
	{"version-features", __HYPERVISOR_xen_version, 1, {XENVER_get_features}, false},
	{"version-commandline", __HYPERVISOR_xen_version, 1, {XENVER_commandline}, false},
	{"console-write", __HYPERVISOR_console_io, 2, {CONSOLEIO_write, 8}, false},
	{"grant-map", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_map_grant_ref, 0, 1}, false},
	{"grant-unmap", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_unmap_grant_ref, 0, 1}, false},
	{"grant-setup", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_setup_table, 0, 1}, false},
	{"grant-copy", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_copy, 0, 1}, false},
	{"grant-query", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_query_size, 0, 1}, false},
	{"vcpu-initialise", __HYPERVISOR_vcpu_op, 2, {VCPUOP_initialise, 1}, false},
	{"vcpu-runstate", __HYPERVISOR_vcpu_op, 2, {VCPUOP_get_runstate_info, 0}, false},
	{"vcpu-area", __HYPERVISOR_vcpu_op, 2, {VCPUOP_register_runstate_memory_area, 0}, false},
	{"vcpu-timer", __HYPERVISOR_vcpu_op, 2, {VCPUOP_set_singleshot_timer, 0}, false},
	{"vcpu-periodic", __HYPERVISOR_vcpu_op, 2, {VCPUOP_set_periodic_timer, 0}, false},
	{"vcpu-info", __HYPERVISOR_vcpu_op, 2, {VCPUOP_register_vcpu_info, 0}, false},
	{"mmuext", __HYPERVISOR_mmuext_op, 0, {0, 1, 0, DOMID_SELF}, false},
	{"sched-poll", __HYPERVISOR_sched_op, 1, {SCHEDOP_poll}, false},
	{"sched-watchdog", __HYPERVISOR_sched_op, 1, {SCHEDOP_watchdog}, false},
	{"callback-register", __HYPERVISOR_callback_op, 1, {CALLBACKOP_register}, false},
	{"event-alloc", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_alloc_unbound}, false},
	{"event-bind", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_interdomain}, false},
	{"event-virq", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_virq}, false},
	{"event-ipi", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_ipi}, false},
	{"event-pirq", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_pirq}, false},
	{"event-close", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_close}, false},
	{"event-send", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_send}, false},
	{"event-status", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_status}, false},
	{"event-vcpu", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_vcpu}, false},
	{"event-unmask", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_unmask}, false},
	{"event-reset", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_reset}, false},
	{"memory-populate", __HYPERVISOR_memory_op, 1, {XENMEM_populate_physmap}, true},
	{"memory-increase", __HYPERVISOR_memory_op, 1, {XENMEM_increase_reservation}, true},
	{"memory-decrease-reservation",
	 __HYPERVISOR_memory_op,
	 1,
	 {XENMEM_decrease_reservation},
	 true},
	{"domctl", __HYPERVISOR_domctl, 0, {0}, false},
	{"sysctl", __HYPERVISOR_sysctl, 0, {0}, false},
	{"mca", __HYPERVISOR_arch_0, 0, {0}, false},
	{"grant-swap", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_swap_grant_ref, 0, 1}, false},
	{"grant-replace",
	 __HYPERVISOR_grant_table_op,
	 1,
	 {GNTTABOP_unmap_and_replace, 0, 1},
	 false},
	{"callback-unregister", __HYPERVISOR_callback_op, 1, {CALLBACKOP_unregister}, false},
	{"vcpu-time", __HYPERVISOR_vcpu_op, 2, {VCPUOP_register_vcpu_time_memory_area, 0}, false},
	{"physdev-eoi", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_eoi}, false},
	{"physdev-irq-status", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_irq_status_query}, false},
	{"physdev-iobitmap", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_set_iobitmap}, false},
	{"physdev-unmap", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_unmap_pirq}, false},
	{"physdev-free-pirq", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_get_free_pirq}, false},
	{"physdev-pci-add", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_pci_device_add}, false},
	{"physdev-pci-remove", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_pci_device_remove}, false},
	{"physdev-mmcfg", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_pci_mmcfg_reserved}, false},
	{"physdev-map", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_map_pirq}, false},
	{"physdev-gsi", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_setup_gsi}, false},
	{"physdev-iopl", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_set_iopl}, false},
};

static const uint64_t pointers[] = {
	8,
	UNMAPPED_VA,
	UNMAPPED_VA + 1,
	NON_CANONICAL,
	NON_CANONICAL - 4,
	0xffff7ffffffffff8ul,
	M2P_VA - 4,
	HYPERVISOR_VA,
	HYPERVISOR_VA + 0x40000000,
	0xffff830000000000ul,
	0xffff87fffffffffcul,
	~7ul,
	~0ul,
};

void guest_main(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *call = &calls[i];
		long bad = 0, last = 0;
		uint64_t edge = (uint64_t)edge_of_page(4);

		for (unsigned int p = 0; p <= ARRAY_SIZE(pointers); p++) {
			uint64_t a[5];
			long answer;

			memcpy(a, call->args, sizeof(a));
			a[call->pointer] = p < ARRAY_SIZE(pointers) ? pointers[p] : edge;
			answer = hypercall(call->number, a[0], a[1], a[2], a[3], a[4]);
			/* Four bytes may be all that is wanted: then the edge is fine. */
			if (answer != (call->counts ? 0 : -XEN_EFAULT) &&
			    p < ARRAY_SIZE(pointers)) {
				bad++;
				last = answer;
			}
		}
		if (bad)
			print("FAIL bad_pointers.%s: %ld pointers not refused, last answer %ld",
			      call->name, bad, last);
		else
			print("PASS bad_pointers.%s", call->name);
	}
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
}
