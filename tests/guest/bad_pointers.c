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
};

static const struct call calls[] = {
	{"set-trap-table", __HYPERVISOR_set_trap_table, 0, {0}},
	{"mmu-update", __HYPERVISOR_mmu_update, 0, {0, 1, 0, DOMID_SELF}},
	{"set-gdt", __HYPERVISOR_set_gdt, 0, {0, 8}},
	{"platform-op", __HYPERVISOR_platform_op, 0, {0}},
	{"memory-decrease", __HYPERVISOR_memory_op, 1, {XENMEM_machphys_mapping}},
	{"memory-map", __HYPERVISOR_memory_op, 1, {XENMEM_machine_memory_map}},
	{"memory-exchange", __HYPERVISOR_memory_op, 1, {XENMEM_exchange}},
	{"multicall", __HYPERVISOR_multicall, 0, {0, 1}},
	{"version-extra", __HYPERVISOR_xen_version, 1, {XENVER_extraversion}},
	{"version-compile", __HYPERVISOR_xen_version, 1, {XENVER_compile_info}},
	{"version-caps", __HYPERVISOR_xen_version, 1, {XENVER_capabilities}},
	{"version-features", __HYPERVISOR_xen_version, 1, {XENVER_get_features}},
	{"version-commandline", __HYPERVISOR_xen_version, 1, {XENVER_commandline}},
	{"console-write", __HYPERVISOR_console_io, 2, {CONSOLEIO_write, 8}},
	{"grant-map", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_map_grant_ref, 0, 1}},
	{"grant-unmap", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_unmap_grant_ref, 0, 1}},
	{"grant-setup", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_setup_table, 0, 1}},
	{"grant-copy", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_copy, 0, 1}},
	{"grant-query", __HYPERVISOR_grant_table_op, 1, {GNTTABOP_query_size, 0, 1}},
	{"vcpu-initialise", __HYPERVISOR_vcpu_op, 2, {VCPUOP_initialise, 1}},
	{"vcpu-runstate", __HYPERVISOR_vcpu_op, 2, {VCPUOP_get_runstate_info, 0}},
	{"vcpu-area", __HYPERVISOR_vcpu_op, 2, {VCPUOP_register_runstate_memory_area, 0}},
	{"vcpu-timer", __HYPERVISOR_vcpu_op, 2, {VCPUOP_set_singleshot_timer, 0}},
	{"vcpu-periodic", __HYPERVISOR_vcpu_op, 2, {VCPUOP_set_periodic_timer, 0}},
	{"vcpu-info", __HYPERVISOR_vcpu_op, 2, {VCPUOP_register_vcpu_info, 0}},
	{"mmuext", __HYPERVISOR_mmuext_op, 0, {0, 1, 0, DOMID_SELF}},
	{"sched-poll", __HYPERVISOR_sched_op, 1, {SCHEDOP_poll}},
	{"sched-watchdog", __HYPERVISOR_sched_op, 1, {SCHEDOP_watchdog}},
	{"callback-register", __HYPERVISOR_callback_op, 1, {CALLBACKOP_register}},
	{"event-alloc", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_alloc_unbound}},
	{"event-bind", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_interdomain}},
	{"event-virq", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_virq}},
	{"event-ipi", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_ipi}},
	{"event-pirq", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_pirq}},
	{"event-close", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_close}},
	{"event-send", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_send}},
	{"event-status", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_status}},
	{"event-vcpu", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_bind_vcpu}},
	{"event-unmask", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_unmask}},
	{"event-reset", __HYPERVISOR_event_channel_op, 1, {EVTCHNOP_reset}},
	{"physdev-map", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_map_pirq}},
	{"physdev-gsi", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_setup_gsi}},
	{"physdev-iopl", __HYPERVISOR_physdev_op, 1, {PHYSDEVOP_set_iopl}},
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
			if (answer != -XEN_EFAULT && p < ARRAY_SIZE(pointers)) {
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
