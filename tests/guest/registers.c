/* SPDX-License-Identifier: MIT */
/* A hypercall changes RAX, RCX, R11 and memory it was told of; all else is kept. */
#include "tests/guest/lib/guest.h"

static uint64_t in[12];
uint64_t out[12]; /* named by the assembly below */

static void claim_registers(void)
{
	uint64_t flags_before, flags_after, rip = 0, rcx, r11;
	long bad = 0;

	for (int i = 0; i < 12; i++)
		in[i] = 0x1111111111111111ul * (uint64_t)(i + 1);
	for (int round = 0; round < 3; round++) {
		/* A version, a refusal, and a call that may sleep. */
		uint64_t number = round == 2 ? 29 : 17, *base = in;

		in[0] = round == 1 ? 99 : 0;
		in[1] = 0;
		asm volatile("push %%rbp\n\tpush %%rbx\n\t"
			     "mov 0(%1), %%rdi\n\tmov 8(%1), %%rsi\n\tmov 16(%1), %%rdx\n\t"
			     "mov 24(%1), %%r10\n\tmov 32(%1), %%r8\n\tmov 40(%1), %%r9\n\t"
			     "mov 48(%1), %%r12\n\tmov 56(%1), %%r13\n\tmov 64(%1), %%r14\n\t"
			     "mov 72(%1), %%r15\n\tmov 80(%1), %%rbx\n\tmov 88(%1), %%rbp\n\t"
			     "syscall\n\t"
			     "push %%rdi\n\tlea out(%%rip), %%rdi\n\tpopq 0(%%rdi)\n\t"
			     "mov %%rsi, 8(%%rdi)\n\tmov %%rdx, 16(%%rdi)\n\t"
			     "mov %%r10, 24(%%rdi)\n\tmov %%r8, 32(%%rdi)\n\t"
			     "mov %%r9, 40(%%rdi)\n\tmov %%r12, 48(%%rdi)\n\t"
			     "mov %%r13, 56(%%rdi)\n\tmov %%r14, 64(%%rdi)\n\t"
			     "mov %%r15, 72(%%rdi)\n\tmov %%rbx, 80(%%rdi)\n\t"
			     "mov %%rbp, 88(%%rdi)\n\tpop %%rbx\n\tpop %%rbp"
			     : "+a"(number), "+c"(base)
			     :
			     : "rdi", "rsi", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
			       "r15", "memory");
		for (int i = 2; i < 12; i++)
			bad += in[i] != out[i];
	}
	expect("kept", bad, 0);
	asm volatile("mov $17, %%eax\n\txor %%edi, %%edi\n\txor %%esi, %%esi\n\tpushfq\n\t"
		     "pop %0\n\tsyscall\n1:\tpushfq\n\tpop %1\n\tlea 1b(%%rip), %2"
		     : "=&r"(flags_before), "=&r"(flags_after), "=&r"(rip), "=&c"(rcx)
		     :
		     : "rax", "rdi", "rsi", "r11", "memory");
	expect("flags", flags_after & ~0x8d5ul, flags_before & ~0x8d5ul);
	(void)rcx;
	(void)r11;
}

static void claim_flags(void)
{
	uint64_t flags_after;

	/* DF and AC of the caller do not trouble the hypervisor, nor are they lost. */
	asm volatile(
		"pushfq\n\torq $0x40400, (%%rsp)\n\tpopfq\n\tmov $17, %%eax\n\t"
		"xor %%edi, %%edi\n\txor %%esi, %%esi\n\tsyscall\n\tpushfq\n\tpop %0\n\tcld\n\t"
		"pushfq\n\tandq $~0x40000, (%%rsp)\n\tpopfq"
		: "=&r"(flags_after)
		:
		: "rax", "rcx", "rdi", "rsi", "r11", "memory", "cc");
	expect("df-kept", flags_after & 0x400, 0x400);
	expect("ac-kept", flags_after & 0x40000, 0x40000);
}

static void claim_selectors(void)
{
	/* Selectors of the data segments are the guest's own. */
	asm volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(FLAT_RING3_SS32));
	call_version(XENVER_version, NULL);
	uint64_t ds, es;

	asm volatile("mov %%ds, %0\n\tmov %%es, %1" : "=r"(ds), "=r"(es));
	expect("ds-kept", ds & 0xffff, FLAT_RING3_SS32);
	expect("es-kept", es & 0xffff, FLAT_RING3_SS32);
	call_sched(SCHEDOP_yield, NULL);
	asm volatile("mov %%ds, %0" : "=r"(ds));
	expect("ds-kept-over-yield", ds & 0xffff, FLAT_RING3_SS32);
	asm volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(0));
}

void guest_main(void)
{
	claim_registers();
	claim_flags();
	claim_selectors();
}
