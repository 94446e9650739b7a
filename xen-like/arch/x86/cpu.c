/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/cpu.c - one CPU's tables and modes: GDT page, TSS, stacks,
 * control registers, MSRs; and what this kind of CPU has.
 */
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/machine_check.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/arch/x86/speculation.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/arch/x86/xpti.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/heap.h"
#include "xen-like/options.h"

_Static_assert(
	offsetof(struct cpu, guest_frame) == 0x08 && offsetof(struct cpu, stack_top) == 0x10 &&
		offsetof(struct cpu, scratch) == 0x18 && offsetof(struct cpu, current) == 0x20 &&
		offsetof(struct cpu, work) == 0x28 && offsetof(struct cpu, entry_stack) == 0x30 &&
		offsetof(struct cpu, guest_cr3) == 0x38 &&
		offsetof(struct cpu, loaded_cr3) == 0x40 && offsetof(struct cpu, saved) == 0x48 &&
		offsetof(struct cpu, data_selector) == 0x60 &&
		offsetof(struct cpu, counted[COUNTER_hypercalls]) == 0x108 &&
		offsetof(struct cpu, counted[COUNTER_cr3_loads]) == 0x110,
	"entry.S knows these");

struct cpu *cpus[MAX_CPUS];
uint32_t cpu_count;
struct cpu_features cpu_features;

/* The boot CPU's, before there is a heap. */
static union {
	struct cpu cpu;
	uint8_t page[PAGE_SIZE]; /* guests' tables show it: nothing else is in it */
} boot_record __attribute__((aligned(4096)));
static uint8_t boot_gdt_page[PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t boot_ist_stacks[IST_COUNT][PAGE_SIZE] BOOT_ONLY __attribute__((aligned(4096)));

uint64_t __stack_chk_guard = 0x9e3779b97f4a7c15;

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("a function's stack frame was overrun");
}

extern void entry_syscall(void), entry_syscall_plain(void), entry_syscall32(void);
extern void guarded_syscall(void), guarded_syscall32(void);

/* Descriptors: AMD64 manual volume 2, 4.7, 4.8. */
#define CODE_64(privilege) (0x00209b0000000000ull | (uint64_t)(privilege) << 45)
#define CODE_32(privilege) (0x00cf9b000000ffffull | (uint64_t)(privilege) << 45)
#define DATA(privilege)	   (0x00cf93000000ffffull | (uint64_t)(privilege) << 45)
#define TSS_AVAILABLE	   (0x89ull << 40)

static void descriptor_put(uint8_t *page, unsigned int selector, uint64_t descriptor)
{
	memcpy(page + (selector & ~7u) - RESERVED_GDT_BYTE, &descriptor, sizeof(descriptor));
}

static void gdt_fill(uint8_t *page, const struct tss *tss)
{
	uint64_t base = (uint64_t)tss;

	descriptor_put(page, SELECTOR_HYPERVISOR_CS, CODE_64(0));
	descriptor_put(page, SELECTOR_HYPERVISOR_DS, DATA(0));
	descriptor_put(page, SELECTOR_GUEST_CS32, CODE_32(3));
	descriptor_put(page, SELECTOR_GUEST_SS, DATA(3));
	descriptor_put(page, SELECTOR_GUEST_CS64, CODE_64(3));
	descriptor_put(page, SELECTOR_TSS,
		       (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | TSS_AVAILABLE |
			       (base >> 24 & 0xff) << 56);
	descriptor_put(page, SELECTOR_TSS + 8, base >> 32);
}

/* The table register covers all 16 pages, though only the CPU's own is there. */
static void gdt_load(const uint8_t *page)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed))
	pointer = {GDT_PAGES * PAGE_SIZE - 1, (uint64_t)page - RESERVED_GDT_BYTE};

	__asm__ volatile("lgdt %0\n\t"
			 "push %1\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n\t"
			 "1: mov %w2, %%ss\n\t"
			 "mov %w3, %%ds\n\t"
			 "mov %w3, %%es\n\t"
			 "mov %w3, %%fs\n\t"
			 "mov %w3, %%gs\n\t"
			 "lldt %w3"
			 :
			 : "m"(pointer), "i"(SELECTOR_HYPERVISOR_CS), "r"(SELECTOR_HYPERVISOR_DS),
			   "r"(0)
			 : "rax", "memory");
}

static void ist_stack_set(struct cpu *cpu, enum ist ist, uint8_t *top)
{
	/* entry.S finds the CPU's record there, whatever GS is. */
	memcpy(top - 8, &cpu, sizeof(cpu));
	cpu->tss.ist[ist - 1] = (uint64_t)top - 16;
}

static void tables_load(struct cpu *cpu)
{
	gdt_load(cpu->gdt_page);
	write_msr(MSR_GS_BASE, (uint64_t)cpu);
	write_msr(MSR_KERNEL_GS_BASE, 0);
	__asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
	idt_install();
}

static void record_init(struct cpu *cpu)
{
	cpu->tss.iomap_base = sizeof(cpu->tss);
	cpu->data_selector = SELECTOR_HYPERVISOR_DS;
	gdt_fill(cpu->gdt_page, &cpu->tss);
}

void cpu_init_early(void)
{
	struct cpu *cpu = &boot_record.cpu;

	cpu->self = cpu;
	cpu->gdt_page = boot_gdt_page;
	record_init(cpu);
	for (unsigned int i = 0; i < IST_COUNT; i++)
		ist_stack_set(cpu, (enum ist)(i + 1), boot_ist_stacks[i] + PAGE_SIZE);
	tables_load(cpu);
	cpus[0] = cpu;
	cpu_count = 1;
	cpu->online = true;
}

void cpu_init_stacks(struct cpu *cpu)
{
	void *top = paging_create_stack(CPU_STACK_PAGES);
	bool done = top != NULL;

	cpu->stack_top = (uint64_t)top;
	for (unsigned int i = 1; done && i <= IST_COUNT; i++) {
		top = paging_create_stack(IST_STACK_PAGES);
		done = top != NULL;
		if (done)
			ist_stack_set(cpu, (enum ist)i, top);
	}
	if (done && alternative_on(ALTERNATIVE_GUARDED)) {
		top = paging_create_stack(IST_STACK_PAGES);
		done = top != NULL;
		cpu->entry_stack = cpu->tss.rsp[0] = (uint64_t)top;
	}
	if (done && alternative_on(ALTERNATIVE_XPTI))
		done = xpti_prepare_cpu(cpu);
	if (!done)
		boot_fail("there is not enough memory for CPU %u's stacks", cpu->id);
	/* Vectors of guests' frames are put where the direct map shows the page. */
	if (cpu == &boot_record.cpu) {
		cpu->gdt_page =
			(uint8_t *)(DIRECT_MAP_START + ((uint64_t)boot_gdt_page - IMAGE_START));
		gdt_load(cpu->gdt_page);
		write_msr(MSR_GS_BASE, (uint64_t)cpu);
	}
}

struct cpu *cpu_create(uint32_t id, uint32_t apic_id, uint32_t acpi_id)
{
	/* A page of its own, where guests' tables can show it (xpti.c). */
	uint8_t *top = paging_create_stack(1);
	struct cpu *cpu;

	if (!top)
		return NULL;
	cpu = (struct cpu *)(top - PAGE_SIZE);
	cpu->self = cpu;
	cpu->id = id;
	cpu->apic_id = apic_id;
	cpu->acpi_id = acpi_id;
	cpu->gdt_page = heap_alloc_pages(0);
	if (!cpu->gdt_page)
		return NULL;
	record_init(cpu);
	cpu_init_stacks(cpu);
	cpus[id] = cpu;
	return cpu;
}

void cpu_load_own_tables(struct cpu *cpu)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed))
	pointer = {GDT_PAGES * PAGE_SIZE - 1, (uint64_t)cpu->gdt_page - RESERVED_GDT_BYTE};

	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("lldt %w0" : : "r"(0));
	cpu->loaded_cr3 = paging_root();
	cpu_load_tables(cpu->loaded_cr3);
}

/* Features ------------------------------------------------------------------------- */

#define XCR0_X87_SSE 3ull
#define XCR0_AVX     4ull
#define XCR0_AVX512  0xe0ull

static bool has(uint32_t word, unsigned int bit)
{
	return word >> bit & 1;
}

/*
 * QEMU's emulator shows XSAVE on CPUs without any of leaf 0xd.1's extensions,
 * but never gets past the write to CR4 that switches it on: below an emulator
 * (leaf 1's ECX says so) those CPUs are taken to have none.
 */
#define EMULATED 31

static void find_extended_state(uint32_t leaf1_ecx)
{
	uint32_t leaf[4];

	cpuid(0xd, 1, leaf);
	cpu_features.xsaveopt = has(leaf[0], 0);
	cpu_features.xsave = has(leaf1_ecx, EMULATED) ? leaf[0] != 0 : true;
	cpu_features.xsave &= has(leaf1_ecx, 26) && options.xsave;
	cpu_features.xsave_bytes = 512;
	if (!cpu_features.xsave)
		return;
	cpuid(0xd, 0, leaf);
	cpu_features.xcr0 = XCR0_X87_SSE | (leaf[0] & XCR0_AVX);
	if ((leaf[0] & (XCR0_AVX | XCR0_AVX512)) == (XCR0_AVX | XCR0_AVX512))
		cpu_features.xcr0 |= XCR0_AVX512;
}

void cpu_init_features(void)
{
	uint32_t leaf[4], highest, highest_extended;

	cpuid(0, 0, leaf);
	highest = leaf[0];
	cpu_features.amd = leaf[1] == 0x68747541 || leaf[1] == 0x6f677948; /* Auth, Hygo */
	cpuid(1, 0, leaf);
	cpu_features.pge = has(leaf[3], 13);
	cpu_features.x2apic = has(leaf[2], 21);
	cpu_features.tsc_deadline = has(leaf[2], 24);
	if (highest >= 0xd)
		find_extended_state(leaf[2]);
	else
		cpu_features.xsave_bytes = 512;
	if (highest >= 7) {
		cpuid(7, 0, leaf);
		cpu_features.fsgsbase = has(leaf[1], 0) && options.fsgsbase;
		cpu_features.smep = has(leaf[1], 7) && options.smep;
		cpu_features.smap = has(leaf[1], 20) && options.smap;
		cpu_features.umip = has(leaf[2], 2) && options.umip;
	}
	cpuid(0x80000000, 0, leaf);
	highest_extended = leaf[0];
	cpuid(0x80000001, 0, leaf);
	cpu_features.nx = has(leaf[3], 20);
	cpu_features.pages_1g = has(leaf[3], 26);
	if (!has(leaf[3], 29) || !cpu_features.nx)
		boot_fail("this CPU has no 64-bit mode with no-execute pages: Enso cannot use it");
	if (highest_extended >= 0x80000007) {
		cpuid(0x80000007, 0, leaf);
		cpu_features.tsc_constant = has(leaf[3], 8);
	}
	cpu_features.physical_bits = 36;
	if (highest_extended >= 0x80000008) {
		cpuid(0x80000008, 0, leaf);
		cpu_features.physical_bits = (uint8_t)MIN(leaf[0] & 0xff, 52u);
	}
}

void cpu_say_features(void)
{
	const struct cpu_features *has_it = &cpu_features;
	char name[49] = {0};
	uint32_t leaf[4];

	cpuid(0x80000000, 0, leaf);
	for (uint32_t i = 0; i < 3 && leaf[0] >= 0x80000004; i++) {
		uint32_t part[4];

		cpuid(0x80000002 + i, 0, part);
		memcpy(name + i * sizeof(part), part, sizeof(part));
	}
	log_info("CPU: %s, %u address bits;%s%s%s%s%s%s%s%s\n", name[0] ? name : "no name",
		 has_it->physical_bits, has_it->smep ? " smep" : "", has_it->smap ? " smap" : "",
		 has_it->umip ? " umip" : "", has_it->fsgsbase ? " fsgsbase" : "",
		 has_it->xsave ? " xsave" : "", has_it->x2apic ? " x2apic" : "",
		 has_it->pages_1g ? " 1g-pages" : "", has_it->tsc_constant ? " constant-tsc" : "");
}

/* Registers ------------------------------------------------------------------------ */

#define EFER_SYSCALL	1ull
#define EFER_NX		(1ull << 11)
#define MSR_SYSENTER_CS 0x174
#define MSR_TSC_AUX	0xc0000103

static void modes_set(void)
{
	uint64_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_DE | CR4_MCE;

	/* A global translation of Enso's would stay under guests' tables. */
	cr4 |= cpu_features.pge && !speculation.xpti ? CR4_PGE : 0;
	cr4 |= cpu_features.xsave ? CR4_OSXSAVE : 0;
	cr4 |= cpu_features.fsgsbase ? CR4_FSGSBASE : 0;
	cr4 |= cpu_features.smep ? CR4_SMEP : 0;
	cr4 |= cpu_features.smap ? CR4_SMAP : 0;
	cr4 |= cpu_features.umip ? CR4_UMIP : 0;
	write_cr4(cr4);
	/* MP and NE as every 64-bit system has them; WP so that read-only is. */
	/* Not EM, TS, nor caches off (CD, NW), as INIT may leave a CPU. */
	write_cr0((read_cr0() & ~(CR0_TS | 4ull | 3ull << 29)) | CR0_WP | 2ull | (1ull << 5));
	write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SYSCALL | EFER_NX);
	write_msr(MSR_PAT, PAT_VALUE);
}

static void extended_state_on(void)
{
	uint32_t leaf[4];

	if (!cpu_features.xsave)
		return;
	__asm__ volatile("xsetbv"
			 :
			 : "c"(0), "a"((uint32_t)cpu_features.xcr0),
			   "d"((uint32_t)(cpu_features.xcr0 >> 32)));
	cpuid(0xd, 0, leaf);
	cpu_features.xsave_bytes = leaf[1];
}

static void system_calls_on(void)
{
	bool guarded = speculation_guards_entry(&speculation);

	write_msr(MSR_STAR,
		  (uint64_t)SELECTOR_GUEST_CS32 << 48 | (uint64_t)SELECTOR_HYPERVISOR_CS << 32);
	write_msr(MSR_LSTAR, (uint64_t)(guarded			? guarded_syscall
					: cpu_features.fsgsbase ? entry_syscall
								: entry_syscall_plain));
	write_msr(MSR_CSTAR, (uint64_t)(guarded ? guarded_syscall32 : entry_syscall32));
	write_msr(MSR_SYSCALL_MASK,
		  FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_RF | FLAG_AC);
	write_msr(MSR_SYSENTER_CS, 0);
	/* Guests are told it is 0; firmware may have left another number. */
	(void)!write_msr_safe(MSR_TSC_AUX, 0);
}

void cpu_init_registers(struct cpu *cpu)
{
	if (cpu != &boot_record.cpu)
		tables_load(cpu);
	cpu->loaded_cr3 = read_cr3();
	if (speculation_guards_entry(&speculation))
		idt_guard();
	else if (cpu_features.fsgsbase)
		idt_quicken();
	machine_check_enable();
	modes_set();
	extended_state_on();
	system_calls_on();
	speculation_init_cpu();
}
