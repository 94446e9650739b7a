/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/cpu.h - one physical CPU: its record, found through GS,
 * and the instructions C has no words for.
 *
 * Enso runs with interrupts off; only the idle loop opens them around HLT.
 * A CPU's record is written by that CPU unless a field says otherwise.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/atomic.h"

#define MAX_CPUS	256
#define CPU_STACK_PAGES 4 /* 16 KiB between unmapped pages */
#define IST_STACK_PAGES 1 /* each of #DF #NMI #MC #DB; unmapped pages between */

enum ist { IST_DF = 1, IST_NMI, IST_MC, IST_DB, IST_COUNT = 4 };

struct vcpu;

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, iomap_base;
} __attribute__((packed));

/* Things to do before this CPU may enter a guest again. */
enum cpu_work {
	WORK_SCHEDULE = 1u << 0, /* pick again                                 */
	WORK_TIMER = 1u << 1,	 /* some timer's time has come                  */
	WORK_FLUSH = 1u << 2,	 /* smp.c: a TLB flush asked of us              */
	WORK_CALL = 1u << 3,	 /* smp.c: a function to run                    */
	WORK_IRQ = 1u << 4,	 /* irq.c: interrupts to hand on                */
	WORK_REAP = 1u << 5,	 /* domain_destroy.c: dead domains to free      */
	WORK_TABLES = 1u << 6,	 /* xpti.c: the guest's L4 is another           */
	WORK_LOG = 1u << 7,	 /* console.c: what follows of new lines         */
};

/* What a CPU counts, always upwards: counters.def. */
enum cpu_counter {
#define COUNTER(name) COUNTER_##name,
#include "xen-like/arch/x86/counters.def"
#undef COUNTER
	COUNTERS
};

struct cpu {
	/* Offsets used by entry.S; checked in cpu.c. */
	struct cpu *self;     /* 0x00: gs:0                              */
	uint64_t guest_frame; /* 0x08: end of current->regs            */
	uint64_t stack_top;   /* 0x10                                    */
	uint64_t scratch;     /* 0x18                                    */
	struct vcpu *current; /* 0x20: never NULL once scheduling began   */
	uint32_t work;	      /* 0x28: enum cpu_work; any CPU may set bits */
	uint32_t id;	      /* 0x2c: 0 .. cpu_count-1                    */
	/* entry_guarded.S */
	uint64_t entry_stack;	/* 0x30: its top                            */
	uint64_t guest_cr3;	/* 0x38: what guests run on (xpti.c)        */
	uint64_t loaded_cr3;	/* 0x40: what CR3 holds, in Enso            */
	uint64_t saved[3];	/* 0x48                                     */
	uint16_t data_selector; /* 0x60: for VERW                         */

	uint32_t apic_id, acpi_id;
	struct vcpu *idle;
	uint8_t *gdt_page; /* its GDT page 14, in the direct map      */
	struct tss tss;
	struct domain *loaded_domain; /* whose tables those are, or NULL     */
	struct vcpu *state_of;	      /* whose segments, bases and tables are loaded */
	struct vcpu *fpu_owner;	      /* whose extended state the registers hold */
	uint64_t interrupts;	      /* taken since boot                        */
	uint64_t counted[COUNTERS];   /* since boot; others read it              */
	uint32_t locks_held;	      /* debug: a bit for each lock rank         */
	bool online;
	bool in_guest; /* read by others to decide whether to send an IPI */
};

extern struct cpu *cpus[MAX_CPUS]; /* NULL where there is none */
extern uint32_t cpu_count;	   /* online ones; ids 0 .. cpu_count-1 */

static inline struct cpu *this_cpu(void)
{
	struct cpu *self;

	__asm__("mov %%gs:0, %0" : "=r"(self));
	return self;
}

static inline struct vcpu *current_vcpu(void)
{
	struct vcpu *current;

	__asm__ volatile("mov %%gs:0x20, %0" : "=r"(current));
	return current;
}

struct cpumask {
	uint64_t bits[MAX_CPUS / 64];
};

static inline uint64_t read_msr(uint32_t index)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
	return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t index, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

/* As above for an MSR that may not exist: false when the CPU refused. */
MUST_CHECK
bool read_msr_safe(uint32_t index, uint64_t *value);
MUST_CHECK
bool write_msr_safe(uint32_t index, uint64_t value);

static inline void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(subleaf));
}

static inline uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#define DEFINE_CR(n)                                                                               \
	static inline uint64_t read_cr##n(void)                                                    \
	{                                                                                          \
		uint64_t value;                                                                    \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(value));                              \
		return value;                                                                      \
	}                                                                                          \
	static inline void write_cr##n(uint64_t value)                                             \
	{                                                                                          \
		__asm__ volatile("mov %0, %%cr" #n : : "r"(value) : "memory");                     \
	}
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

/* One more of what counters.def has by this name; an instruction that nothing comes between. */
#define count_one(name)                                                                            \
	__asm__ volatile("incq %%gs:%c0"                                                           \
			 :                                                                         \
			 : "i"(offsetof(struct cpu, counted[COUNTER_##name]))                      \
			 : "memory", "cc")

/* This CPU's tables and translations, from here on counted. */
static inline void cpu_load_tables(uint64_t cr3)
{
	count_one(cr3_loads);
	write_cr3(cr3);
}

/* Global translations are all Enso's own, which only ever gains entries. */
static inline void cpu_flush_all(void)
{
	count_one(tlb_flushes);
	write_cr3(read_cr3());
}

static inline void cpu_flush_page(uint64_t va)
{
	count_one(tlb_pages);
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline uint8_t port_read_8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t port_read_16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t port_read_32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void port_write_8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_write_16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_write_32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_PAT		   0x277
#define MSR_APIC_BASE	   0x1b

#define CR0_TS		   (1ull << 3)
#define CR0_WP		   (1ull << 16)
#define CR4_TSD		   (1ull << 2)
#define CR4_DE		   (1ull << 3)
#define CR4_PAE		   (1ull << 5)
#define CR4_MCE		   (1ull << 6)
#define CR4_PGE		   (1ull << 7)
#define CR4_PCE		   (1ull << 8)
#define CR4_OSFXSR	   (1ull << 9)
#define CR4_OSXMMEXCPT	   (1ull << 10)
#define CR4_UMIP	   (1ull << 11)
#define CR4_FSGSBASE	   (1ull << 16)
#define CR4_OSXSAVE	   (1ull << 18)
#define CR4_SMEP	   (1ull << 20)
#define CR4_SMAP	   (1ull << 21)

/* The layout Linux expects: WB WT UC- UC WC WP UC UC. */
#define PAT_VALUE 0x050100070406ull

/* What this machine's CPUs have; filled by cpu.c on the boot CPU. */
struct cpu_features {
	bool fsgsbase, smep, smap, umip, xsave, xsaveopt, x2apic, nx, pages_1g, pge;
	bool amd; /* AMD or Hygon */
	bool tsc_constant, tsc_deadline;
	uint64_t xcr0;	      /* bits Enso enables */
	uint32_t xsave_bytes; /* area size for xcr0 */
	uint8_t physical_bits;
};
extern struct cpu_features cpu_features;

/* cpu.c: Enso's own root, GDT and no LDT, as for an idle CPU. */
void cpu_load_own_tables(struct cpu *cpu);

/* smp.c ---------------------------------------------------------------- */
/* Makes CPU `id` leave guest mode or HLT and look at its work bits. */
void cpu_kick(uint32_t id);
/* Sets work bits on CPU `id` and kicks it if that is another CPU. */
void cpu_raise(uint32_t id, uint32_t work);
/*
 * Flushes all non-global translations on every CPU of `mask` (this one too if
 * set) and returns when all have.  Answers others' requests while it waits.
 */
void tlb_flush_cpus(const struct cpumask *mask);
/* The same for one linear address. */
void tlb_flush_page_cpus(const struct cpumask *mask, uint64_t va);
/* Runs function(argument) on every CPU of `mask` with interrupts off; waits. */
void cpu_call(const struct cpumask *mask, void (*function)(void *), void *argument);
/* The same on every CPU. */
void cpu_call_all(void (*function)(void *), void *argument);
/* Writes back and empties every CPU's caches. */
void flush_caches(void);
