/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/decode.c - see decode.h; encodings are those of the Intel SDM,
 * volume 2.  What the operations do is in decode_apply.c.
 */
#include "xen-like/pv/decode.h"

enum opcode_map { MAP_ONE, MAP_0F, MAP_0F01 };

/* How an opcode's operands are encoded. */
enum {
	MODRM = 1 << 0,	   /* a ModRM byte follows                           */
	MEMORY = 1 << 1,   /* ... and must name memory                       */
	REGISTER = 1 << 2, /* ... and names a register, whatever its mode    */
	PAIR = 1 << 3,	   /* even opcode: byte operand; odd: full size      */
	IMMEDIATE_8 = 1 << 4,
	IMMEDIATE = 1 << 5, /* operand sized, at most 4 bytes                 */
	LOCKABLE = 1 << 6,
	OFFSET = 1 << 7, /* a full address follows instead of ModRM        */
	STRING = 1 << 8,
	PORT = 1 << 9,	/* operands of 8 bytes do not exist               */
	WIDE = 1 << 10, /* always 8 bytes                                 */
	NO_16 = 1 << 11,
};

#define ANY   0xff
#define WRITE (MODRM | MEMORY)

struct form {
	uint8_t map, opcode, extension; /* of ModRM.reg, or ANY */
	uint8_t operation;
	uint16_t operands;
};

/*
 * The even opcode stands for both of a PAIR.  Looked through from the top: first comes what
 * Linux does at each switch of its tasks (reading the other GS base) or of lazy mappings, then what
 * it does often to page tables and control registers.
 */
static const struct form forms[] = {
	{MAP_0F, 0x32, ANY, OPERATION_RDMSR, 0},
	{MAP_0F, 0x30, ANY, OPERATION_WRMSR, 0},
	{MAP_ONE, 0x88, ANY, OPERATION_MOV, WRITE | PAIR},
	{MAP_ONE, 0x86, ANY, OPERATION_XCHG, WRITE | PAIR | LOCKABLE},
	{MAP_0F, 0x20, ANY, OPERATION_READ_CR, MODRM | REGISTER | WIDE},
	{MAP_0F, 0x22, ANY, OPERATION_WRITE_CR, MODRM | REGISTER | WIDE},
	{MAP_0F, 0x06, ANY, OPERATION_CLTS, 0},
	{MAP_ONE, 0xcd, ANY, OPERATION_INT, IMMEDIATE_8},
	{MAP_ONE, 0xc6, 0, OPERATION_MOV, WRITE | PAIR | IMMEDIATE},
	{MAP_ONE, 0x80, 0, OPERATION_ADD, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x80, 1, OPERATION_OR, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x80, 2, OPERATION_ADC, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x80, 3, OPERATION_SBB, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x80, 4, OPERATION_AND, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x80, 5, OPERATION_SUB, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x80, 6, OPERATION_XOR, WRITE | PAIR | IMMEDIATE | LOCKABLE},
	{MAP_ONE, 0x83, 0, OPERATION_ADD, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x83, 1, OPERATION_OR, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x83, 2, OPERATION_ADC, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x83, 3, OPERATION_SBB, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x83, 4, OPERATION_AND, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x83, 5, OPERATION_SUB, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x83, 6, OPERATION_XOR, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_ONE, 0x00, ANY, OPERATION_ADD, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0x08, ANY, OPERATION_OR, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0x10, ANY, OPERATION_ADC, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0x18, ANY, OPERATION_SBB, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0x20, ANY, OPERATION_AND, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0x28, ANY, OPERATION_SUB, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0x30, ANY, OPERATION_XOR, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0xfe, 0, OPERATION_INC, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0xfe, 1, OPERATION_DEC, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0xf6, 2, OPERATION_NOT, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0xf6, 3, OPERATION_NEG, WRITE | PAIR | LOCKABLE},
	{MAP_ONE, 0xa2, ANY, OPERATION_MOV, OFFSET | PAIR},
	{MAP_ONE, 0xa4, ANY, OPERATION_MOVS, STRING | PAIR},
	{MAP_ONE, 0xaa, ANY, OPERATION_STOS, STRING | PAIR},
	{MAP_0F, 0xb0, ANY, OPERATION_CMPXCHG, WRITE | PAIR | LOCKABLE},
	{MAP_0F, 0xc0, ANY, OPERATION_XADD, WRITE | PAIR | LOCKABLE},
	{MAP_0F, 0xc3, ANY, OPERATION_MOV, WRITE | NO_16},
	{MAP_0F, 0xab, ANY, OPERATION_BTS, WRITE | LOCKABLE},
	{MAP_0F, 0xb3, ANY, OPERATION_BTR, WRITE | LOCKABLE},
	{MAP_0F, 0xbb, ANY, OPERATION_BTC, WRITE | LOCKABLE},
	{MAP_0F, 0xba, 5, OPERATION_BTS, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_0F, 0xba, 6, OPERATION_BTR, WRITE | IMMEDIATE_8 | LOCKABLE},
	{MAP_0F, 0xba, 7, OPERATION_BTC, WRITE | IMMEDIATE_8 | LOCKABLE},

	{MAP_ONE, 0xe4, ANY, OPERATION_IN, PORT | PAIR | IMMEDIATE_8},
	{MAP_ONE, 0xe6, ANY, OPERATION_OUT, PORT | PAIR | IMMEDIATE_8},
	{MAP_ONE, 0xec, ANY, OPERATION_IN, PORT | PAIR},
	{MAP_ONE, 0xee, ANY, OPERATION_OUT, PORT | PAIR},
	{MAP_ONE, 0x6c, ANY, OPERATION_INS, PORT | PAIR | STRING},
	{MAP_ONE, 0x6e, ANY, OPERATION_OUTS, PORT | PAIR | STRING},
	{MAP_ONE, 0xcf, ANY, OPERATION_RETURN, 0},
	{MAP_ONE, 0xf4, ANY, OPERATION_HLT, 0},
	{MAP_ONE, 0xfa, ANY, OPERATION_CLI, 0},
	{MAP_ONE, 0xfb, ANY, OPERATION_STI, 0},
	{MAP_0F, 0x00, 2, OPERATION_LOAD_TABLE, MODRM},
	{MAP_0F, 0x00, 3, OPERATION_LOAD_TABLE, MODRM},
	{MAP_0F, 0x01, 2, OPERATION_LOAD_TABLE, MODRM | MEMORY},
	{MAP_0F, 0x01, 3, OPERATION_LOAD_TABLE, MODRM | MEMORY},
	{MAP_0F, 0x01, 6, OPERATION_LMSW, MODRM},
	{MAP_0F, 0x01, 7, OPERATION_INVLPG, MODRM | MEMORY},
	{MAP_0F01, 0xd0, ANY, OPERATION_XGETBV, 0},
	{MAP_0F01, 0xd1, ANY, OPERATION_XSETBV, 0},
	{MAP_0F01, 0xf8, ANY, OPERATION_SWAPGS, 0},
	{MAP_0F01, 0xf9, ANY, OPERATION_RDTSCP, 0},
	{MAP_0F, 0x07, ANY, OPERATION_RETURN, 0},
	{MAP_0F, 0x09, ANY, OPERATION_WBINVD, 0},
	{MAP_0F, 0x21, ANY, OPERATION_READ_DR, MODRM | REGISTER | WIDE},
	{MAP_0F, 0x23, ANY, OPERATION_WRITE_DR, MODRM | REGISTER | WIDE},
	{MAP_0F, 0x31, ANY, OPERATION_RDTSC, 0},
	{MAP_0F, 0x33, ANY, OPERATION_RDPMC, 0},
	{MAP_0F, 0x35, ANY, OPERATION_RETURN, 0},
	{MAP_0F, 0xa2, ANY, OPERATION_CPUID, 0},
};

/* The bytes, as they are taken; `bad` once they are not enough. */
struct reader {
	const uint8_t *bytes;
	size_t count, at;
	bool bad;
};

static uint8_t peek(const struct reader *reader)
{
	return reader->at < reader->count ? reader->bytes[reader->at] : 0;
}

static uint8_t take(struct reader *reader)
{
	if (reader->at >= reader->count) {
		reader->bad = true;
		return 0;
	}
	return reader->bytes[reader->at++];
}

/* A little-endian number of 1 .. 8 bytes, sign-extended. */
static int64_t take_signed(struct reader *reader, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)take(reader) << (8 * i);
	return (int64_t)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

struct prefixes {
	uint8_t rex; /* 0: none */
	bool operand_16;
};

/* One legacy prefix; false when the next byte is none. */
static bool take_prefix(struct reader *reader, struct prefixes *prefixes, struct instruction *out)
{
	switch (peek(reader)) {
	case 0x66:
		prefixes->operand_16 = true;
		break;
	case 0x67:
		out->address_bytes = 4;
		break;
	case 0xf0:
		out->lock = true;
		break;
	case 0xf2:
	case 0xf3:
		out->repeat = true;
		break;
	case 0x64:
		out->segment = SEGMENT_FS;
		break;
	case 0x65:
		out->segment = SEGMENT_GS;
		break;
	case 0x26: /* ES, CS, SS, DS: flat in 64-bit code, and ignored */
	case 0x2e:
	case 0x36:
	case 0x3e:
		break;
	default:
		return false;
	}
	(void)take(reader);
	return !reader->bad;
}

static void take_prefixes(struct reader *reader, struct prefixes *prefixes, struct instruction *out)
{
	/* A REX counts only right before the opcode. */
	for (;;) {
		if (take_prefix(reader, prefixes, out)) {
			prefixes->rex = 0;
		} else if ((peek(reader) & 0xf0) == 0x40) {
			prefixes->rex = take(reader);
		} else {
			break;
		}
	}
	out->rex = prefixes->rex != 0;
}

static void take_sib(struct reader *reader, uint8_t mode, uint8_t rex, struct instruction *out)
{
	uint8_t sib = take(reader);
	uint8_t index = (sib >> 3 & 7) | (rex & REX_X ? 8 : 0);

	out->scale = 1 << (sib >> 6);
	out->index = index == 4 ? REGISTER_NONE : index;
	if ((sib & 7) == 5 && mode == 0) {
		out->base = REGISTER_NONE;
		out->displacement = take_signed(reader, 4);
	} else {
		out->base = (sib & 7) | (rex & REX_B ? 8 : 0);
	}
}

static void take_modrm(struct reader *reader, const struct form *form, uint8_t rex,
		       struct instruction *out)
{
	uint8_t modrm = take(reader), mode = modrm >> 6;

	out->reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
	out->rm = (modrm & 7) | (rex & REX_B ? 8 : 0);
	if (mode == 3 || (form->operands & REGISTER))
		return;

	out->memory = true;
	if ((modrm & 7) == 4) {
		take_sib(reader, mode, rex, out);
	} else if ((modrm & 7) == 5 && mode == 0) {
		out->base = REGISTER_RIP;
		out->displacement = take_signed(reader, 4);
	} else {
		out->base = out->rm;
	}
	if (mode == 1)
		out->displacement = take_signed(reader, 1);
	else if (mode == 2)
		out->displacement = take_signed(reader, 4);
}

/* The row for the opcode; the byte after it (ModRM) may be part of the name. */
static const struct form *find_form(enum opcode_map map, uint8_t opcode, uint8_t next)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *form = &forms[i];
		uint8_t mask = form->operands & PAIR ? 0xfe : 0xff;

		if (form->map != map || form->opcode != (opcode & mask))
			continue;
		if (form->extension != ANY && form->extension != (next >> 3 & 7))
			continue;
		return form;
	}
	return NULL;
}

static const struct form *take_opcode(struct reader *reader, uint8_t *opcode)
{
	enum opcode_map map = MAP_ONE;

	*opcode = take(reader);
	if (*opcode == 0x0f) {
		map = MAP_0F;
		*opcode = take(reader);
		/* 0f 01 with a register is a family of its own, LMSW excepted. */
		if (*opcode == 0x01 && peek(reader) >= 0xc0 && (peek(reader) & 0x38) != 0x30) {
			map = MAP_0F01;
			*opcode = take(reader);
		}
	}
	return reader->bad ? NULL : find_form(map, *opcode, peek(reader));
}

static uint8_t operand_bytes(const struct form *form, uint8_t opcode,
			     const struct prefixes *prefixes)
{
	if ((form->operands & PAIR) && !(opcode & 1))
		return 1;
	if (form->operands & WIDE)
		return 8;
	if ((prefixes->rex & REX_W) && !(form->operands & PORT))
		return 8;
	return prefixes->operand_16 ? 2 : 4;
}

static void take_operands(struct reader *reader, const struct form *form,
			  const struct prefixes *prefixes, struct instruction *out)
{
	if (form->operands & MODRM)
		take_modrm(reader, form, prefixes->rex, out);
	if (form->operands & OFFSET) {
		out->memory = true;
		out->displacement = take_signed(reader, out->address_bytes);
	}
	if (form->operands & IMMEDIATE_8) {
		out->has_immediate = true;
		out->immediate = (uint64_t)take_signed(reader, 1);
	} else if (form->operands & IMMEDIATE) {
		out->has_immediate = true;
		out->immediate = (uint64_t)take_signed(reader, MIN(out->operand_bytes, 4));
	}
	/* Port and vector numbers are not signed. */
	if (form->operation == OPERATION_INT || (form->operands & PORT))
		out->immediate &= 0xff;
}

bool decode_instruction(const uint8_t *bytes, size_t count, struct instruction *out)
{
	struct reader reader = {.bytes = bytes, .count = MIN(count, INSTRUCTION_BYTES_MAX)};
	struct prefixes prefixes = {.rex = 0};
	const struct form *form;
	uint8_t opcode;

	*out = (struct instruction){
		.address_bytes = 8, .base = REGISTER_NONE, .index = REGISTER_NONE, .scale = 1};
	take_prefixes(&reader, &prefixes, out);
	form = take_opcode(&reader, &opcode);
	if (!form)
		return false;
	out->operation = form->operation;
	out->operand_bytes = operand_bytes(form, opcode, &prefixes);
	take_operands(&reader, form, &prefixes, out);

	if (reader.bad || ((form->operands & MEMORY) && !out->memory))
		return false;
	if (out->lock && !(form->operands & LOCKABLE))
		return false;
	if ((form->operands & NO_16) && out->operand_bytes == 2)
		return false;
	if (!(form->operands & STRING))
		out->repeat = false;
	out->length = (uint8_t)reader.at;
	return true;
}
