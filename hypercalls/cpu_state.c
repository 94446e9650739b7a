/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/cpu_state.c - what a PV guest's kernel sets in "its" CPU:
 * descriptor tables, kernel stack, segment bases, debug registers, assists.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/base/bits.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/debug.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/segments.h"
#include "xen-like/pv/switch.h"

#define GDT_ENTRIES_MAX (RESERVED_GDT_FIRST_PAGE * 512)

int64_t hc_set_gdt(reg_t list, reg_t entries)
{
	uint64_t frames[RESERVED_GDT_FIRST_PAGE];
	struct work_budget budget = WORK_BUDGET;
	size_t pages = ((uint32_t)entries + 511) / 512;

	if ((uint32_t)entries > GDT_ENTRIES_MAX)
		return -XEN_EINVAL;
	if (!copy_from_guest(frames, guest_va(list), pages * sizeof(frames[0])))
		return -XEN_EFAULT;
	return segments_set_gdt(current_vcpu(), frames, (uint32_t)entries, &budget);
}

int64_t hc_update_descriptor(reg_t where, reg_t descriptor)
{
	return segments_update_descriptor(current_domain(), maddr(where), descriptor);
}

int64_t hc_stack_switch(reg_t ss, reg_t sp)
{
	struct vcpu *vcpu = current_vcpu();

	vcpu->pv.kernel_ss = (ss & 0xffff) | 3;
	vcpu->pv.kernel_sp = sp;
	return 0;
}

int64_t hc_fpu_taskswitch(reg_t set)
{
	struct vcpu *vcpu = current_vcpu();

	vcpu->pv.task_switched = set != 0;
	/* The real flag follows, so that the guest's next x87 or SSE use tells it. */
	if (set)
		write_cr0(read_cr0() | CR0_TS);
	else
		write_cr0(read_cr0() & ~CR0_TS);
	return 0;
}

int64_t hc_set_debugreg(reg_t reg, reg_t value)
{
	return vcpu_set_debug(current_vcpu(), (unsigned int)reg, value);
}

int64_t hc_get_debugreg(reg_t reg)
{
	return (int64_t)vcpu_get_debug(current_vcpu(), (unsigned int)reg);
}

int64_t hc_set_segment_base(reg_t number, reg_t base)
{
	struct vcpu *vcpu = current_vcpu();
	uint32_t which = (uint32_t)number; /* the same word is checked and used */

	if (which > SEGBASE_GS_USER_SEL ||
	    (which != SEGBASE_GS_USER_SEL && !address_canonical(base)))
		return -XEN_EINVAL;
	switch (which) {
	case SEGBASE_FS:
		write_msr(MSR_FS_BASE, base);
		return 0;
	case SEGBASE_GS_USER:
		vcpu->pv.gs_base_user = base;
		return 0;
	case SEGBASE_GS_KERNEL:
		guest_gs_base_write(base);
		return 0;
	case SEGBASE_GS_USER_SEL:
		vcpu_load_user_gs(vcpu, (uint16_t)base);
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

#define ASSISTS_KNOWN                                                                              \
	(1ull << VMASST_TYPE_4gb_segments | 1ull << VMASST_TYPE_4gb_segments_notify |              \
	 1ull << VMASST_TYPE_writable_pagetables | 1ull << VMASST_TYPE_pae_extended_cr3 |          \
	 1ull << VMASST_TYPE_architectural_iopl | 1ull << VMASST_TYPE_runstate_update_flag |       \
	 1ull << VMASST_TYPE_m2p_strict)

int64_t hc_vm_assist(reg_t command, reg_t type)
{
	struct domain *domain = current_domain();

	if (type >= 64 || !(ASSISTS_KNOWN & (1ull << type)))
		return -XEN_EINVAL;
	switch ((uint32_t)command) {
	case VMASST_CMD_enable:
		fetch_or(&domain->vm_assist, 1ull << type);
		return 0;
	case VMASST_CMD_disable:
		fetch_and(&domain->vm_assist, ~(1ull << type));
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}
