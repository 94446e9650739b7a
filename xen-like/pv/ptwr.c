/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/ptwr.c - see ptwr.h.  The instruction is applied to a copy of
 * the entry, and the result goes the road of every update (mmu.h), if the
 * entry is still what the instruction saw.
 */
#include "xen-like/pv/ptwr.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/decode.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/switch.h"

#define TRIES 8

/* One attempt's subject: an instruction and the entry it writes. */
struct write {
	struct instruction instruction;
	uint64_t address, source;
	struct table_slot slot;
};

static bool fetch(struct vcpu *vcpu, struct instruction *instruction)
{
	uint8_t bytes[INSTRUCTION_BYTES_MAX];
	uint64_t rip = vcpu->regs.rip;
	size_t first = MIN(sizeof(bytes), PAGE_SIZE - (rip & ~PAGE_MASK));
	size_t count = sizeof(bytes);

	if (!copy_from_guest(bytes, guest_va(rip), first))
		return false;
	if (first < count && !copy_from_guest(bytes + first, guest_va(rip + first), count - first))
		count = first;
	return decode_instruction(bytes, count, instruction) && decode_writes_memory(instruction);
}

/* The page at `address` is an L1 of the domain's own: then where in it. */
static bool find_entry(struct vcpu *vcpu, uint64_t address, struct table_slot *slot)
{
	struct table_slot mapping;
	uint64_t pte;
	mfn_t table;

	if (!mmu_find_slot(vcpu, address, &mapping))
		return false;
	pte = mmu_entry_read(mapping);
	table = pte_frame(pte);
	if (!(pte & PTE_PRESENT) || !frame_is_ram(table) ||
	    read_once(frame_of(table)->owner) != vcpu->domain->id || mmu_table_level(table) != 1)
		return false;
	*slot = (struct table_slot){
		.table = table,
		.level = 1,
		.index = (unsigned int)(address & ~PAGE_MASK) / 8,
	};
	return true;
}

static bool carry_out(struct vcpu *vcpu, const struct write *write, struct pages_locked locked)
{
	struct work_budget budget = WORK_BUDGET;

	for (unsigned int i = 0; i < TRIES; i++) {
		struct regs regs = vcpu->regs;
		uint64_t old = mmu_entry_read(write->slot), entry = old;
		int rc;

		if (!decode_apply(&write->instruction, &regs, write->address, write->source,
				  &entry))
			return false;
		rc = entry == old ? 0
				  : mmu_entry_exchange(locked, write->slot, old, entry, &budget);
		if (rc == 0) {
			vcpu->regs = regs;
			return true;
		}
		if (rc != -XEN_EAGAIN)
			return false;
	}
	/* The CPU keeps marking it; the guest may as well run into it again. */
	return true;
}

bool ptwr_emulate(struct vcpu *vcpu, uint64_t address)
{
	struct segment_bases bases;
	struct pages_locked locked;
	struct write write;
	bool done = false;

	if (!(vcpu->domain->vm_assist & (1ull << VMASST_TYPE_writable_pagetables)))
		return false;
	if (!fetch(vcpu, &write.instruction))
		return false;
	bases = (struct segment_bases){.fs = read_msr(MSR_FS_BASE), .gs = guest_gs_base_read()};
	write.address = decode_address(&write.instruction, &vcpu->regs, bases);
	write.source = 0;
	/* What faulted must be what is written, not what is read. */
	if ((write.address ^ address) & ~7ull)
		return false;
	if (write.instruction.operation == OPERATION_MOVS &&
	    !copy_from_guest(
		    &write.source,
		    guest_va(decode_source_address(&write.instruction, &vcpu->regs, bases)),
		    write.instruction.operand_bytes))
		return false;

	locked = pages_lock(vcpu->domain);
	if (find_entry(vcpu, write.address, &write.slot))
		done = carry_out(vcpu, &write, locked);
	pages_unlock(locked);
	return done;
}
