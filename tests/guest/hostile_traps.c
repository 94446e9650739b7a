/* SPDX-License-Identifier: MIT */
/* Attacks by instructions that trap, from user mode and from the guest's kernel. */
#include "tests/guest/lib/hostile.h"

#define PIECE "100"

/* Each does something that traps; the kernel sends it on behind it. */
#define USER_LOOP(name, instructions)                                                              \
	asm(".pushsection .user, \"ax\"\n" name ": " instructions "\n\tjmp " name "\n.popsection")

USER_LOOP("user_ud", "ud2");
USER_LOOP("user_gp", "hlt");
USER_LOOP("user_int", "int $0x77");
USER_LOOP("user_page", "movb 0, %al");
USER_LOOP("user_syscall", "xor %eax, %eax\n\tsyscall");
USER_LOOP("user_cpuid", "mov $" PIECE ", %ebx\n1:\tpush %rbx\n\txor %eax, %eax\n\t"
			"cpuid\n\tpop %rbx\n\tdec %ebx\n\tjnz 1b\n\tsyscall");
USER_LOOP("user_forced", "xor %eax, %eax\n\tud2\n\t.ascii \"xen\"\n\tcpuid\n\tsyscall");
extern const char user_ud[], user_gp[], user_int[], user_page[], user_syscall[], user_cpuid[],
	user_forced[];

static void user(const char *text)
{
	static bool ready;
	struct trap_frame frame;

	if (!ready) {
		user_init();
		ready = true;
	}
	user_frame(&frame, text);
	for (int i = 0; i < 64; i++)
		user_run(&frame);
}

static void invalid(void)
{
	user(user_ud);
}

static void protection(void)
{
	user(user_gp);
}

static void interrupts(void)
{
	user(user_int);
}

static void faults(void)
{
	user(user_page);
}

static void calls(void)
{
	user(user_syscall);
}

static void cpuids(void)
{
	user(user_cpuid);
	user(user_forced);
}

/* MSRs, told and refused, as the guest's kernel may. */
static void msrs(void)
{
	uint32_t low, high;

	for (uint32_t index = 0; index < 64; index++) {
		try_asm("rdmsr", : "=a"(low), "=d"(high) : "c"(0xc0000080u + index));
		try_asm("rdmsr", : "=a"(low), "=d"(high) : "c"(hostile_random()));
		try_asm("wrmsr", : : "a"(0), "d"(0), "c"(0x200u + index));
	}
}

/* Ports, control registers, what is emulated and what is not. */
static void privileged(void)
{
	uint64_t value;
	uint8_t byte;

	for (int i = 0; i < 64; i++) {
		try_asm("inb %1, %0", : "=a"(byte) : "Nd"((uint16_t)0x70));
		try_asm("mov %%cr0, %0", : "=r"(value));
		try_asm("mov %%cr4, %0", : "=r"(value));
		try_asm("clts");
		try_asm("cli");
		try_asm("wbinvd");
	}
}

/* Writes to a page table, emulated one by one. */
static void emulated(void)
{
	static uint8_t page[4096] PAGE_ALIGNED;
	volatile uint64_t *slot = boot_slot(page, 1);

	call_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	for (int i = 0; i < 64; i++) {
		*slot = 0;
		*slot = maddr_of(page) | PTE_RW;
	}
}

/* No trap at all: what a neighbour may do by right. */
static void spin(void)
{
	for (int i = 0; i < 100000; i++)
		barrier();
}

void guest_main(void)
{
	static const struct attack attacks[] = {
		{"invalid", invalid, false},
		{"protection", protection, false},
		{"interrupts", interrupts, false},
		{"faults", faults, false},
		{"calls", calls, false},
		{"cpuids", cpuids, false},
		{"msrs", msrs, false},
		{"privileged", privileged, true},
		{"emulated", emulated, false},
		{"spin", spin, false},
	};

	hostile_run(attacks, ARRAY_SIZE(attacks));
	expect("fine-again", try_asm("ud2"), 6);
}
