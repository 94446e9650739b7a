/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/sched.c - acts on the policy of runq.c.
 *
 * One lock guards the queue and every vCPU's blocked, down, running and queue
 * state.  A vCPU is in the queue exactly when it may run and no CPU has it.
 *
 * No wake-up is lost: a blocker marks itself blocked and then looks for
 * pending events; a waker marks the event and then looks for blocked.
 */
#include "xen-like/sched/sched.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"
#include "xen-like/sched/runstate.h"

static struct {
	struct spinlock lock;
	struct runq queue;
	uint32_t vcpus;
	uint64_t idle[MAX_CPUS / 64]; /* CPUs whose idle vCPU runs */
	struct timer slice[MAX_CPUS];
} sched = {.lock = SPINLOCK(RANK_SCHEDULER)};

static struct vcpu *vcpu_of(struct sched_entity *entity)
{
	return container_of(entity, struct vcpu, sched);
}

static bool may_run_on(const struct sched_entity *entity, const void *cpu)
{
	const struct vcpu *vcpu = container_of(entity, const struct vcpu, sched);
	uint32_t id = *(const uint32_t *)cpu;

	return vcpu->affinity.bits[id / 64] >> (id % 64) & 1;
}

static bool runnable(const struct vcpu *vcpu)
{
	return !vcpu->blocked && !vcpu->down && read_once(vcpu->pause_count) == 0;
}

static int state_at_rest(const struct vcpu *vcpu)
{
	if (vcpu->down || read_once(vcpu->pause_count))
		return RUNSTATE_offline;
	return vcpu->blocked ? RUNSTATE_blocked : RUNSTATE_runnable;
}

/* Start ---------------------------------------------------------------------- */

static void slice_over(void *argument)
{
	(void)argument;
	fetch_or(&this_cpu()->work, WORK_SCHEDULE);
}

bool sched_prepare_cpu(uint32_t id)
{
	struct vcpu *idle = heap_new(struct vcpu);

	if (!idle)
		return false;
	idle->id = id;
	idle->cpu = id;
	idle->running = true;
	idle->sched.weight = SCHED_WEIGHT_DEFAULT;
	timer_init(&sched.slice[id], id, slice_over, NULL);
	cpus[id]->idle = idle;
	cpus[id]->current = idle;
	bit_set(sched.idle, id);
	return true;
}

/* Room in the queue for one more; under the lock. */
static bool queue_grow(void)
{
	uint32_t capacity = sched.queue.capacity ? sched.queue.capacity * 2 : 64;
	struct sched_entity **heap;

	if (sched.vcpus < sched.queue.capacity)
		return true;
	heap = heap_new_array(struct sched_entity *, capacity);
	if (!heap)
		return false;
	for (uint32_t i = 0; i < sched.queue.count; i++)
		heap[i] = sched.queue.heap[i];
	heap_free(sched.queue.heap);
	sched.queue.heap = heap;
	sched.queue.capacity = capacity;
	return true;
}

bool sched_add_vcpu(struct vcpu *vcpu)
{
	bool room;

	vcpu->cpu = vcpu->id % cpu_count;
	vcpu->sched.weight = SCHED_WEIGHT_DEFAULT;
	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu->affinity.bits); i++)
		vcpu->affinity.bits[i] = ~0ull;
	vcpu->runstate.state = RUNSTATE_offline;
	vcpu->runstate.state_entry_time = clock_now();
	vcpu_timers_init(vcpu);
	spin_lock(&sched.lock);
	room = queue_grow();
	if (room)
		sched.vcpus++;
	spin_unlock(&sched.lock);
	return room;
}

void sched_remove_vcpu(struct vcpu *vcpu)
{
	spin_lock(&sched.lock);
	if (vcpu->sched.slot)
		runq_remove(&sched.queue, &vcpu->sched);
	vcpu->down = 1;
	sched.vcpus--;
	spin_unlock(&sched.lock);
}

/* Waking --------------------------------------------------------------------- */

static uint32_t find_idle_cpu(const struct vcpu *vcpu)
{
	uint32_t id = vcpu->cpu;

	if (bit_test(sched.idle, id) && may_run_on(&vcpu->sched, &id))
		return id;
	for (id = (uint32_t)bit_next(sched.idle, cpu_count, 0); id < cpu_count;
	     id = (uint32_t)bit_next(sched.idle, cpu_count, id + 1))
		if (may_run_on(&vcpu->sched, &id))
			return id;
	return MAX_CPUS;
}

/* The CPU whose vCPU is furthest ahead, if the woken one should have it. */
static uint32_t find_victim(const struct vcpu *vcpu)
{
	uint64_t now = clock_now();
	uint32_t best = MAX_CPUS;
	uint64_t best_time = 0;

	for (uint32_t id = 0; id < cpu_count; id++) {
		const struct sched_entity *running = &cpus[id]->current->sched;

		if (!may_run_on(&vcpu->sched, &id) || cpus[id]->current == cpus[id]->idle)
			continue;
		if (!runq_preempts(&vcpu->sched, running, now - running->started))
			continue;
		if (best == MAX_CPUS || (int64_t)(running->virtual_time - best_time) > 0) {
			best = id;
			best_time = running->virtual_time;
		}
	}
	return best;
}

/* Queues a vCPU that has become runnable, and finds it a CPU.  Under the lock. */
static void enqueue(struct vcpu *vcpu)
{
	uint32_t id;

	if (vcpu->running || vcpu->sched.slot || !runnable(vcpu))
		return;
	runq_place_woken(&sched.queue, &vcpu->sched);
	runq_insert(&sched.queue, &vcpu->sched);
	runstate_enter(vcpu, RUNSTATE_runnable);
	id = find_idle_cpu(vcpu);
	if (id == MAX_CPUS)
		id = find_victim(vcpu);
	else
		bit_clear(sched.idle, id); /* the next one woken finds another */
	if (id != MAX_CPUS)
		cpu_raise(id, WORK_SCHEDULE);
}

void sched_wake(struct vcpu *vcpu)
{
	memory_barrier();
	if (!read_once(vcpu->blocked))
		return;
	spin_lock(&sched.lock);
	if (vcpu->blocked) {
		vcpu->blocked = false;
		enqueue(vcpu);
	}
	spin_unlock(&sched.lock);
}

void sched_kick(struct vcpu *vcpu)
{
	if (read_once(vcpu->running))
		cpu_kick(read_once(vcpu->cpu));
}

/* Waiting -------------------------------------------------------------------- */

static bool has_event(const struct vcpu *vcpu)
{
	return read_once(vcpu->info->evtchn_upcall_pending) &&
	       !read_once(vcpu->info->evtchn_upcall_mask);
}

void sched_block(void)
{
	struct vcpu *vcpu = current_vcpu();

	spin_lock(&sched.lock);
	vcpu->blocked = true;
	spin_unlock(&sched.lock);
	memory_barrier();
	if (has_event(vcpu) || vcpu->pv.nmi_pending)
		sched_wake(vcpu);
	else
		fetch_or(&this_cpu()->work, WORK_SCHEDULE);
}

void sched_yield(void)
{
	struct vcpu *vcpu = current_vcpu();

	if (read_once(sched.queue.count) == 0)
		return;
	/* Behind whoever waits now. */
	spin_lock(&sched.lock);
	if ((int64_t)(sched.queue.now_virtual - vcpu->sched.virtual_time) > 0)
		vcpu->sched.virtual_time = sched.queue.now_virtual;
	vcpu->sched.virtual_time += SCHED_PREEMPT_NS;
	spin_unlock(&sched.lock);
	fetch_or(&this_cpu()->work, WORK_SCHEDULE);
}

/* Pausing, up and down --------------------------------------------------------- */

/* It may not run any more: out of the queue, or off its CPU soon. */
static void stop(struct vcpu *vcpu)
{
	if (vcpu->sched.slot)
		runq_remove(&sched.queue, &vcpu->sched);
	if (vcpu->running)
		cpu_raise(vcpu->cpu, WORK_SCHEDULE);
	else
		runstate_enter(vcpu, state_at_rest(vcpu));
}

void vcpu_pause(struct vcpu *vcpu)
{
	spin_lock(&sched.lock);
	fetch_add(&vcpu->pause_count, 1);
	stop(vcpu);
	spin_unlock(&sched.lock);
}

void vcpu_pause_sync(struct vcpu *vcpu)
{
	vcpu_pause(vcpu);
	if (vcpu == current_vcpu())
		return;
	while (read_once(vcpu->running)) {
		cpu_pause();
		spin_wait();
	}
	vcpu_sync_state(vcpu);
}

void vcpu_unpause(struct vcpu *vcpu)
{
	spin_lock(&sched.lock);
	CHECK(fetch_sub(&vcpu->pause_count, 1) > 0);
	enqueue(vcpu);
	spin_unlock(&sched.lock);
}

void domain_pause(struct domain *domain)
{
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		vcpu_pause(domain->vcpus[i]);
}

void domain_unpause(struct domain *domain)
{
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		vcpu_unpause(domain->vcpus[i]);
}

void vcpu_set_up(struct vcpu *vcpu)
{
	spin_lock(&sched.lock);
	vcpu->down = 0;
	vcpu->blocked = false;
	enqueue(vcpu);
	spin_unlock(&sched.lock);
}

void vcpu_set_down(struct vcpu *vcpu)
{
	spin_lock(&sched.lock);
	vcpu->down = 1;
	stop(vcpu);
	spin_unlock(&sched.lock);
}

void sched_set_weight(struct domain *domain, uint16_t weight)
{
	spin_lock(&sched.lock);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		domain->vcpus[i]->sched.weight = MAX(weight, 1);
	spin_unlock(&sched.lock);
}

void sched_set_affinity(struct vcpu *vcpu, const struct cpumask *hard)
{
	spin_lock(&sched.lock);
	vcpu->affinity = *hard;
	vcpu->sched.restricted = true;
	if (vcpu->running && !may_run_on(&vcpu->sched, &vcpu->cpu))
		cpu_raise(vcpu->cpu, WORK_SCHEDULE);
	spin_unlock(&sched.lock);
}

/* Switching -------------------------------------------------------------------- */

/* The running vCPU gives up its CPU: accounted, and queued if it may go on. */
static void put_previous(struct vcpu *vcpu, uint64_t now)
{
	runq_charge(&vcpu->sched, now - vcpu->sched.started);
	vcpu->sched.started = now;
	vcpu->running = false;
	if (runnable(vcpu))
		runq_insert(&sched.queue, &vcpu->sched);
}

static struct vcpu *pick(struct cpu *cpu, uint64_t now)
{
	struct sched_entity *entity = runq_take(&sched.queue, may_run_on, &cpu->id);
	struct vcpu *vcpu = entity ? vcpu_of(entity) : cpu->idle;

	if (vcpu == cpu->idle) {
		bit_set(sched.idle, cpu->id);
		return vcpu;
	}
	bit_clear(sched.idle, cpu->id);
	vcpu->sched.started = now;
	vcpu->cpu = cpu->id;
	vcpu->running = true;
	return vcpu;
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *previous = cpu->current, *next;
	uint64_t now = clock_now();

	spin_lock(&sched.lock);
	if (previous != cpu->idle)
		put_previous(previous, now);
	next = pick(cpu, now);
	if (previous != next && previous != cpu->idle)
		runstate_enter(previous, state_at_rest(previous));
	if (previous != next && next != cpu->idle)
		runstate_enter(next, RUNSTATE_running);
	cpu->current = next;
	spin_unlock(&sched.lock);

	if (next == cpu->idle) {
		timer_stop(&sched.slice[cpu->id]);
		return;
	}
	timer_set(&sched.slice[cpu->id], now + SCHED_SLICE_NS);
	if (previous == next)
		return;
	vcpu_switch_state(previous, next);
	vcpu_scheduled_in(next);
}

void idle_once(void)
{
	/* STI holds interrupts off for one instruction: none is missed before HLT. */
	if (!read_once(this_cpu()->work))
		__asm__ volatile("sti; hlt; cli" : : : "memory");
}

void exit_work(void)
{
	struct cpu *cpu = this_cpu();

	do {
		uint32_t work = exchange(&cpu->work, 0u);

		smp_answer();
		if (work & WORK_TIMER)
			timers_run();
		if (work & WORK_SCHEDULE)
			schedule();
		if (cpu->current == cpu->idle)
			idle_once();
	} while (cpu->current == cpu->idle || read_once(cpu->work));
}

void sched_start_cpu(void)
{
	fetch_or(&this_cpu()->work, WORK_SCHEDULE);
	exit_work();
	enter_guest();
}
