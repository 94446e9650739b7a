/* SPDX-License-Identifier: MIT */
/* Results that would have to be written to a read-only page: -EFAULT, and the page unchanged. */
#include "tests/guest/lib/guest.h"

static uint8_t copy[4096];

void guest_main(void)
{
	uint64_t *page = page_alloc();
	struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	struct xen_memory_map map = {.nr_entries = 128};

	for (unsigned int i = 0; i < 512; i++)
		page[i] = 0;
	memcpy(page, &alloc, sizeof(alloc));
	memcpy(copy, page, 4096);
	need(!set_pte(page, PTE_RO));
	expect("alloc-unbound", call_event(EVTCHNOP_alloc_unbound, page), -XEN_EFAULT);
	expect("bind-ipi", call_event(EVTCHNOP_bind_ipi, page + 64), -XEN_EFAULT);
	expect("extraversion", call_version(XENVER_extraversion, page), -XEN_EFAULT);
	expect("features", call_version(XENVER_get_features, page + 64), -XEN_EFAULT);
	expect("machphys-mapping", call_memory(XENMEM_machphys_mapping, page), -XEN_EFAULT);
	expect("runstate", call_vcpu(VCPUOP_get_runstate_info, 0, page), -XEN_EFAULT);
	expect("query-size", call_grant(GNTTABOP_query_size, page, 1), -XEN_EFAULT);
	map.buffer.p = page;
	expect("memory-map-buffer", call_memory(XENMEM_machine_memory_map, &map), -XEN_EFAULT);
	expect("unchanged", memcmp(copy, page, 4096), 0);
	/* The hypervisor's own read-only window is no place for results either. */
	expect("m2p", call_version(XENVER_extraversion, M2P_VA), -XEN_EFAULT);
	expect("page-table", call_version(XENVER_extraversion, start_info->pt_base), -XEN_EFAULT);
	expect("ports-left", bind_ipi(0) > 0, 1);
}
