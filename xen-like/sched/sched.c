/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/sched.c - acts on the policy of runq.c.
 *
 * One lock guards the queues and every vCPU's blocked, down, running and queue
 * state.  A vCPU is in a queue exactly when it may run and no CPU has it.
 *
 * No wake-up is lost: a blocker marks itself blocked and then looks for
 * pending events; a waker marks the event and then looks for blocked.
 */
#include "xen-like/sched/sched.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/arch/x86/xpti.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"
#include "xen-like/options.h"
#include "xen-like/sched/runstate.h"

static struct spinlock sched_lock = SPINLOCK(RANK_SCHEDULER);

static struct {
	struct runq queue;
	struct timer slice[MAX_CPUS]; /* the running vCPU's turn ends       */
	struct timer release;	      /* a cap's window ends: some may go on */
} sched;

_Static_assert(MAX_CPUS <= RUNQ_CPUS_MAX, "the policy has room for all CPUs");

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

/* Has `cpu` pick again, unless it is none. */
static void tell(uint32_t cpu)
{
	if (cpu != RUNQ_NO_CPU)
		cpu_raise(cpu, WORK_SCHEDULE);
}

static void release_arm(void)
{
	uint64_t until = runq_capped_until(&sched.queue);

	if (until != ~0ull)
		timer_set(&sched.release, until);
}

static void slice_over(void *argument)
{
	(void)argument;
	fetch_or(&this_cpu()->work, WORK_SCHEDULE);
}

static void cap_window_over(void *argument)
{
	uint32_t poke;

	(void)argument;
	spin_lock(&sched_lock);
	while (runq_release(&sched.queue, clock_now(), &poke))
		tell(poke);
	release_arm();
	spin_unlock(&sched_lock);
}

static void take_options(void)
{
	const uint64_t us = options.sched_ratelimit_us;

	if (us <= UINT32_MAX && sched_set_ratelimit((uint32_t)us))
		return;
	log_warning("sched_ratelimit_us=%lu: it is 0 or from %u to %u; %llu is taken\n", us,
		    XEN_SYSCTL_SCHED_RATELIMIT_MIN, XEN_SYSCTL_SCHED_RATELIMIT_MAX,
		    SCHED_RATELIMIT_NS / 1000);
	sched.queue.ratelimit = SCHED_RATELIMIT_NS;
}

bool sched_prepare_cpu(uint32_t id)
{
	struct vcpu *idle = heap_new(struct vcpu);

	if (!idle)
		return false;
	idle->id = id;
	idle->cpu = id;
	idle->running = true;
	timer_init(&sched.slice[id], id, slice_over, NULL);
	if (id == 0) {
		timer_init(&sched.release, id, cap_window_over, NULL);
		take_options();
	}
	cpus[id]->idle = idle;
	cpus[id]->current = idle;
	return true;
}

bool sched_add_vcpu(struct vcpu *vcpu)
{
	/* The first of its domain. */
	if (vcpu->domain->share.weight == 0)
		sched_set_share(vcpu->domain, (struct sched_parameters){SCHED_WEIGHT_DEFAULT, 0});
	vcpu->cpu = vcpu->id % cpu_count;
	vcpu->sched.share = &vcpu->domain->share;
	vcpu->sched.home = RUNQ_ANYWHERE;
	vcpu->sched.last = vcpu->cpu;
	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu->affinity.bits); i++)
		vcpu->affinity.bits[i] = vcpu->soft_affinity.bits[i] = ~0ull;
	vcpu->runstate.state = RUNSTATE_offline;
	vcpu->runstate.state_entry_time = clock_now();
	vcpu_timers_init(vcpu);
	return true;
}

void sched_remove_vcpu(struct vcpu *vcpu)
{
	spin_lock(&sched_lock);
	runq_stop(&vcpu->sched);
	vcpu->down = 1;
	spin_unlock(&sched_lock);
	write_once(vcpu->periodic_period, 0);
	timer_stop_wait(&vcpu->periodic);
	/* Firing as it was stopped, it may have set itself once more. */
	timer_stop_wait(&vcpu->periodic);
	timer_stop_wait(&vcpu->single_shot);
	timer_stop_wait(&vcpu->poll);
}

/* Waking --------------------------------------------------------------------- */

/* Queues a vCPU that has become runnable, and finds it a CPU.  Under the lock. */
static void enqueue(struct vcpu *vcpu)
{
	if (vcpu->running || vcpu->sched.node.in || !runnable(vcpu))
		return;
	sched.queue.cpu_count = cpu_count;
	tell(runq_wake(&sched.queue, &vcpu->sched, clock_now()));
	runstate_enter(vcpu, RUNSTATE_runnable);
	release_arm();
}

void sched_wake(struct vcpu *vcpu)
{
	memory_barrier();
	if (!read_once(vcpu->blocked))
		return;
	spin_lock(&sched_lock);
	if (vcpu->blocked) {
		vcpu->blocked = false;
		/* Later events and times are no longer its poll's. */
		if (vcpu_polls(vcpu)) {
			timer_stop(&vcpu->poll);
			bit_clear(&vcpu->domain->pollers, vcpu->id);
		}
		enqueue(vcpu);
	}
	spin_unlock(&sched_lock);
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

	spin_lock(&sched_lock);
	vcpu->blocked = true;
	spin_unlock(&sched_lock);
	memory_barrier();
	if (has_event(vcpu) || vcpu->pv.nmi_pending)
		sched_wake(vcpu);
	else
		fetch_or(&this_cpu()->work, WORK_SCHEDULE);
}

void sched_yield(void)
{
	const struct runq *queue = &sched.queue;

	/* Only a glance: who comes later has its own say. */
	if (!read_once(queue->shared.first) && !read_once(queue->cpus[this_cpu()->id].own.first))
		return;
	current_vcpu()->sched.yields = true;
	fetch_or(&this_cpu()->work, WORK_SCHEDULE);
}

/* Pausing, up and down --------------------------------------------------------- */

/* It may not run any more: out of the queue, or off its CPU soon. */
static void stop(struct vcpu *vcpu)
{
	runq_stop(&vcpu->sched);
	if (vcpu->running)
		cpu_raise(vcpu->cpu, WORK_SCHEDULE);
	else
		runstate_enter(vcpu, state_at_rest(vcpu));
}

void vcpu_pause(struct vcpu *vcpu)
{
	spin_lock(&sched_lock);
	fetch_add(&vcpu->pause_count, 1);
	stop(vcpu);
	spin_unlock(&sched_lock);
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
	spin_lock(&sched_lock);
	CHECK(fetch_sub(&vcpu->pause_count, 1) > 0);
	enqueue(vcpu);
	spin_unlock(&sched_lock);
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
	spin_lock(&sched_lock);
	vcpu->down = 0;
	vcpu->blocked = false;
	enqueue(vcpu);
	spin_unlock(&sched_lock);
}

void vcpu_set_down(struct vcpu *vcpu)
{
	spin_lock(&sched_lock);
	vcpu->down = 1;
	stop(vcpu);
	spin_unlock(&sched_lock);
}

/* Shares and affinity ------------------------------------------------------------ */

void sched_set_share(struct domain *domain, struct sched_parameters parameters)
{
	spin_lock(&sched_lock);
	runq_share_set(&sched.queue, &domain->share, parameters.weight, parameters.cap,
		       clock_now());
	release_arm();
	spin_unlock(&sched_lock);
}

struct sched_parameters sched_get_share(const struct domain *domain)
{
	struct sched_parameters parameters;

	spin_lock(&sched_lock);
	parameters = (struct sched_parameters){domain->share.weight, domain->share.cap};
	spin_unlock(&sched_lock);
	return parameters;
}

bool sched_set_ratelimit(uint32_t us)
{
	if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
		return false;
	spin_lock(&sched_lock);
	sched.queue.ratelimit = us * 1000ull;
	spin_unlock(&sched_lock);
	return true;
}

uint32_t sched_get_ratelimit(void)
{
	return (uint32_t)(read_once(sched.queue.ratelimit) / 1000);
}

static bool covers_all(const struct cpumask *mask)
{
	for (uint32_t id = 0; id < cpu_count; id++)
		if (!bit_test(mask->bits, id))
			return false;
	return true;
}

void sched_set_affinity(struct vcpu *vcpu, const struct cpumask *hard)
{
	spin_lock(&sched_lock);
	sched.queue.cpu_count = cpu_count;
	vcpu->affinity = *hard;
	tell(runq_set_affinity(&sched.queue, &vcpu->sched,
			       covers_all(hard) ? NULL : vcpu->affinity.bits, clock_now()));
	spin_unlock(&sched_lock);
}

void sched_set_soft_affinity(struct vcpu *vcpu, const struct cpumask *soft)
{
	spin_lock(&sched_lock);
	vcpu->soft_affinity = *soft;
	vcpu->sched.wishes = covers_all(soft) ? NULL : vcpu->soft_affinity.bits;
	spin_unlock(&sched_lock);
}

void sched_get_affinity(const struct vcpu *vcpu, struct cpumask *hard, struct cpumask *soft)
{
	spin_lock(&sched_lock);
	*hard = vcpu->affinity;
	*soft = vcpu->soft_affinity;
	spin_unlock(&sched_lock);
}

/* What was used ---------------------------------------------------------------- */

static uint64_t time_in_state(const struct vcpu *vcpu, int state)
{
	const vcpu_runstate_info_t *info = &vcpu->runstate;
	uint64_t now = clock_now(), time = info->time[state];

	/* Another CPU's clock may have been a little ahead when it entered. */
	if (info->state == state && now > info->state_entry_time)
		time += now - info->state_entry_time;
	return time;
}

struct vcpu_activity sched_vcpu_activity(const struct vcpu *vcpu)
{
	struct vcpu_activity activity;

	spin_lock(&sched_lock);
	activity = (struct vcpu_activity){
		.up = !vcpu->down,
		.blocked = vcpu->blocked,
		.running = vcpu->running,
		.cpu = vcpu->cpu,
		.ran_ns = time_in_state(vcpu, RUNSTATE_running),
	};
	spin_unlock(&sched_lock);
	return activity;
}

uint64_t sched_idle_ns(uint32_t cpu)
{
	uint64_t ns;

	spin_lock(&sched_lock);
	ns = time_in_state(cpus[cpu]->idle, RUNSTATE_running);
	spin_unlock(&sched_lock);
	return ns;
}

/* Switching -------------------------------------------------------------------- */

/* Whose turn it is here now; under the lock. */
static struct vcpu *pick(struct cpu *cpu, struct vcpu *previous, uint64_t now)
{
	bool stays = previous != cpu->idle && runnable(previous);
	struct sched_entity *entity;
	uint32_t poke;

	sched.queue.cpu_count = cpu_count;
	entity = runq_switch(&sched.queue, cpu->id, now, stays, &poke);
	tell(poke);
	release_arm();
	return entity ? container_of(entity, struct vcpu, sched) : cpu->idle;
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *previous = cpu->current, *next;
	uint64_t now = clock_now();

	spin_lock(&sched_lock);
	next = pick(cpu, previous, now);
	if (previous != next) {
		/* An idle vCPU's too: what it ran is the CPU's idle time. */
		previous->running = false;
		runstate_enter(previous, state_at_rest(previous));
		next->cpu = cpu->id;
		next->running = true;
		runstate_enter(next, RUNSTATE_running);
	}
	cpu->current = next;
	spin_unlock(&sched_lock);

	if (next == cpu->idle) {
		timer_stop(&sched.slice[cpu->id]);
		return;
	}
	timer_set(&sched.slice[cpu->id], now + runq_slice(&next->sched));
	if (previous == next)
		return;
	vcpu_switch_state(previous, next);
	vcpu_scheduled_in(next);
}

void idle_once(void)
{
	if (read_once(this_cpu()->work))
		return;
	/* A page at a time: what waits for this CPU is let in between two. */
	if (heap_scrub_some())
		__asm__ volatile("sti; nop; cli" : : : "memory");
	else /* STI holds interrupts off for one instruction: none is missed before HLT. */
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
		if (work & WORK_REAP)
			domains_reap();
		if (work & WORK_LOG)
			console_after_lines();
		if (work & WORK_TABLES)
			xpti_refresh(cpu);
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
