/* SPDX-License-Identifier: MIT */
/* callback_op and the older set_callbacks: addresses, types, flags. */
#include "tests/guest/lib/guest.h"

static long reg(unsigned int type, unsigned int flags, uint64_t address)
{
	struct callback_register callback = {
		.type = (uint16_t)type, .flags = (uint16_t)flags, .address = address};

	return call_callback(CALLBACKOP_register, &callback);
}

asm(".pushsection .user, \"ax\"\nuser_syscall: syscall\n\tud2\n.popsection");
extern const char user_syscall[];

void guest_main(void)
{
	struct trap_frame frame;
	uint64_t event = (uint64_t)event_callback;

	expect("event", reg(CALLBACKTYPE_event, 0, event), 0);
	expect("failsafe", reg(CALLBACKTYPE_failsafe, 0, (uint64_t)failsafe_callback), 0);
	expect("syscall",
	       reg(CALLBACKTYPE_syscall, CALLBACKF_mask_events, (uint64_t)syscall_callback), 0);
	expect("nmi", reg(CALLBACKTYPE_nmi, 0, (uint64_t)trap_stubs + 64), 0);
	expect("sysenter", reg(CALLBACKTYPE_sysenter, 0, (uint64_t)sysenter_callback), 0);
	expect("syscall32", reg(CALLBACKTYPE_syscall32, 0, (uint64_t)syscall_callback), 0);
	expect("type-8", reg(8, 0, event), -XEN_ENOSYS);
	expect("type-max", reg(0xffff, 0, event), -XEN_ENOSYS);
	expect("event-non-canonical", reg(CALLBACKTYPE_event, 0, NON_CANONICAL), -XEN_EINVAL);
	expect("failsafe-non-canonical", reg(CALLBACKTYPE_failsafe, 0, NON_CANONICAL), -XEN_EINVAL);
	expect("syscall-non-canonical", reg(CALLBACKTYPE_syscall, 0, NON_CANONICAL), -XEN_EINVAL);
	for (int i = 0; i < BAD_POINTERS; i++)
		expect_named(bad_pointers[i].name,
			     call_callback(CALLBACKOP_register, bad_pointers[i].va), -XEN_EFAULT);
	expect("set-callbacks",
	       hc3(__HYPERVISOR_set_callbacks, event, failsafe_callback, syscall_callback), 0);
	/* Without the flag a system call leaves events as user mode had them: open. */
	user_init();
	expect("syscall-open", reg(CALLBACKTYPE_syscall, 0, (uint64_t)syscall_callback), 0);
	user_frame(&frame, user_syscall);
	expect("syscall-taken", user_run(&frame), VECTOR_SYSCALL);
	expect("syscall-mask", this_vcpu_info()->evtchn_upcall_mask, 0);
	events_close();
	expect("syscall-masking",
	       reg(CALLBACKTYPE_syscall, CALLBACKF_mask_events, (uint64_t)syscall_callback), 0);
	expect("syscall-taken-again", user_run(&frame), VECTOR_SYSCALL);
	expect("syscall-masked", this_vcpu_info()->evtchn_upcall_mask, 1);
}
