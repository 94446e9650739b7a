/* SPDX-License-Identifier: MIT */
/* Random arguments to most hypercalls: any answer will do, but there must be one. */
#include "tests/guest/lib/guest.h"

static uint64_t seed = 0x2545f4914f6cdd1dul;
static uint64_t scratch[1024] PAGE_ALIGNED;

static uint64_t random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t pick(void)
{
	static const uint64_t values[] = {
		0,	     1,		 2,	    0x7ff0, 0x7fff,	   0xffff, 0x7fffffff,
		0x80000000,  0xffffffff, 1ul << 63, ~0ul,   NON_CANONICAL, M2P_VA, HYPERVISOR_VA,
		UNMAPPED_VA, 0x1000};
	uint64_t r = random();

	if (r % 3 == 0)
		return values[r / 3 % ARRAY_SIZE(values)];
	if (r % 3 == 1)
		return r / 3 % 64;
	return (uint64_t)scratch + (r >> 8) % 4096;
}

/*
 * What would be legal and yet stop the test is left out: trap tables, going
 * down, shutdown, moving vcpu_info, unmapping ourselves, and the doors to the
 * machine itself.
 */
static bool harmless(uint64_t number, const uint64_t *a)
{
	switch (number) {
	case __HYPERVISOR_vcpu_op:
		return a[0] != VCPUOP_down && a[0] != VCPUOP_register_vcpu_info &&
		       a[0] != VCPUOP_up && a[0] != VCPUOP_initialise && a[0] != VCPUOP_send_nmi;
	case __HYPERVISOR_memory_op:
		return (a[0] & 63) >= XENMEM_maximum_ram_page && (a[0] & 63) != 11 &&
		       (a[0] & 63) != XENMEM_populate_physmap;
	case __HYPERVISOR_mmuext_op:
	case __HYPERVISOR_mmu_update:
	case __HYPERVISOR_update_descriptor:
	case __HYPERVISOR_xen_version:
	case __HYPERVISOR_vm_assist:
	case __HYPERVISOR_event_channel_op:
	case __HYPERVISOR_set_gdt:
	case __HYPERVISOR_get_debugreg:
	case __HYPERVISOR_hvm_op:
	case __HYPERVISOR_xenpmu_op:
	case __HYPERVISOR_dm_op:
	case __HYPERVISOR_argo_op:
		return true;
	}
	return number > 64;
}

void guest_main(void)
{
	long calls = 0;

	for (int i = 0; i < 60000; i++) {
		uint64_t number = i % 50 ? random() % 56 : random();
		uint64_t a[5];

		for (int k = 0; k < 5; k++)
			a[k] = pick();
		for (int k = 0; k < 8; k++)
			scratch[random() % 1024] = pick();
		if (number != 23 && harmless(number, a)) {
			hypercall(number, a[0], a[1], a[2], a[3], a[4]);
			calls++;
		}
	}
	expect_true("calls", calls > 5000);
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
	expect("faults-still-come", try_asm("ud2"), 6);
}
