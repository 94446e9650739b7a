/* SPDX-License-Identifier: MIT */
/* The shared_info page at start, and that it stays a page of ours to map. */
#include "tests/guest/lib/guest.h"

static uint8_t second[4096] PAGE_ALIGNED;

void guest_main(void)
{
	long pending = 0, unmasked = 0;

	for (int i = 0; i < 64; i++) {
		pending += shared_info->evtchn_pending[i] != 0;
		unmasked += shared_info->evtchn_mask[i] != 0;
	}
	expect("none-pending", pending, 0);
	expect("no-mask-set", unmasked, 0);
	expect("mask-0", shared_info->vcpu_info[0].evtchn_upcall_mask, 1);
	expect("pending-0", shared_info->vcpu_info[0].evtchn_upcall_pending, 0);
	expect("max-pfn", shared_info->arch.max_pfn, 0);
	expect("nmi-reason", shared_info->arch.nmi_reason, 0);
	expect_true("time-0", shared_info->vcpu_info[0].time.tsc_to_system_mul != 0);
	expect("map-again", call_va(second, start_info->shared_info | PTE_RW, UVMF_INVLPG), 0);
	shared_info->arch.max_pfn = 77;
	expect("same", ((volatile shared_info_t *)second)->arch.max_pfn, 77);
	expect("unmap", set_pte(second, PTE_RW), 0);
	expect("no-table", mmuext(MMUEXT_PIN_L1_TABLE, start_info->shared_info >> 12, 0),
	       -XEN_EINVAL);
	/* Writing nonsense where the hypervisor reads harms nobody but ourselves. */
	for (int i = 0; i < 64; i++)
		shared_info->evtchn_pending[i] = ~0ul;
	shared_info->vcpu_info[0].evtchn_pending_sel = ~0ul;
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0xff;
	expect("nonsense-send", send_port(4000), -XEN_EINVAL);
	long port = bind_ipi(0);

	expect_true("nonsense-bind", port > 0);
	expect("nonsense-ipi", send_port(port), 0);
	shared_info->vcpu_info[1].evtchn_upcall_mask = 0;
	shared_info->vcpu_info[31].evtchn_upcall_pending = 1;
	expect("absent-vcpu", send_port(port), 0);
}
