/* SPDX-License-Identifier: MIT */
/* Calls for tools and machines that are not there: each is answered, none is harmful. */
#include "tests/guest/lib/guest.h"

static uint8_t zeroes[4096] PAGE_ALIGNED;

static void answered(const char *name, long answer)
{
	if (answer < 0 && answer > -200)
		print("PASS others.%s", name);
	else
		print("FAIL others.%s: got %ld, want an errno", name, answer);
}

void guest_main(void)
{
	answered("domctl-no-version", hc1(__HYPERVISOR_domctl, zeroes));
	answered("sysctl-no-version", hc1(__HYPERVISOR_sysctl, zeroes));
	answered("domctl-bad-pointer", hc1(__HYPERVISOR_domctl, NON_CANONICAL));
	answered("sysctl-bad-pointer", hc1(__HYPERVISOR_sysctl, NON_CANONICAL));
	answered("mca-no-version", hc1(__HYPERVISOR_arch_0, zeroes));
	answered("mca-bad-pointer", hc1(__HYPERVISOR_arch_0, NON_CANONICAL));
	answered("xenpmu-unknown", hc2(__HYPERVISOR_xenpmu_op, 99, zeroes));
	answered("hvm-unknown", hc2(__HYPERVISOR_hvm_op, 99, zeroes));
	answered("dm-bad-domain", hc3(__HYPERVISOR_dm_op, 99, 1, zeroes));
	answered("argo", hc4(__HYPERVISOR_argo_op, 99, zeroes, zeroes, 0));
	answered("hypfs", hc4(__HYPERVISOR_hypfs_op, 99, zeroes, 0, zeroes));
	answered("xsm", hc1(__HYPERVISOR_xsm_op, zeroes));
	answered("tmem", hc1(__HYPERVISOR_tmem_op, zeroes));
	answered("dom0-op", hc1(7, zeroes));
	answered("nmi-unknown", hc2(__HYPERVISOR_nmi_op, 99, zeroes));
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
}
