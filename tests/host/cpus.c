/* SPDX-License-Identifier: MIT */
/*
 * tests/host/cpus.c - the two CPUs of hypervisor.h: what they do between calls,
 * what they ask of each other, how they change vCPUs.
 */
#include "tests/host/hypervisor.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/console.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/switch.h"
#include "xen-like/sched/sched.h"
#include "xen-like/sched/timer.h"

unsigned int host_waits;

/* Other CPUs ------------------------------------------------------------------------------ */

/* Not inlined, nor leave(): the compiler believes that one program is one CPU. */
static __attribute__((noinline)) void work_here(void)
{
	struct cpu *cpu = this_cpu();
	uint32_t work = exchange(&cpu->work, 0u);

	if (work & WORK_TIMER)
		timers_run();
	if (work & WORK_SCHEDULE)
		schedule();
	if (work & WORK_REAP)
		domains_reap();
}

void host_work(void)
{
	for (unsigned int i = 0; i < HOST_CPUS; i++) {
		host_cpu_become(i);
		work_here();
	}
}

/* This CPU waits: the others go on meanwhile. */
void spin_wait(void)
{

	unsigned int own = this_cpu()->id;
	uint64_t ranks = host_ranks_held;

	if (++host_waits > 1000000)
		panic("waits for ever");
	for (unsigned int i = 0; i < HOST_CPUS; i++) {
		if (i == own)
			continue;
		host_cpu_become(i);
		host_ranks_held = 0;
		work_here();
	}
	host_cpu_become(own);
	host_ranks_held = ranks;
}

void smp_answer(void)
{
}

void cpu_kick(uint32_t id)
{
	CHECK(id < HOST_CPUS);
}

void cpu_raise(uint32_t id, uint32_t work)
{
	CHECK(id < HOST_CPUS);
	fetch_or(&host_cpus[id].work, work);
}

void cpu_call(const struct cpumask *mask, void (*function)(void *), void *argument)
{
	unsigned int own = this_cpu()->id;

	for (unsigned int i = 0; i < HOST_CPUS; i++) {
		if (!(mask->bits[0] >> i & 1))
			continue;
		host_cpu_become(i);
		function(argument);
	}
	host_cpu_become(own);
}

void cpu_call_all(void (*function)(void *), void *argument)
{
	cpu_call(&(struct cpumask){.bits = {~0ull}}, function, argument);
}

/* The host's memory is what its caches hold. */
void flush_caches(void)
{
}

int host_cpu_of_domain(unsigned int domain)
{
	for (int i = 0; i < HOST_CPUS; i++)
		if (host_cpus[i].current != host_cpus[i].idle &&
		    host_cpus[i].current->domain->id == domain)
			return i;
	return -1;
}

/* Switching, as pv/switch.c does it with registers beside ------------------------------- */

void vcpu_load_tables(struct vcpu *vcpu)
{
	mfn_t base = vcpu->pv.kernel_mode ? vcpu->pv.kernel_table : vcpu->pv.user_table;

	host_cr3_write(base.n << PAGE_SHIFT);
}

void vcpu_load_descriptors(struct vcpu *vcpu)
{
	CHECK(vcpu == current_vcpu());
}

static __attribute__((noinline)) void leave(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();

	if (cpu->state_of != vcpu)
		return;
	/* With its tables go its descriptors, which are mapped by them. */
	cpu->state_of = NULL;
	host_cr3_write(0);
	cpu->loaded_domain->dirty_cpus.bits[0] &= ~(1ull << cpu->id);
	cpu->loaded_domain = NULL;
	store_release(&vcpu->dirty, false);
}

void vcpu_sync_state(struct vcpu *vcpu)
{
	unsigned int own = this_cpu()->id;

	if (!vcpu->dirty)
		return;
	host_cpu_become(vcpu->state_cpu);
	leave(vcpu);
	host_cpu_become(own);
}

void vcpu_switch_state(struct vcpu *from, struct vcpu *to)
{
	struct cpu *cpu = this_cpu();

	(void)from;
	cpu->current = to;
	if (to == cpu->idle || cpu->state_of == to)
		return;
	if (cpu->state_of)
		leave(cpu->state_of);
	vcpu_sync_state(to);
	cpu->state_of = to;
	to->state_cpu = cpu->id;
	to->domain->dirty_cpus.bits[0] |= 1ull << cpu->id;
	to->dirty = true;
	cpu->loaded_domain = to->domain;
	vcpu_load_tables(to);
}

bool vcpu_toggle_mode(struct vcpu *vcpu)
{
	if ((vcpu->pv.kernel_mode ? vcpu->pv.user_table : vcpu->pv.kernel_table).n == 0)
		return false;
	vcpu->pv.kernel_mode = !vcpu->pv.kernel_mode;
	vcpu_load_tables(vcpu);
	return true;
}

void vcpu_load_user_gs(struct vcpu *vcpu, uint16_t selector)
{
}

uint64_t guest_gs_base_read(void)
{
	return 0;
}

void guest_gs_base_write(uint64_t base)
{
}

bool extended_state_alloc(struct vcpu *vcpu)
{
	vcpu->extended_state = heap_alloc(PAGE_SIZE);
	return vcpu->extended_state != NULL;
}

bool extended_state_set_xcr0(struct vcpu *vcpu, uint64_t xcr0)
{
	return false;
}

void enter_guest(void)
{
	panic("enter_guest");
}
