/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/fault.c - page faults of paravirtual guests.
 *
 * Two kinds never reach the guest: those by a translation the CPU kept though
 * the tables have long allowed the access, and writes of its kernel to a page
 * table it has asked Enso to carry out (ptwr.c).
 */
#include "xen-like/pv/fault.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/ptwr.h"
#include "xen-like/pv/pv.h"

/* What all levels together grant for an address in the loaded tables. */
struct access {
	bool present, writable, executable;
};

static struct access access_granted(const struct vcpu *vcpu, uint64_t va)
{
	struct access access = {.present = true, .writable = true, .executable = true};
	mfn_t table = vcpu->pv.kernel_mode ? vcpu->pv.kernel_table : vcpu->pv.user_table;

	if (!guest_range_ok(va, 1))
		return (struct access){.present = false};
	va = guest_pointer(guest_va(va), 1); /* for a CPU that guesses */
	for (unsigned int level = 4; level > 0; level--) {
		uint64_t pte = read_once(((uint64_t *)frame_map(table))[table_index(va, level)]);

		if (!(pte & PTE_PRESENT))
			return (struct access){.present = false};
		access.writable &= (pte & PTE_WRITE) != 0;
		access.executable &= !(pte & PTE_NO_EXECUTE);
		table = pte_frame_nospec(pte);
	}
	return access;
}

static bool fault_is_spurious(const struct vcpu *vcpu, uint64_t va, uint32_t error_code)
{
	struct access access;
	struct pages_locked locked = pages_lock(vcpu->domain);

	access = access_granted(vcpu, va);
	pages_unlock(locked);
	if (!access.present)
		return false;
	if ((error_code & PF_WRITE) && !access.writable)
		return false;
	return !(error_code & PF_FETCH) || access.executable;
}

/*
 * The CPU looked for a descriptor where the guest has given no page: to the
 * guest, its selector is beyond the table.
 */
static bool descriptor_missing(struct vcpu *vcpu, uint64_t address, uint32_t error_code)
{
	uint64_t offset = address - area_gdt(vcpu->id);
	uint32_t selector = offset & 0xfff8;

	/* An access of the guest's own counts as one of ring 3. */
	if (offset >= 1ull << VCPU_AREA_SHIFT || (error_code & PF_USER))
		return false;
	if (offset >= GDT_PAGES * PAGE_SIZE)
		selector |= 4; /* the LDT's */
	bounce_gp(vcpu, selector);
	return true;
}

void guest_page_fault(struct vcpu *vcpu, uint64_t address, uint32_t error_code)
{
	struct guest_exception fault = {
		.vector = TRAP_PF,
		.has_error = true,
		.fault_address = address,
	};

	if (unlikely(descriptor_missing(vcpu, address, error_code)))
		return;
	if (error_code & PF_RESERVED) {
		domain_crash(vcpu->domain, "vCPU %u: reserved bits in the tables for %#llx",
			     vcpu->id, (unsigned long long)address);
		return;
	}
	/*
	 * No CPU keeps that something is not there.  With XPTI it may be missing in a
	 * copy of an L4 that is about to be made anew.
	 */
	if (((error_code & PF_PRESENT) || alternative_on(ALTERNATIVE_XPTI)) &&
	    fault_is_spurious(vcpu, address, error_code))
		return;
	if ((error_code & PF_PRESENT) && (error_code & PF_WRITE) && vcpu->pv.kernel_mode &&
	    ptwr_emulate(vcpu, address))
		return;

	/* Ring 3 is where its kernel runs too: to it, that was not a user access. */
	if (vcpu->pv.kernel_mode)
		error_code &= ~PF_USER;
	fault.error_code = error_code & (PF_PRESENT | PF_WRITE | PF_USER | PF_FETCH);
	bounce_exception(vcpu, &fault);
}
