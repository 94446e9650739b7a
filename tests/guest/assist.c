/* SPDX-License-Identifier: MIT */
/* vm_assist: every type, and what they change. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct xen_feature_info features = {0};

	expect("4gb-segments", call_assist(VMASST_CMD_enable, 0), 0);
	expect("4gb-segments-notify", call_assist(VMASST_CMD_enable, 1), 0);
	expect("writable-pagetables", call_assist(VMASST_CMD_enable, 2), 0);
	expect("pae-extended-cr3", call_assist(VMASST_CMD_enable, 3), 0);
	expect("architectural-iopl", call_assist(VMASST_CMD_enable, 4), 0);
	expect("runstate-update-flag", call_assist(VMASST_CMD_enable, 5), 0);
	expect("type-6", call_assist(VMASST_CMD_enable, 6), -XEN_EINVAL);
	expect("type-31", call_assist(VMASST_CMD_enable, 31), -XEN_EINVAL);
	expect("command-2", call_assist(2, 0), -XEN_ENOSYS);
	call_version(XENVER_get_features, &features);
	expect("feature-with-cr3", features.submap >> XENFEAT_pae_pgdir_above_4gb & 1, 1);
	expect("disable", call_assist(VMASST_CMD_disable, 3), 0);
	call_version(XENVER_get_features, &features);
	expect("feature-without-cr3", features.submap >> XENFEAT_pae_pgdir_above_4gb & 1, 0);
	/* With architectural IOPL the frame shows what set_iopl gave. */
	struct physdev_set_iopl iopl = {.iopl = 1};

	need(!call_physdev(PHYSDEVOP_set_iopl, &iopl));
	try_asm("ud2");
	expect("iopl-shown", this_cpu()->trap.rflags & 0x3000, 0x1000);
	expect("iopl-off", call_assist(VMASST_CMD_disable, 4), 0);
	try_asm("ud2");
	expect("iopl-hidden", this_cpu()->trap.rflags & 0x3000, 0);
}
