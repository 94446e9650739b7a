/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/regs.h - the registers saved on every entry, in the order
 * entry.S pushes them.  For a guest the frame lies at the start of its vCPU,
 * so that switching vCPUs moves no registers.
 */
#pragma once

#include "xen-like/base/abi.h"

struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint32_t error_code;
	uint32_t vector; /* trap or interrupt vector; 0 for SYSCALL */
	uint64_t rip, cs, rflags, rsp, ss;
};

enum {
	TRAP_DE = 0,
	TRAP_DB = 1,
	TRAP_NMI = 2,
	TRAP_BP = 3,
	TRAP_OF = 4,
	TRAP_BR = 5,
	TRAP_UD = 6,
	TRAP_NM = 7,
	TRAP_DF = 8,
	TRAP_TS = 10,
	TRAP_NP = 11,
	TRAP_SS = 12,
	TRAP_GP = 13,
	TRAP_PF = 14,
	TRAP_MF = 16,
	TRAP_AC = 17,
	TRAP_MC = 18,
	TRAP_XM = 19,
	TRAP_CP = 21,
};

#define FLAG_CF	      0x1ull
#define FLAG_RESERVED 0x2ull
#define FLAG_TF	      0x100ull
#define FLAG_IF	      0x200ull
#define FLAG_DF	      0x400ull
#define FLAG_IOPL     0x3000ull
#define FLAG_NT	      0x4000ull
#define FLAG_RF	      0x10000ull
#define FLAG_VM	      0x20000ull
#define FLAG_AC	      0x40000ull
#define FLAG_VIF      0x80000ull
#define FLAG_VIP      0x100000ull
#define FLAG_ID	      0x200000ull

#define PF_PRESENT    1u
#define PF_WRITE      2u
#define PF_USER	      4u
#define PF_RESERVED   8u
#define PF_FETCH      16u
