/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/decode_apply.c - what a described instruction does: addresses,
 * the new value of the memory it writes, registers and flags (decode.h).
 *
 * Flags the manuals leave undefined are as real CPUs leave them: AF is cleared
 * by AND, OR and XOR; BTS, BTR and BTC touch CF alone.
 */
#include "xen-like/pv/decode.h"

#define FLAG_PF	     0x4ull
#define FLAG_AF	     0x10ull
#define FLAG_ZF	     0x40ull
#define FLAG_SF	     0x80ull
#define FLAG_OF	     0x800ull
#define FLAGS_STATUS (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

#define REGISTER_AX  0

/* struct regs keeps them in the order they are pushed. */
static const uint16_t register_offsets[16] = {
	offsetof(struct regs, rax), offsetof(struct regs, rcx), offsetof(struct regs, rdx),
	offsetof(struct regs, rbx), offsetof(struct regs, rsp), offsetof(struct regs, rbp),
	offsetof(struct regs, rsi), offsetof(struct regs, rdi), offsetof(struct regs, r8),
	offsetof(struct regs, r9),  offsetof(struct regs, r10), offsetof(struct regs, r11),
	offsetof(struct regs, r12), offsetof(struct regs, r13), offsetof(struct regs, r14),
	offsetof(struct regs, r15),
};

uint64_t *decode_register(struct regs *regs, unsigned int number)
{
	return (uint64_t *)((char *)regs + register_offsets[number & 15]);
}

static uint64_t register_value(const struct regs *regs, unsigned int number)
{
	return *(const uint64_t *)((const char *)regs + register_offsets[number & 15]);
}

static uint64_t size_mask(unsigned int bytes)
{
	return ~0ull >> (64 - 8 * bytes);
}

/* AH, CH, DH, BH: numbers 4 .. 7 of byte instructions without REX. */
static bool is_high_byte(const struct instruction *instruction, unsigned int number)
{
	return instruction->operand_bytes == 1 && !instruction->rex && number >= 4 && number < 8;
}

static uint64_t operand_read(const struct instruction *instruction, const struct regs *regs,
			     unsigned int number)
{
	if (is_high_byte(instruction, number))
		return register_value(regs, number - 4) >> 8 & 0xff;
	return register_value(regs, number) & size_mask(instruction->operand_bytes);
}

static void operand_write(const struct instruction *instruction, struct regs *regs,
			  unsigned int number, uint64_t value)
{
	uint64_t mask = size_mask(instruction->operand_bytes), *to;

	if (is_high_byte(instruction, number)) {
		to = decode_register(regs, number - 4);
		*to = (*to & ~0xff00ull) | (value & 0xff) << 8;
		return;
	}
	to = decode_register(regs, number);
	if (instruction->operand_bytes >= 4)
		*to = value & mask;
	else
		*to = (*to & ~mask) | (value & mask);
}

/* Addresses --------------------------------------------------------------- */

static uint64_t segment_base(const struct instruction *instruction, struct segment_bases bases)
{
	switch (instruction->segment) {
	case SEGMENT_FS:
		return bases.fs;
	case SEGMENT_GS:
		return bases.gs;
	default:
		return 0;
	}
}

/* BTx with a bit number in a register reaches beyond the operand. */
static int64_t bit_string_offset(const struct instruction *instruction, const struct regs *regs)
{
	unsigned int unused = 64 - 8 * instruction->operand_bytes;
	int64_t bit =
		(int64_t)(operand_read(instruction, regs, instruction->reg) << unused) >> unused;

	return (bit >> 3) & -(int64_t)instruction->operand_bytes;
}

static bool is_bit_string(const struct instruction *instruction)
{
	return instruction->operation >= OPERATION_BTS && instruction->operation <= OPERATION_BTC &&
	       !instruction->has_immediate;
}

static uint64_t truncate(const struct instruction *instruction, uint64_t offset)
{
	return offset & size_mask(instruction->address_bytes);
}

static uint64_t modrm_offset(const struct instruction *instruction, const struct regs *regs)
{
	uint64_t offset = (uint64_t)instruction->displacement;

	if (instruction->base == REGISTER_RIP)
		offset += regs->rip + instruction->length;
	else if (instruction->base != REGISTER_NONE)
		offset += register_value(regs, instruction->base);
	if (instruction->index != REGISTER_NONE)
		offset += register_value(regs, instruction->index) * instruction->scale;
	if (is_bit_string(instruction))
		offset += (uint64_t)bit_string_offset(instruction, regs);
	return offset;
}

uint64_t decode_source_address(const struct instruction *instruction, const struct regs *regs,
			       struct segment_bases bases)
{
	return truncate(instruction, regs->rsi) + segment_base(instruction, bases);
}

uint64_t decode_address(const struct instruction *instruction, const struct regs *regs,
			struct segment_bases bases)
{
	switch (instruction->operation) {
	case OPERATION_STOS:
	case OPERATION_MOVS:
	case OPERATION_INS:
		return truncate(instruction, regs->rdi);
	case OPERATION_OUTS:
		return decode_source_address(instruction, regs, bases);
	default:
		return truncate(instruction, modrm_offset(instruction, regs)) +
		       segment_base(instruction, bases);
	}
}

/* Strings ------------------------------------------------------------------ */

static void register_add(const struct instruction *instruction, uint64_t *reg, uint64_t delta)
{
	*reg = truncate(instruction, *reg + delta);
}

bool decode_is_empty(const struct instruction *instruction, const struct regs *regs)
{
	return instruction->repeat && truncate(instruction, regs->rcx) == 0;
}

void decode_string_step(const struct instruction *instruction, struct regs *regs)
{
	uint64_t delta = instruction->operand_bytes;

	if (decode_is_empty(instruction, regs)) {
		regs->rip += instruction->length;
		return;
	}
	if (regs->rflags & FLAG_DF)
		delta = -delta;
	if (instruction->operation != OPERATION_STOS && instruction->operation != OPERATION_INS)
		register_add(instruction, &regs->rsi, delta);
	if (instruction->operation != OPERATION_OUTS)
		register_add(instruction, &regs->rdi, delta);
	if (instruction->repeat) {
		register_add(instruction, &regs->rcx, -1ull);
		if (truncate(instruction, regs->rcx) != 0)
			return;
	}
	regs->rip += instruction->length;
}

/* Arithmetic ---------------------------------------------------------------- */

/* Two operands of `bytes`, and the status flags, which operations change. */
struct arithmetic {
	uint64_t a, b;
	unsigned int bytes;
	uint64_t flags;
};

static uint64_t flags_of_result(uint64_t result, unsigned int bytes)
{
	uint64_t flags = 0;

	if (__builtin_popcountll(result & 0xff) % 2 == 0)
		flags |= FLAG_PF;
	if ((result & size_mask(bytes)) == 0)
		flags |= FLAG_ZF;
	if (result >> (8 * bytes - 1) & 1)
		flags |= FLAG_SF;
	return flags;
}

static uint64_t add(struct arithmetic *op, uint64_t carry)
{
	uint64_t mask = size_mask(op->bytes), sign = 1ull << (8 * op->bytes - 1);
	uint64_t result = (op->a + op->b + carry) & mask;

	op->flags = flags_of_result(result, op->bytes);
	if (result < op->a || (carry && result == op->a))
		op->flags |= FLAG_CF;
	if (~(op->a ^ op->b) & (op->a ^ result) & sign)
		op->flags |= FLAG_OF;
	op->flags |= (op->a ^ op->b ^ result) & FLAG_AF;
	return result;
}

static uint64_t subtract(struct arithmetic *op, uint64_t borrow)
{
	uint64_t mask = size_mask(op->bytes), sign = 1ull << (8 * op->bytes - 1);
	uint64_t result = (op->a - op->b - borrow) & mask;

	op->flags = flags_of_result(result, op->bytes);
	if (op->a < op->b || (borrow && op->a == op->b))
		op->flags |= FLAG_CF;
	if ((op->a ^ op->b) & (op->a ^ result) & sign)
		op->flags |= FLAG_OF;
	op->flags |= (op->a ^ op->b ^ result) & FLAG_AF;
	return result;
}

static uint64_t logic(struct arithmetic *op, uint64_t result)
{
	op->flags = flags_of_result(result, op->bytes);
	return result;
}

static uint64_t count(struct arithmetic *op, bool up)
{
	uint64_t carry = op->flags & FLAG_CF, result;

	op->b = 1;
	result = up ? add(op, 0) : subtract(op, 0);
	op->flags = (op->flags & ~FLAG_CF) | carry;
	return result;
}

static uint64_t negate(struct arithmetic *op)
{
	op->b = op->a;
	op->a = 0;
	return subtract(op, 0);
}

static uint64_t bit_change(struct arithmetic *op, enum operation operation)
{
	uint64_t bit = 1ull << (op->b % (8 * op->bytes));

	op->flags = (op->flags & ~FLAG_CF) | (op->a & bit ? FLAG_CF : 0);
	if (operation == OPERATION_BTS)
		return op->a | bit;
	return operation == OPERATION_BTR ? op->a & ~bit : op->a ^ bit;
}

/* What operations on memory `a` and a second operand `b` leave in memory. */
static uint64_t calculate(enum operation operation, struct arithmetic *op)
{
	switch (operation) {
	case OPERATION_ADD:
		return add(op, 0);
	case OPERATION_ADC:
		return add(op, op->flags & FLAG_CF);
	case OPERATION_SUB:
		return subtract(op, 0);
	case OPERATION_SBB:
		return subtract(op, op->flags & FLAG_CF);
	case OPERATION_AND:
		return logic(op, op->a & op->b);
	case OPERATION_OR:
		return logic(op, op->a | op->b);
	case OPERATION_XOR:
		return logic(op, op->a ^ op->b);
	case OPERATION_INC:
	case OPERATION_DEC:
		return count(op, operation == OPERATION_INC);
	case OPERATION_NOT:
		return ~op->a;
	case OPERATION_NEG:
		return negate(op);
	case OPERATION_BTS:
	case OPERATION_BTR:
	case OPERATION_BTC:
		return bit_change(op, operation);
	default: /* MOV, XCHG, STOS, MOVS */
		return op->b;
	}
}

/* The whole ----------------------------------------------------------------- */

static uint64_t second_operand(const struct instruction *instruction, const struct regs *regs,
			       uint64_t source)
{
	uint64_t mask = size_mask(instruction->operand_bytes);

	if (instruction->has_immediate)
		return instruction->immediate & mask;
	if (instruction->operation == OPERATION_MOVS)
		return source & mask;
	if (instruction->operation == OPERATION_STOS)
		return regs->rax & mask;
	return operand_read(instruction, regs, instruction->reg);
}

/* Memory `op->a` against the accumulator; `op->b` replaces it when they are equal. */
static uint64_t compare_exchange(const struct instruction *instruction, struct regs *regs,
				 struct arithmetic *op)
{
	struct arithmetic compare = {
		.a = operand_read(instruction, regs, REGISTER_AX),
		.b = op->a,
		.bytes = op->bytes,
	};

	(void)subtract(&compare, 0);
	op->flags = compare.flags;
	if (op->flags & FLAG_ZF)
		return op->b;
	operand_write(instruction, regs, REGISTER_AX, op->a);
	return op->a;
}

bool decode_apply(const struct instruction *instruction, struct regs *regs, uint64_t address,
		  uint64_t source, uint64_t *entry)
{
	unsigned int bytes = instruction->operand_bytes, shift = 8 * (address & 7);
	uint64_t mask = size_mask(bytes) << shift, old = (*entry & mask) >> shift, result;
	bool string = instruction->operation >= OPERATION_STOS;
	struct arithmetic op = {
		.a = old,
		.b = second_operand(instruction, regs, source),
		.bytes = bytes,
		.flags = regs->rflags & FLAGS_STATUS,
	};

	if (!decode_writes_memory(instruction) || (address & 7) + bytes > 8)
		return false;
	if (string && decode_is_empty(instruction, regs)) {
		decode_string_step(instruction, regs);
		return true;
	}

	if (instruction->operation == OPERATION_CMPXCHG)
		result = compare_exchange(instruction, regs, &op);
	else if (instruction->operation == OPERATION_XADD)
		result = add(&op, 0);
	else
		result = calculate(instruction->operation, &op);
	if (instruction->operation == OPERATION_XCHG || instruction->operation == OPERATION_XADD)
		operand_write(instruction, regs, instruction->reg, old);

	*entry = (*entry & ~mask) | ((result << shift) & mask);
	regs->rflags = (regs->rflags & ~FLAGS_STATUS) | op.flags;
	if (string)
		decode_string_step(instruction, regs);
	else
		regs->rip += instruction->length;
	return true;
}
