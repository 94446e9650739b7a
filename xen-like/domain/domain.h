/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/domain.h - domains and their virtual CPUs.
 *
 * Fields are grouped under what guards them.  A vCPU's registers belong to the
 * CPU that runs it; others may touch them only while it is paused.
 */
#pragma once

#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/e820.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/regs.h"
#include "xen-like/arch/x86/speculation.h"
#include "xen-like/base/abi.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/mm/frame.h"
#include "xen-like/pv/cpuid_limits.h"
#include "xen-like/pv/cpuid_policy.h"
#include "xen-like/sched/runq.h"
#include "xen-like/sched/timer.h"

struct event_channels; /* event-channels/channel.h */
struct grant_table;    /* grant-tables/table.h     */
struct pirq_table;     /* irq.h                    */
struct area;	       /* pv/area.h                */

#define MAX_VCPUS 64
#define WATCHDOGS 2

/* What the guest wants called: set by callback_op and set_trap_table. */
struct guest_callback {
	uint64_t address;
	bool mask_events;
};

struct guest_trap {
	uint64_t address;
	uint8_t privilege; /* lowest ring-number that may INT n: 0..3 */
	bool mask_events;
};

/*
 * What CPUID answered, kept by pv/emulate.c.  Only XCR0 can change an answer once
 * a vCPU has run: cpuid_limits are set before.
 */
#define CPUID_ANSWERS 8
struct cpuid_answer {
	uint32_t leaf, subleaf;
	uint64_t xcr0;
	struct cpuid_leaf value;
	bool known;
};

/* Pending things to bounce into the guest before it runs on. */
struct vcpu_pv {
	/* entry.S and entry_quick.S: up to and with `syscall`. */
	bool kernel_mode; /* guest kernel, not guest user */
	bool nmi_pending, nmi_masked;
	mfn_t kernel_table, user_table; /* L4s; .n == 0: none.  Hold type refs */
	/* Segment bases.  The active GS base is in the CPU while we run. */
	uint64_t gs_base_kernel, gs_base_user, fs_base;
	uint64_t kernel_ss, kernel_sp; /* stack_switch                         */
	struct guest_callback syscall, event, failsafe, syscall32, sysenter, nmi;
	struct guest_trap traps[256];
	uint16_t ds, es, fs, gs; /* selectors, while not running          */
	/* Descriptor tables: frames hold DESCRIPTORS type refs. */
	mfn_t gdt_frames[RESERVED_GDT_FIRST_PAGE];
	uint16_t gdt_entries;
	mfn_t ldt_frames[LDT_PAGES];
	uint64_t ldt_base;
	uint32_t ldt_entries;
	uint64_t debug[8];  /* DR0-3, 6, 7                           */
	uint64_t cr4;	    /* bits the guest believes it has set    */
	bool task_switched; /* virtual CR0.TS                        */
	bool bad_segments;  /* ds..gs could not be loaded: failsafe  */
	uint8_t iopl;	    /* virtual; 0..3                         */
	guest_va_t io_bitmap;
	uint32_t io_bitmap_ports;
	uint32_t pci_address;
	struct cpuid_answer cpuid[CPUID_ANSWERS];
};

struct vcpu {
	uint64_t frame_alignment; /* the end of regs' hardware frame is 16-aligned */
	/* These four must be here: arch/x86/offsets.h. */
	struct regs regs;
	vcpu_info_t *info; /* always valid: shared page or registered            */
	struct domain *domain;
	struct vcpu_pv pv;
	uint32_t id;

	bool initialised;	  /* has a context: VCPUOP_initialise or the builder */
	uint64_t *multicall_args; /* of the entry under way; NULL: no multicall      */

	/* Shared with the guest. */
	mfn_t info_frame;	  /* registered; .n == ~0 when in shared_info  */
	guest_va_t runstate_area; /* .va == 0: none                         */
	guest_va_t time_area;

	/* Extended state (x87..AVX), XSAVE format, cpu_features.xsave_bytes. */
	void *extended_state;
	uint64_t xcr0;

	/* The scheduler's (sched/sched.c): guarded by its lock. */
	struct sched_entity sched;
	struct cpumask affinity;      /* CPUs it may use                          */
	struct cpumask soft_affinity; /* ... would rather use                     */
	uint32_t cpu;		      /* where it runs or ran last                 */
	uint32_t pause_count;	      /* atomic; > 0: not runnable                 */
	uint32_t down;		      /* VCPUOP_down / not yet up                  */
	bool blocked;		      /* waits for an event                        */
	bool running;		      /* on `cpu` now                              */
	bool dirty;		      /* its state is still in a CPU's registers   */
	uint32_t state_cpu;	      /* that CPU: pv/switch.c                     */
	vcpu_runstate_info_t runstate;
	struct timer single_shot, periodic, poll;
	uint64_t periodic_period;
	uint32_t poll_port; /* SCHEDOP_poll: 0 none, ~0 several; domain->pollers */
};

/*
 * CREATING until it first runs; SHUTDOWN keeps its memory; DYING is being taken
 * apart; DEAD has nothing left but pages and ports that others hold.
 */
enum domain_state { DOMAIN_CREATING, DOMAIN_RUNNING, DOMAIN_SHUTDOWN, DOMAIN_DYING, DOMAIN_DEAD };

/* What a domain is made with, for good; 0 of the last three: as many as there can be. */
struct domain_limits {
	uint32_t max_vcpus;
	uint64_t max_pages;
	uint32_t grant_frames, grant_handles, event_ports;
};

/* Pages of RAM by 2 MiB: domain_destroy() looks only where the domain had some. */
#define REGION_FRAMES 512u

struct domain {
	domid_t id;
	bool control;	/* may make control calls: dom0                       */
	bool hardware;	/* owns the devices: dom0                             */
	uint32_t state; /* enum domain_state; looked at without `lock` */
	uint32_t shutdown_code;
	struct spinlock lock;
	/*
	 * One for its life until destroyed, one while it has pages, and one for
	 * each who looks at it.  The last frees it: domain_destroy.c.
	 */
	uint32_t references;
	uint8_t handle[16];	    /* its uuid: the tools'                  */
	uint32_t controller_pauses; /* under `lock`: by pausedomain          */
	uint8_t kill_stage;	    /* domain_destroy.c                      */
	uint32_t kill_busy, kill_next;
	struct domain *next_dead;

	/* Memory.  Page types: under page_lock. */
	struct spinlock page_lock;
	uint64_t pages, max_pages;     /* atomic */
	uint64_t claimed;	       /* set aside, not taken yet: domain_pages.c */
	uint64_t *regions;	       /* REGION_FRAMES each, a bit where it ever had a page */
	struct e820_entry *memory_map; /* XENMEM_set_memory_map; under `lock`        */
	uint32_t memory_map_count;
	uint32_t demote_head;	   /* frames to take apart: frame number, 0 none */
	uint16_t flush_epoch;	   /* grows with each flush of all its CPUs      */
	struct cpumask dirty_cpus; /* CPUs whose TLB may hold its translations   */
	struct area *area;	   /* slot DOMAIN_SLOT: pv/area.c                */
	uint64_t vm_assist;	   /* VMASST_TYPE_* bits                         */
	uint64_t absent_bit;	   /* of struct pte_rules                        */
	mfn_t leaf_table;	   /* an L1 that is in use as one; .n == 0: none */

	shared_info_t *shared;
	mfn_t shared_frame;

	uint32_t max_vcpus;
	struct vcpu *vcpus[MAX_VCPUS];
	uint64_t pollers;	  /* atomic: a bit for each vCPU that waits in SCHEDOP_poll */
	struct sched_share share; /* under the scheduler's lock */

	struct event_channels *events;
	struct grant_table *grants;

	/* Hardware rights (dom0 only so far). */
	struct pirq_table *pirqs;
	uint64_t *port_denied; /* bitmap of 65536, NULL: none allowed        */

	/* SCHEDOP_watchdog: under `lock`. */
	struct timer watchdogs[WATCHDOGS];
	uint32_t watchdogs_used; /* bit i: the one of number i + 1 */

	struct cpuid_limits cpuid_limits; /* by set_cpu_policy, before it runs */

	uint64_t time_offset_ns;
	/* log_guest's rate, under the console's lock: lines it may still have, and lines left out.
	 */
	uint64_t console_tokens, console_refill, console_dropped;
	void *table_memory; /* freed with it: domain_table_remove() */
};

extern struct domain *hardware_domain; /* dom0; NULL before it is built */
extern struct domain *idle_domain;

/*
 * Finds a domain by number and takes a reference; NULL when there is none or
 * it is dead.  DOMID_SELF is the caller's.
 */
struct domain *domain_get(domid_t id);
/* The owner of what is no RAM: lets mmu_update map devices by DOMID_IO. */
struct domain *domain_get_io(void);
void domain_put(struct domain *domain);

/* A frame's owner; NULL for Enso's.  Holds as long as a reference to the frame. */
struct domain *domain_of_frame(const struct frame *frame);

/*
 * A domain with nothing in it, paused once as by its controller; NULL: no
 * memory.  The caller has domain_claim_id()'s number, which goes with it.
 */
struct domain *domain_create(domid_t id, const struct domain_limits *limits,
			     const uint8_t handle[16]) MUST_CHECK;
/*
 * Sets a number aside: `wanted`, or with 0 the next free one, so that a number
 * comes back as late as can be.  -XEN_EEXIST, -XEN_EINVAL, -XEN_ENOSPC or 0.
 */
MUST_CHECK
int domain_claim_id(domid_t wanted, domid_t *id);

/*
 * A zeroed page of Enso's that `domain` may map: never given back, never a page
 * table, until domain_free_shared().  NULL: no memory.
 */
void *domain_alloc_shared(struct domain *domain, mfn_t *frame) MUST_CHECK;
void domain_free_shared(void *page);

/* The domain of the lowest number from `at_least` on, with a reference; NULL: none. */
MUST_CHECK
struct domain *domain_get_next(domid_t at_least);

/* Accounts for pages the domain gets; false: more than it may have, or it is dying. */
MUST_CHECK
bool domain_charge_pages(struct domain *domain, uint64_t pages);
void domain_uncharge_pages(struct domain *domain, uint64_t pages);
/*
 * Sets memory aside so that the domain can grow to `pages` in all, whoever else
 * asks meanwhile; 0 ends it.  What it then gets counts against it.  0,
 * -XEN_EINVAL: more than it may have, -XEN_ENOMEM: more than there is.
 */
MUST_CHECK
int domain_claim_pages(struct domain *domain, uint64_t pages);
/* False when `pages` more for the domain would take what others have claimed. */
MUST_CHECK
bool domain_claims_allow(struct domain *domain, uint64_t pages);
/* Pages claimed and not taken yet, by all domains. */
uint64_t domain_claims_total(void);

/* pausedomain and unpausedomain: counted.  -XEN_EINVAL: it is not paused by them. */
void domain_controller_pause(struct domain *domain);
MUST_CHECK
int domain_controller_unpause(struct domain *domain);
/* resumedomain: a domain that shut itself down runs on.  -XEN_EINVAL: it is not. */
MUST_CHECK
int domain_resume(struct domain *domain);

/* True once domain_destroy() has begun: nothing new may come to it. */
static inline bool domain_is_dying(const struct domain *domain)
{
	return load_acquire(&domain->state) >= DOMAIN_DYING;
}

/*
 * Takes a domain apart: CPUs, ports, page tables, mappings of others' pages,
 * memory.  0 when nothing is left but what others hold; -XEN_ERESTART: call
 * again.  Never its own caller's domain.
 */
MUST_CHECK
int domain_destroy(struct domain *domain);
/* WORK_REAP: frees domains that nobody refers to any more. */
void domains_reap(void);

/* Whether it may make control calls, decided before anything that hangs on it. */
static inline bool domain_controls(const struct domain *domain)
{
	return decided(domain->control);
}

static inline struct domain *current_domain(void)
{
	return current_vcpu()->domain;
}

/* vCPU `id` of `domain` or NULL; safe for any number a guest may say. */
static inline struct vcpu *domain_vcpu(const struct domain *domain, uint64_t id)
{
	if (id >= domain->max_vcpus || id >= MAX_VCPUS)
		return NULL;
	return domain->vcpus[index_nospec(id, MAX_VCPUS)];
}

static inline bool vcpu_polls(const struct vcpu *vcpu)
{
	return read_once(vcpu->domain->pollers) >> vcpu->id & 1;
}

/* Ends a domain that broke the rules or failed; never returns to its code. */
void domain_crash(struct domain *domain, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));
/* SCHEDOP_shutdown: dom0's acts on the host. */
void domain_shutdown(struct domain *domain, uint32_t code);

/*
 * The machine is about to be switched off: all other vCPUs stand still, and
 * page references are recounted (option audit).  host_resume() undoes it.  False when
 * another vCPU is doing so already.
 */
MUST_CHECK
bool host_quiesce(void);
void host_resume(void);

/* Raises an event for each virq bound; domain.c.  `vcpu` for per-vCPU ones. */
void virq_send_vcpu(struct vcpu *vcpu, uint32_t virq);
void virq_send_global(struct domain *domain, uint32_t virq);

/* Sets evtchn_upcall_pending for the vCPU, wakes or kicks it (domain/ports.c). */
void vcpu_mark_pending(struct vcpu *vcpu);

/* Refreshes pvclock in vcpu->info (domain/time.c); on schedule-in and clock changes. */
void vcpu_update_time(struct vcpu *vcpu);
void domain_update_wallclock(struct domain *domain);
