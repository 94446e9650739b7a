/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/emulate_io.c - port instructions of a guest.  What a port is and
 * who may use it is port_io.c's; here is what moves between it and registers
 * or memory.
 */
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/emulate.h"
#include "xen-like/pv/pv.h"

/* Elements of INS and OUTS done in one go; the rest when the guest comes again. */
#define STRING_ROUNDS 128

static uint16_t port_number(const struct vcpu *vcpu, const struct instruction *instruction)
{
	return (uint16_t)(instruction->has_immediate ? instruction->immediate : vcpu->regs.rdx);
}

static void accumulator_write(struct regs *regs, unsigned int bytes, uint32_t value)
{
	if (bytes == 4)
		regs->rax = value;
	else if (bytes == 2)
		regs->rax = (regs->rax & ~0xffffull) | (value & 0xffff);
	else
		regs->rax = (regs->rax & ~0xffull) | (value & 0xff);
}

enum emulated emulate_port(struct vcpu *vcpu, const struct instruction *instruction)
{
	uint16_t port = port_number(vcpu, instruction);
	unsigned int bytes = instruction->operand_bytes;
	struct regs *regs = &vcpu->regs;

	if (!guest_port_privileged(vcpu, port, bytes))
		return EMULATED_REFUSED;
	if (instruction->operation == OPERATION_IN)
		accumulator_write(regs, bytes, guest_port_read(vcpu, port, bytes));
	else
		guest_port_write(vcpu, port, bytes,
				 (uint32_t)(regs->rax & (~0ull >> (64 - 8 * bytes))));
	return EMULATED_DONE;
}

/* Memory of an INS or OUTS that cannot be reached: the guest's own page fault. */
static enum emulated fault(struct vcpu *vcpu, uint64_t address, unsigned int bytes, bool write)
{
	uint64_t last = address + bytes - 1;
	struct guest_exception exception = {
		.vector = TRAP_PF,
		.has_error = true,
		.error_code = (write ? PF_WRITE : 0) | (vcpu->pv.kernel_mode ? 0 : PF_USER),
	};
	uint8_t byte;

	if ((int64_t)(address << 16) >> 16 != (int64_t)address)
		return EMULATED_REFUSED;
	/* The first byte on the page that is missing, or that is read-only. */
	if (!write && copy_from_guest(&byte, guest_va(address), 1))
		address = last & PAGE_MASK;
	else if (write && (last & PAGE_MASK) != (address & PAGE_MASK) &&
		 copy_from_guest(&byte, guest_va(address), 1) &&
		 copy_to_guest(guest_va(address), &byte, 1))
		address = last & PAGE_MASK;
	if (copy_from_guest(&byte, guest_va(address), 1))
		exception.error_code |= PF_PRESENT;
	exception.fault_address = address;
	bounce_exception(vcpu, &exception);
	return EMULATED_BOUNCED;
}

/* One element.  A port is read only when its value has a place to go. */
static bool move_in(struct vcpu *vcpu, uint16_t port, uint64_t address, unsigned int bytes)
{
	uint32_t value = 0;

	if (!copy_from_guest(&value, guest_va(address), bytes) ||
	    !copy_to_guest(guest_va(address), &value, bytes))
		return false;
	value = guest_port_read(vcpu, port, bytes);
	return copy_to_guest(guest_va(address), &value, bytes);
}

static bool move_out(struct vcpu *vcpu, uint16_t port, uint64_t address, unsigned int bytes)
{
	uint32_t value = 0;

	if (!copy_from_guest(&value, guest_va(address), bytes))
		return false;
	guest_port_write(vcpu, port, bytes, value);
	return true;
}

/* decode_string_step() moves RIP itself; the caller, who does so for all, gets it back. */
enum emulated emulate_port_string(struct vcpu *vcpu, const struct instruction *instruction)
{
	unsigned int bytes = instruction->operand_bytes;
	bool in = instruction->operation == OPERATION_INS;
	struct segment_bases bases = guest_segment_bases();
	struct regs *regs = &vcpu->regs;
	uint16_t port = (uint16_t)regs->rdx;
	uint64_t start = regs->rip;

	if (!guest_port_privileged(vcpu, port, bytes))
		return EMULATED_REFUSED;
	for (int i = 0; i < STRING_ROUNDS && regs->rip == start; i++) {
		uint64_t address = decode_address(instruction, regs, bases);

		if (!decode_is_empty(instruction, regs) &&
		    !(in ? move_in(vcpu, port, address, bytes)
			 : move_out(vcpu, port, address, bytes)))
			return fault(vcpu, address, bytes, in);
		decode_string_step(instruction, regs);
	}
	if (regs->rip == start)
		return EMULATED_AGAIN;
	regs->rip -= instruction->length;
	return EMULATED_DONE;
}
