/* SPDX-License-Identifier: MIT */
/* vcpu_op on vCPUs that are not there: Linux asks for 8,192 of them at boot. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	long there = 0, wrong = 0;
	static struct vcpu_guest_context context;

	for (uint32_t id = 0; id < 8192; id++) {
		long answer = call_vcpu(VCPUOP_is_up, id, NULL);

		there += answer >= 0;
		wrong += answer < 0 && answer != -XEN_ENOENT && answer != -XEN_EINVAL;
	}
	expect("two", there, 2);
	expect("rest", wrong, 0);
	expect("self", call_vcpu(VCPUOP_is_up, 0, NULL), 1);
	expect("other", call_vcpu(VCPUOP_is_up, 1, NULL), 0);
	expect("absent", call_vcpu(VCPUOP_is_up, 2, NULL), -XEN_ENOENT);
	expect("max", call_vcpu(VCPUOP_is_up, 0xffffffff, NULL), -XEN_ENOENT);
	expect("2-31", call_vcpu(VCPUOP_is_up, 0x80000000u, NULL), -XEN_ENOENT);
	expect("up-uninitialised", call_vcpu(VCPUOP_up, 1, NULL), -XEN_EINVAL);
	expect("up-self", call_vcpu(VCPUOP_up, 0, NULL), 0);
	expect("initialise-self", call_vcpu(VCPUOP_initialise, 0, &context), -XEN_EEXIST);
	expect("initialise-bad-pointer", call_vcpu(VCPUOP_initialise, 1, NON_CANONICAL),
	       -XEN_EFAULT);
	expect("initialise-no-tables", call_vcpu(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
	vcpu_context_init(&context, 1);
	context.ctrlreg[3] = ~0xffful;
	expect("initialise-bad-cr3", call_vcpu(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
	vcpu_context_init(&context, 1);
	context.ctrlreg[3] = mfn_of(&context) << 12;
	expect("initialise-plain-cr3", call_vcpu(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
	vcpu_context_init(&context, 1);
	context.gdt_ents = 9000;
	expect("initialise-gdt", call_vcpu(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
	vcpu_context_init(&context, 1);
	context.user_regs.rip = NON_CANONICAL;
	expect("initialise-rip", call_vcpu(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
	vcpu_context_init(&context, 1);
	expect("initialise", call_vcpu(VCPUOP_initialise, 1, &context), 0);
	expect("initialise-twice", call_vcpu(VCPUOP_initialise, 1, &context), -XEN_EEXIST);
	expect("not-up-yet", call_vcpu(VCPUOP_is_up, 1, NULL), 0);
	expect("down", call_vcpu(VCPUOP_down, 1, NULL), 0);
	expect("down-absent", call_vcpu(VCPUOP_down, 5, NULL), -XEN_ENOENT);
}
