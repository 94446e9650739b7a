/* SPDX-License-Identifier: MIT */
/*
 * tests/host/privileged.c - instructions that fault in an ordinary program are
 * carried out by the signal's handler: CR3 and INVLPG act on the host's TLBs,
 * other registers are remembered, the rest is passed over.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "tests/host/machine.h"

static struct sigaction before[2]; /* SIGSEGV, SIGILL */
static uint64_t control[16], debug[8];

struct decoded {
	const uint8_t *at; /* the opcode, behind prefixes */
	uint8_t rex;
	greg_t *gregs;
};

static greg_t *general(const struct decoded *in, unsigned int number)
{
	static const int where[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
				      REG_RSI, REG_RDI, REG_R8,	 REG_R9,  REG_R10, REG_R11,
				      REG_R12, REG_R13, REG_R14, REG_R15};

	return &in->gregs[where[number]];
}

/* Bytes of a ModRM operand, from the ModRM byte on. */
static unsigned int modrm_bytes(const uint8_t *modrm)
{
	unsigned int mod = modrm[0] >> 6, rm = modrm[0] & 7, bytes = 1;

	if (mod == 3)
		return bytes;
	if (rm == 4) {
		bytes++;
		if (mod == 0 && (modrm[1] & 7) == 5)
			bytes += 4;
	} else if (mod == 0 && rm == 5) {
		bytes += 4;
	}
	return bytes + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

/* MOV to and from control and debug registers: 0f 20..23.  The length is 3. */
static unsigned int move_special(const struct decoded *in)
{
	unsigned int number = (in->at[2] >> 3 & 7) | (in->rex & 4) << 1;
	greg_t *value = general(in, (in->at[2] & 7) | (in->rex & 1) << 3);

	switch (in->at[1]) {
	case 0x20:
		*value = (greg_t)(number == 3 ? host_cr3_read() : control[number]);
		break;
	case 0x21:
		*value = (greg_t)debug[number & 7];
		break;
	case 0x22:
		if (number == 3)
			host_cr3_write((uint64_t)*value);
		else
			control[number] = (uint64_t)*value;
		break;
	default:
		debug[number & 7] = (uint64_t)*value;
	}
	return 3;
}

/* Bytes of the instruction, which has been carried out; 0: none of ours. */
static unsigned int carry_out(const struct decoded *in)
{
	const uint8_t *at = in->at;

	if (at[0] == 0xfa || at[0] == 0xfb || at[0] == 0xf4)
		return 1; /* CLI STI HLT */
	if ((at[0] & 0xf4) == 0xe4 && at[0] >= 0xe4) {
		if (!(at[0] & 2))
			in->gregs[REG_RAX] |= 0xff;
		return at[0] & 8 ? 1 : 2; /* IN OUT */
	}
	if (at[0] != 0x0f)
		return 0;
	switch (at[1]) {
	case 0x06: /* CLTS */
	case 0x09: /* WBINVD */
	case 0x30: /* WRMSR */
		return 2;
	case 0x32: /* RDMSR */
		in->gregs[REG_RAX] = in->gregs[REG_RDX] = 0;
		return 2;
	case 0x00: /* LLDT LTR */
	case 0x01: /* INVLPG LGDT SWAPGS XSETBV; other pages' translations may as well stay */
		return 2 + modrm_bytes(at + 2);
	case 0x20 ... 0x23:
		return move_special(in);
	default:
		return 0;
	}
}

static void handler(int number, siginfo_t *info, void *context)
{
	ucontext_t *machine = context;
	struct decoded in = {.at = (const uint8_t *)machine->uc_mcontext.gregs[REG_RIP],
			     .gregs = machine->uc_mcontext.gregs};
	const uint8_t *start = in.at;
	unsigned int bytes;

	/* An access that faulted has an address; an instruction that is refused has none. */
	if (number == SIGSEGV && info->si_code != SI_KERNEL) {
		sigaction(number, &before[0], NULL);
		return;
	}
	while (*in.at == 0x66 || *in.at == 0xf3)
		in.at++;
	if ((*in.at & 0xf0) == 0x40)
		in.rex = *in.at++;
	bytes = carry_out(&in);
	if (bytes == 0) {
		sigaction(number, &before[number == SIGILL], NULL);
		return;
	}
	machine->uc_mcontext.gregs[REG_RIP] += (greg_t)(in.at - start) + bytes;
}

void host_privileged_install(void)
{
	struct sigaction action = {.sa_sigaction = handler,
				   .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};

	sigaction(SIGSEGV, &action, &before[0]);
	sigaction(SIGILL, &action, &before[1]);
}
