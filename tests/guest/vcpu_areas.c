/* SPDX-License-Identifier: MIT */
/* vcpu_info, runstate and time areas in the guest's own memory. */
#include "tests/guest/lib/guest.h"

static uint8_t page[4096] PAGE_ALIGNED;

static long register_info(uint32_t vcpu, uint64_t mfn, uint32_t offset)
{
	struct vcpu_register_vcpu_info info = {.mfn = mfn, .offset = offset};

	return call_vcpu(VCPUOP_register_vcpu_info, vcpu, &info);
}

static void claim_runstate(void)
{
	static struct vcpu_runstate_info state, area;
	struct vcpu_register_runstate_memory_area where;
	uint64_t sum = 0;

	expect("runstate-get", call_vcpu(VCPUOP_get_runstate_info, 0, &state), 0);
	expect("runstate-running", state.state, RUNSTATE_running);
	for (int i = 0; i < 4; i++)
		sum += state.time[i];
	expect_true("runstate-sum", sum > 0 && sum <= now_ns());
	where.addr.h.p = &area;
	expect("runstate-register", call_vcpu(VCPUOP_register_runstate_memory_area, 0, &where), 0);
	expect("runstate-area-running", area.state, RUNSTATE_running);
	expect_true("runstate-area-entry", area.state_entry_time > 0);
	uint64_t entry = area.state_entry_time;
	long timer = bind_virq(VIRQ_TIMER, 0);

	need(timer > 0);
	/* On a busy machine the time may have come before we sleep: try again. */
	for (int i = 0; i < 20 && area.time[RUNSTATE_blocked] < 5000000; i++) {
		struct vcpu_set_singleshot_timer shot = {.timeout_abs_ns = now_ns() + 10000000};

		need(!call_vcpu(VCPUOP_set_singleshot_timer, 0, &shot));
		call_sched(SCHEDOP_block, NULL);
		events_close();
	}
	expect_true("runstate-area-updated", area.state_entry_time > entry);
	expect_true("runstate-blocked", area.time[RUNSTATE_blocked] >= 5000000);
	where.addr.p = NON_CANONICAL;
	expect("runstate-bad", call_vcpu(VCPUOP_register_runstate_memory_area, 0, &where),
	       -XEN_EFAULT);
	expect("runstate-get-absent", call_vcpu(VCPUOP_get_runstate_info, 7, &state), -XEN_ENOENT);
	expect("runstate-get-bad", call_vcpu(VCPUOP_get_runstate_info, 0, NON_CANONICAL),
	       -XEN_EFAULT);
}

static void claim_time(void)
{
	static struct vcpu_time_info area;
	struct vcpu_register_time_memory_area where;

	where.addr.h.p = &area;
	expect("time-register", call_vcpu(VCPUOP_register_vcpu_time_memory_area, 0, &where), 0);
	expect_true("time-filled", area.tsc_to_system_mul != 0);
	where.addr.p = NON_CANONICAL;
	expect("time-bad", call_vcpu(VCPUOP_register_vcpu_time_memory_area, 0, &where),
	       -XEN_EFAULT);
}

void guest_main(void)
{
	vcpu_info_t *moved = (vcpu_info_t *)(page + 64);

	claim_runstate();
	claim_time();
	expect("info-offset", register_info(0, mfn_of(page), 4096 - 60), -XEN_ENXIO);
	expect("info-offset-max", register_info(0, mfn_of(page), ~0u - 7), -XEN_ENXIO);
	expect("info-no-frame", register_info(0, 0xfffffffful, 0), -XEN_EINVAL);
	expect("info-page-table", register_info(0, mfn_of((void *)start_info->pt_base), 0),
	       -XEN_EINVAL);
	expect("info-absent-vcpu", register_info(7, mfn_of(page), 0), -XEN_ENOENT);
	expect("info", register_info(0, mfn_of(page), 64), 0);
	expect("info-pending", moved->evtchn_upcall_pending, 1);
	expect("info-selector", moved->evtchn_pending_sel, ~0ul);
	expect("info-mask", moved->evtchn_upcall_mask, 1);
	expect_true("info-time", moved->time.tsc_to_system_mul != 0);
	expect("info-twice", register_info(0, mfn_of(page), 0), -XEN_EINVAL);
	need(!set_pte(page, PTE_RO));
	expect("info-holds", pin_table(1, page), -XEN_EINVAL);
	need(!set_pte(page, PTE_RW));
	long port = bind_ipi(0);

	moved->evtchn_upcall_pending = 0;
	moved->evtchn_pending_sel = 0;
	expect("info-send", send_port(port), 0);
	expect("info-used", moved->evtchn_upcall_pending, 1);
}
