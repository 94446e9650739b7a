/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/sched.h - who runs where: block, wake, pick, switch.
 * The policy is runq.c (pure); this part acts on it.
 */
#pragma once

#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/abi.h"

struct vcpu;
struct domain;

MUST_CHECK
bool sched_prepare_cpu(uint32_t id); /* also creates its idle vCPU */
/* Makes a new vCPU known: down, pause_count as set, not blocked.  False: no memory. */
MUST_CHECK
bool sched_add_vcpu(struct vcpu *vcpu);
void sched_remove_vcpu(struct vcpu *vcpu);

/* The current vCPU waits for an event unless one is pending already. */
void sched_block(void);
/* The current vCPU lets others run. */
void sched_yield(void);
/* Ends a block (an event came).  Any CPU. */
void sched_wake(struct vcpu *vcpu);
/* Makes the vCPU look at its pending events soon, wherever it is. */
void sched_kick(struct vcpu *vcpu);

/* Counted.  _sync returns only when it is off its CPU and its state is in memory. */
void vcpu_pause(struct vcpu *vcpu);
void vcpu_pause_sync(struct vcpu *vcpu);
void vcpu_unpause(struct vcpu *vcpu);
void domain_pause(struct domain *domain);
void domain_unpause(struct domain *domain);

/* VCPUOP_up / down. */
void vcpu_set_up(struct vcpu *vcpu);
void vcpu_set_down(struct vcpu *vcpu);

/* entry.S, on the way out: does this CPU's work until a guest may run. */
void exit_work(void);

/* WORK_SCHEDULE on this CPU: picks and switches current (pv/switch.c does the state). */
void schedule(void);

/*
 * What a domain may have: `weight` (1 .. SCHED_WEIGHT_MAX, default 256) is that
 * of each of its vCPUs; `cap` is the most all of them together may use, in per
 * cent of one CPU, 0 for no limit.
 */
struct sched_parameters {
	uint16_t weight, cap;
};
void sched_set_share(struct domain *domain, struct sched_parameters parameters);
struct sched_parameters sched_get_share(const struct domain *domain);

/*
 * How long a vCPU that has just got a CPU keeps it from those that wake, us: 0, or
 * XEN_SYSCTL_SCHED_RATELIMIT_MIN to _MAX.  False: it is neither, nothing has changed.
 */
MUST_CHECK
bool sched_set_ratelimit(uint32_t us);
uint32_t sched_get_ratelimit(void);

/* CPUs it may use; a mask without any CPU there is counts as all. */
void sched_set_affinity(struct vcpu *vcpu, const struct cpumask *hard);
/* CPUs it would rather use: taken where it wakes and they have nothing to do. */
void sched_set_soft_affinity(struct vcpu *vcpu, const struct cpumask *soft);
/* As they were set, also CPUs there are none of. */
void sched_get_affinity(const struct vcpu *vcpu, struct cpumask *hard, struct cpumask *soft);

/* How a vCPU does just now; `cpu`: where it runs or ran last. */
struct vcpu_activity {
	bool up, blocked, running;
	uint32_t cpu;
	uint64_t ran_ns;
};
struct vcpu_activity sched_vcpu_activity(const struct vcpu *vcpu);
/* How long a CPU (below cpu_count) has had nothing to do, ns. */
uint64_t sched_idle_ns(uint32_t cpu);

/* The CPU's idle loop body: opens interrupts and halts once unless there is work. */
void idle_once(void);
/* Enters the scheduler for good on this CPU; called at the end of CPU bring-up. */
void sched_start_cpu(void) __attribute__((noreturn));

/* Brings vcpu->runstate up to now with its present state unchanged. */
void runstate_refresh(struct vcpu *vcpu);

/* pv/switch.c: moves a CPU from one vCPU's state to another's.  Either may be idle. */
void vcpu_switch_state(struct vcpu *from, struct vcpu *to);
/* pv/switch.c: writes a lazily kept (behind idle) vCPU state back to memory. */
void vcpu_sync_state(struct vcpu *vcpu);
/* arch/x86/entry.S: leaves for current's guest code from the CPU's stack top. */
void enter_guest(void) __attribute__((noreturn));
