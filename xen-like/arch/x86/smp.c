/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/smp.c - see smp.h.
 *
 * One request is under way at a time.  Whoever waits - for the request slot,
 * for answers, for any lock - answers meanwhile, so two CPUs that ask at once
 * both get through.
 */
#include "xen-like/arch/x86/smp.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/clock_setup.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/irq.h"
#include "xen-like/options.h"
#include "xen-like/sched/sched.h"
#include "xen-like/sched/timer.h"

#define START_LIMIT_NS 5000000000ull /* an emulator on a busy host is slow */

/* Requests ----------------------------------------------------------------------- */

enum request_kind { REQUEST_FLUSH, REQUEST_FLUSH_PAGE, REQUEST_CALL };

static struct {
	uint32_t busy; /* somebody's request is under way */
	enum request_kind kind;
	uint64_t va;
	void (*function)(void *);
	void *argument;
	uint64_t asked[MAX_CPUS / 64]; /* CPUs that have not answered yet */
} request;

static void perform(void)
{
	switch (request.kind) {
	case REQUEST_FLUSH:
		cpu_flush_all();
		break;
	case REQUEST_FLUSH_PAGE:
		cpu_flush_page(request.va);
		break;
	case REQUEST_CALL:
		request.function(request.argument);
		break;
	}
}

void smp_answer(void)
{
	uint32_t id = this_cpu()->id;

	if (!bit_test(request.asked, id))
		return;
	perform();
	bit_clear(request.asked, id);
}

void spin_wait(void)
{
	smp_answer();
}

static bool unanswered(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(request.asked); i++)
		if (read_once(request.asked[i]))
			return true;
	return false;
}

/* Asks the others of `mask`; true when this CPU is among them too. */
static bool ask_others(const struct cpumask *mask)
{
	uint32_t own = this_cpu()->id;

	for (uint32_t id = 0; id < cpu_count; id++) {
		if (id == own || !bit_test(mask->bits, id) || !cpus[id]->online)
			continue;
		bit_set(request.asked, id);
		apic_send(cpus[id]->apic_id, VECTOR_FLUSH);
	}
	return bit_test(mask->bits, own);
}

static void request_begin(void)
{
	while (exchange(&request.busy, 1u)) {
		cpu_pause();
		smp_answer();
	}
}

static void request_end(void)
{
	while (unanswered()) {
		cpu_pause();
		smp_answer();
	}
	store_release(&request.busy, 0u);
}

static bool only_this_cpu(const struct cpumask *mask)
{
	uint32_t own = this_cpu()->id;
	uint64_t others = read_once(mask->bits[own / 64]) & ~(1ull << own % 64);

#pragma GCC unroll 4
	for (unsigned int i = 0; i < ARRAY_SIZE(mask->bits); i++)
		if (i != own / 64)
			others |= read_once(mask->bits[i]);
	return others == 0;
}

void tlb_flush_cpus(const struct cpumask *mask)
{
	if (only_this_cpu(mask)) {
		cpu_flush_all();
		return;
	}
	request_begin();
	request.kind = REQUEST_FLUSH;
	if (ask_others(mask))
		cpu_flush_all();
	request_end();
}

void tlb_flush_page_cpus(const struct cpumask *mask, uint64_t va)
{
	if (only_this_cpu(mask)) {
		cpu_flush_page(va);
		return;
	}
	request_begin();
	request.kind = REQUEST_FLUSH_PAGE;
	request.va = va;
	if (ask_others(mask))
		cpu_flush_page(va);
	request_end();
}

void cpu_call(const struct cpumask *mask, void (*function)(void *), void *argument)
{
	request_begin();
	request.kind = REQUEST_CALL;
	request.function = function;
	request.argument = argument;
	if (ask_others(mask))
		function(argument);
	request_end();
}

void cpu_call_all(void (*function)(void *), void *argument)
{
	struct cpumask all;

	for (unsigned int i = 0; i < ARRAY_SIZE(all.bits); i++)
		all.bits[i] = ~0ull;
	cpu_call(&all, function, argument);
}

static void flush_caches_here(void *argument)
{
	(void)argument;
	__asm__ volatile("wbinvd" : : : "memory");
}

void flush_caches(void)
{
	cpu_call_all(flush_caches_here, NULL);
}

void cpu_kick(uint32_t id)
{
	if (id != this_cpu()->id)
		apic_send(cpus[id]->apic_id, VECTOR_KICK);
}

void cpu_raise(uint32_t id, uint32_t work)
{
	fetch_or(&cpus[id]->work, work);
	cpu_kick(id);
}

/* Lock order (debug) --------------------------------------------------------------- */

void lock_rank_enter(uint32_t rank)
{
	struct cpu *cpu = this_cpu();

	if (cpu->locks_held >> rank)
		panic("lock of rank %u taken with ranks %#x held", rank, cpu->locks_held);
	cpu->locks_held |= 1u << rank;
}

void lock_rank_leave(uint32_t rank)
{
	this_cpu()->locks_held &= ~(1u << rank);
}

/* Start ------------------------------------------------------------------------------ */

/* What boot.S's trampoline takes. */
struct trampoline_words {
	uint32_t cr3, efer;
	uint64_t stack, function, argument;
};
extern const char trampoline_start[], trampoline_end[], trampoline_words[];

static uint64_t trampoline; /* the page other CPUs start at */

static void start_here(void)
{
	sched_start_cpu();
}

extern void run_on_stack(uint64_t stack_top, void (*function)(void)) __attribute__((noreturn));

/* A started CPU's first C code, on its own stack. */
static void start_other(struct cpu *cpu)
{
	cpu_init_registers(cpu);
	apic_enable_cpu();
	clock_arm_cpu();
	store_release(&cpu->online, true);
	run_on_stack(cpu->stack_top, start_here);
}

static void delay_ns(uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (clock_now() < end)
		cpu_pause();
}

static bool start_one(struct cpu *cpu)
{
	volatile struct trampoline_words *words =
		(void *)(DIRECT_MAP_START + trampoline +
			 (uint64_t)(trampoline_words - trampoline_start));
	uint64_t limit;

	words->cr3 = (uint32_t)paging_root();
	words->efer = (uint32_t)read_msr(MSR_EFER) & ~(1u << 10);
	words->stack = cpu->stack_top;
	words->function = (uint64_t)start_other;
	words->argument = (uint64_t)cpu;
	memory_barrier();
	apic_send_init(cpu->apic_id);
	delay_ns(200000);
	apic_send_startup(cpu->apic_id, trampoline >> PAGE_SHIFT);
	limit = clock_now() + START_LIMIT_NS;
	delay_ns(200000);
	if (!load_acquire(&cpu->online))
		apic_send_startup(cpu->apic_id, trampoline >> PAGE_SHIFT);
	while (!load_acquire(&cpu->online)) {
		if (clock_now() > limit)
			return false;
		cpu_pause();
	}
	return true;
}

static void add_other(const struct acpi_cpu *found)
{
	uint32_t id = cpu_count;
	struct cpu *cpu = cpu_create(id, found->apic_id, found->acpi_id);

	if (!cpu || !timers_prepare_cpu(id) || !sched_prepare_cpu(id) || !irq_prepare_cpu(id))
		boot_fail("there is not enough memory for CPU %u", id);
	cpu_count++;
	if (start_one(cpu)) {
		if (options.cpuinfo)
			log_info("CPU %u: APIC %u, ACPI %u\n", id, cpu->apic_id, cpu->acpi_id);
		return;
	}
	/* Should it wake up after all, it goes back to sleep. */
	apic_send_init(found->apic_id);
	log_error("CPU %u (APIC %u) does not start; going on without it\n", id, found->apic_id);
	cpu_count--;
	cpus[id] = NULL;
}

/* Boot modules lie wherever the loader found room, also below 1 MiB. */
static bool place_trampoline(void)
{
	struct e820_range used[BOOT_MODULES_MAX];

	for (uint32_t i = 0; i < boot_info.module_count; i++)
		used[i] = (struct e820_range){boot_info.modules[i].start.n,
					      boot_info.modules[i].end.n};
	trampoline = e820_find_low_page(boot_info.e820, boot_info.e820_count, used,
					boot_info.module_count);
	return trampoline != 0;
}

void smp_start_others(void)
{
	uint32_t limit =
		options.maxcpus ? (uint32_t)MIN(options.maxcpus, (uint64_t)MAX_CPUS) : MAX_CPUS;
	uint32_t own = this_cpu()->apic_id;

	if (!place_trampoline()) {
		log_error("no page below 1 MiB is free: other CPUs cannot be started\n");
		return;
	}
	memcpy((void *)(DIRECT_MAP_START + trampoline), trampoline_start,
	       (size_t)(trampoline_end - trampoline_start));
	paging_map_trampoline(trampoline);
	for (uint32_t i = 0; i < acpi_info.cpu_count && cpu_count < limit; i++)
		if (acpi_info.cpus[i].apic_id != own)
			add_other(&acpi_info.cpus[i]);
	paging_unmap_trampoline();
	log_info("%u of %u CPUs\n", cpu_count, MAX(acpi_info.cpu_count, 1u));
}

void smp_stop_others(void)
{
	for (uint32_t id = 0; id < cpu_count; id++)
		if (cpus[id] && id != this_cpu()->id)
			apic_send_nmi(cpus[id]->apic_id);
}
