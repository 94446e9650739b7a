/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/decode.h - instructions of 64-bit code that Enso carries out for
 * a guest: the privileged ones, and writes to memory (to page tables that are
 * mapped read-only, ptwr.c).
 *
 * Pure: bytes in, a description out; registers and an old value in, new ones
 * out.  Fetching the bytes, checking rights and storing are the callers'.
 * What is not described here is refused, never guessed.
 */
#pragma once

#include "xen-like/arch/x86/regs.h"
#include "xen-like/base/abi.h"

#define INSTRUCTION_BYTES_MAX 15

enum operation {
	OPERATION_NONE,
	/* Privileged, or refused to ring 3. */
	OPERATION_IN,
	OPERATION_OUT,
	OPERATION_INS,
	OPERATION_OUTS,
	OPERATION_CPUID,
	OPERATION_RDMSR,
	OPERATION_WRMSR,
	OPERATION_RDTSC,
	OPERATION_RDTSCP,
	OPERATION_RDPMC,
	OPERATION_XGETBV,
	OPERATION_XSETBV,
	OPERATION_READ_CR,
	OPERATION_WRITE_CR,
	OPERATION_READ_DR,
	OPERATION_WRITE_DR,
	OPERATION_CLTS,
	OPERATION_LMSW,
	OPERATION_CLI,
	OPERATION_STI,
	OPERATION_HLT,
	OPERATION_WBINVD,
	OPERATION_INVLPG,
	OPERATION_SWAPGS,
	OPERATION_LOAD_TABLE, /* LGDT, LIDT, LLDT, LTR */
	OPERATION_RETURN,     /* IRET, SYSRET, SYSEXIT */
	OPERATION_INT,	      /* INT n: n is `immediate` */
	/* Writes to memory. */
	OPERATION_MOV,
	OPERATION_XCHG,
	OPERATION_CMPXCHG,
	OPERATION_XADD,
	OPERATION_ADD,
	OPERATION_OR,
	OPERATION_ADC,
	OPERATION_SBB,
	OPERATION_AND,
	OPERATION_SUB,
	OPERATION_XOR,
	OPERATION_INC,
	OPERATION_DEC,
	OPERATION_NOT,
	OPERATION_NEG,
	OPERATION_BTS,
	OPERATION_BTR,
	OPERATION_BTC,
	OPERATION_STOS,
	OPERATION_MOVS,
};

/* Values of `base` and `index` besides the registers 0 .. 15. */
#define REGISTER_NONE 0xff
#define REGISTER_RIP  0xfe

enum segment_override { SEGMENT_FLAT, SEGMENT_FS, SEGMENT_GS };

/* How the CPU numbers them: RAX is 0, RSP 4, R8 8. */
struct instruction {
	enum operation operation;
	uint8_t length;		    /* in bytes, prefixes included: 1 .. 15        */
	uint8_t operand_bytes;	    /* 1, 2, 4 or 8                                */
	uint8_t address_bytes;	    /* 4 or 8                                      */
	uint8_t reg;		    /* ModRM.reg: register operand, CR or DR number */
	uint8_t rm;		    /* register operand when there is no memory    */
	bool memory;		    /* ModRM names memory, by the five below       */
	uint8_t base, index, scale; /* index * scale: 1, 2, 4, 8              */
	int64_t displacement;
	enum segment_override segment;
	bool has_immediate;
	uint64_t immediate; /* extended to 64 bits                         */
	bool rex;	    /* byte registers 4 .. 7 are SPL.., not AH..   */
	bool lock, repeat;  /* LOCK; either REP prefix                     */
};

/* Bases that address computation needs besides the registers. */
struct segment_bases {
	uint64_t fs, gs;
};

/*
 * Describes the instruction that starts at bytes[0]; `count` bytes are there
 * (more than 15 are not looked at).  False when it is none of the above, is
 * cut short, or has a prefix that would make the CPU refuse it.
 */
MUST_CHECK
bool decode_instruction(const uint8_t *bytes, size_t count, struct instruction *out);

static inline bool decode_writes_memory(const struct instruction *instruction)
{
	return instruction->operation >= OPERATION_MOV;
}

/* Register `number` (0 .. 15, as the CPU counts) of a saved frame. */
uint64_t *decode_register(struct regs *regs, unsigned int number);

/*
 * The linear address of the memory operand: what is written, for STOS, MOVS
 * and INS by RDI; what is read for OUTS, by RSI.  regs->rip is the start of
 * the instruction.  Not checked in any way.
 */
uint64_t decode_address(const struct instruction *instruction, const struct regs *regs,
			struct segment_bases bases);
/* The linear address that MOVS reads. */
uint64_t decode_source_address(const struct instruction *instruction, const struct regs *regs,
			       struct segment_bases bases);

/*
 * Carries out a write to memory on a copy of the aligned 8 bytes that hold
 * `address` (from decode_address): *entry becomes their new value, `regs` what
 * the CPU would make of them, flags and RIP included.  With a REP prefix one
 * round is done, and RIP stays if there are more; rounds == 0 writes nothing.
 * `source` is what MOVS has read (operand_bytes of it are used).
 *
 * False, with nothing changed, when the operand crosses into the next 8 bytes
 * or the operation is not a write.
 */
MUST_CHECK
bool decode_apply(const struct instruction *instruction, struct regs *regs, uint64_t address,
		  uint64_t source, uint64_t *entry);

/* True when a REP prefix and a zero count make it do nothing. */
bool decode_is_empty(const struct instruction *instruction, const struct regs *regs);
/* String instructions: moves RSI, RDI by one element and counts RCX down;
 * advances RIP unless a REP has rounds left. */
void decode_string_step(const struct instruction *instruction, struct regs *regs);
