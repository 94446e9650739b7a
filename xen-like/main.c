/* SPDX-License-Identifier: MIT */
/*
 * xen-like/main.c - the boot, from the loader's hand-over to dom0.
 */
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/clock_setup.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/arch/x86/machine_check.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/pci.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/string.h"
#include "xen-like/boot_finish.h"
#include "xen-like/console.h"
#include "xen-like/domain/dom0_build.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/heap.h"
#include "xen-like/options.h"
#include "xen-like/sched/sched.h"
#include "xen-like/sched/timer.h"
#include "xen-like/vga.h"

extern uint64_t __stack_chk_guard;
void enso_main(uint32_t magic, uint32_t information) __attribute__((noreturn));
extern void run_on_stack(uint64_t stack_top, void (*function)(void)) __attribute__((noreturn));

static void option_complaint(const char *why, const char *word)
{
	log_warning("%s: %s (ignored)\n", why, word);
}

static void option_silence(const char *why, const char *word)
{
	(void)why;
	(void)word;
}

static void say_hello(void)
{
	log_info("Enso " ENSO_VERSION ", Xen ABI 4.17, loaded by %s\n",
		 boot_info.loader[0] ? boot_info.loader : "an unnamed loader");
	log_info("options: %s\n", options_command_line());
	options_parse(&options, boot_info.command_line, option_complaint);
}

/* mem=: what lies above is left out of the map. */
static void limit_memory(void)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; options.mem && i < boot_info.module_count; i++)
		if (boot_info.modules[i].end.n > options.mem)
			boot_fail("mem= cuts off boot module %u, which ends at %#lx: give more", i,
				  boot_info.modules[i].end.n);
	for (uint32_t i = 0; options.mem && i < boot_info.e820_count; i++) {
		struct e820_entry *entry = &boot_info.e820[i];

		if (entry->type == E820_RAM && entry->start >= options.mem)
			continue;
		if (entry->type == E820_RAM && entry->start + entry->bytes > options.mem)
			entry->bytes = options.mem - entry->start;
		boot_info.e820[kept++] = *entry;
	}
	if (options.mem)
		boot_info.e820_count = kept;
}

static void say_memory(void)
{
	static const char *const names[] = {"other", "RAM",	 "reserved",
					    "ACPI",  "ACPI NVS", "unusable"};

	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];

		log_debug("memory %012lx-%012lx %s\n", entry->start,
			  entry->start + entry->bytes - 1,
			  names[entry->type < ARRAY_SIZE(names) ? entry->type : 0]);
	}
	for (uint32_t i = 0; i < boot_info.module_count; i++)
		log_debug("boot module %u at %012lx, %lu bytes\n", i, boot_info.modules[i].start.n,
			  boot_info.modules[i].end.n - boot_info.modules[i].start.n);
	log_info("memory: %lu MiB, addresses below %lu MiB\n", heap_total_count() >> 8,
		 frame_limit >> (20 - PAGE_SHIFT));
	speculation_check_memory(frame_limit << PAGE_SHIFT);
}

/* dom0_vcpus_pin: each vCPU of dom0 stays on the CPU of its number. */
static void pin_dom0(void)
{
	for (uint32_t i = 0; options.dom0_vcpus_pin && i < hardware_domain->max_vcpus; i++) {
		struct cpumask mask = {{0}};

		bit_set(mask.bits, i % cpu_count);
		if (hardware_domain->vcpus[i])
			sched_set_affinity(hardware_domain->vcpus[i], &mask);
	}
}

/* Compiled-in until here: a guest's bug must not be able to guess it. */
static void pick_stack_guard(void)
{
	uint64_t random = read_tsc() * 0x9e3779b97f4a7c15ull, more = 0;
	uint32_t leaf[4];

	cpuid(1, 0, leaf);
	if (leaf[2] >> 30 & 1)
		__asm__ volatile("rdrand %0" : "=r"(more) : : "cc");
	/* The low byte 0 ends a string that runs over. */
	__stack_chk_guard = (random ^ more) & ~0xffull;
}

static void start_cpu_zero(void)
{
	struct cpu *cpu = this_cpu();

	cpu->apic_id = apic_read_id();
	for (uint32_t i = 0; i < acpi_info.cpu_count; i++)
		if (acpi_info.cpus[i].apic_id == cpu->apic_id)
			cpu->acpi_id = acpi_info.cpus[i].acpi_id;
	if (!timers_prepare_cpu(0) || !sched_prepare_cpu(0) || !irq_prepare_cpu(0))
		boot_fail("there is not enough memory for CPU 0");
	clock_arm_cpu();
}

/* 2. On CPU 0's own stack. */
static void enso_start(void)
{
	if (options.acpi)
		acpi_read(boot_info.rsdp[0] ? boot_info.rsdp : NULL);
	else
		acpi_assume_none();
	legacy_pic_disable();
	apic_setup();
	apic_enable_cpu();
	ioapic_setup();
	pci_setup();
	clock_calibrate();
	clock_read_date();
	start_cpu_zero();
	if (!heap_start_scrubbing())
		boot_fail("there is not enough memory to keep book of freed pages");
	smp_start_others();
	machine_check_start_polling();
	if (paging_audit() != 0)
		panic("memory is both writable and executable");
	dom0_build();
	pin_dom0();
	console_enable_input();
	log_info("starting dom0\n");
	vga_stop();
	boot_finish();
}

/* 1. On the loader's ground. */
void enso_main(uint32_t magic, uint32_t information)
{
	cpu_init_early();
	pick_stack_guard();
	options_parse(&options, "console=com1", option_silence);
	multiboot_read(magic, information);
	options_parse(&options, boot_info.command_line, option_silence);
	console_init();
	say_hello();
	cpu_init_features();
	cpu_say_features();
	limit_memory();
	speculation_init(option_complaint);
	alternatives_apply(speculation_alternatives() |
			   (cpu_features.smap ? 1u << ALTERNATIVE_SMAP : 0));
	paging_build();
	console_init_ring();
	say_memory();
	cpu_init_registers(this_cpu());
	cpu_init_stacks(this_cpu());
	run_on_stack(this_cpu()->stack_top, enso_start);
}

const void *acpi_port_map(uint64_t address, uint64_t bytes)
{
	return paging_map_table(maddr(address), bytes);
}

void acpi_port_complain(const char *why, const char *table)
{
	log_warning("ACPI table %s is passed over: %s\n", table, why);
}
