/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/domain.c - domains: found by number, made, shut down, crashed.
 */
#include "xen-like/domain/domain.h"
#include "event-channels/channel.h"
#include "grant-tables/table.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/base/format.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/domain/audit.h"
#include "xen-like/domain/domain_table.h"
#include "xen-like/irq.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/options.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/pv.h"
#include "xen-like/sched/sched.h"

struct domain *hardware_domain;
struct domain *idle_domain;

static struct domain io_domain = {.id = DOMID_IO, .references = 1};

/* Dead domains that wait for domains_reap(), linked by next_dead. */
static struct domain *dead_domains;

/* Finding -------------------------------------------------------------------- */

struct domain *domain_get_io(void)
{
	fetch_add(&io_domain.references, 1);
	return &io_domain;
}

void domain_put(struct domain *domain)
{
	uint32_t references = fetch_sub(&domain->references, 1);

	CHECK(references > 0);
	if (likely(references > 1))
		return;
	/* Who drops it may hold any lock: freed on the way out. */
	domain->next_dead = read_once(dead_domains);
	while (!cmpxchg(&dead_domains, &domain->next_dead, domain))
		;
	cpu_raise(this_cpu()->id, WORK_REAP);
}

/* Making and freeing ----------------------------------------------------------- */

static void vcpu_free(struct vcpu *vcpu)
{
	if (!vcpu)
		return;
	heap_free(vcpu->extended_state);
	heap_free(vcpu);
}

static struct vcpu *vcpu_create(struct domain *domain, uint32_t id)
{
	struct vcpu *vcpu = heap_new(struct vcpu);

	if (!vcpu)
		return NULL;
	vcpu->id = id;
	vcpu->domain = domain;
	vcpu->info = &domain->shared->vcpu_info[MIN(id, XEN_LEGACY_MAX_VCPUS - 1)];
	vcpu->info->evtchn_upcall_mask = 1;
	vcpu->info_frame = INVALID_MFN;
	vcpu->pv.kernel_mode = true;
	for (unsigned int i = 0; i < RESERVED_GDT_FIRST_PAGE; i++)
		vcpu->pv.gdt_frames[i] = INVALID_MFN;
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		vcpu->pv.ldt_frames[i] = INVALID_MFN;
	vcpu->pv.debug[6] = 0xffff0ff0;
	vcpu->pv.debug[7] = 0x400;
	vcpu->down = 1;
	vcpu->pause_count = 1; /* its domain's first pause */
	if (!extended_state_alloc(vcpu) || !sched_add_vcpu(vcpu)) {
		vcpu_free(vcpu);
		return NULL;
	}
	return vcpu;
}

void *domain_alloc_shared(struct domain *domain, mfn_t *frame)
{
	void *page = heap_alloc_pages(0);

	if (!page)
		return NULL;
	*frame = frame_of_mapped(page);
	m2p_set(*frame, M2P_INVALID);
	/* Its use comes first, while no guest may have it. */
	CHECK(page_writable_get(*frame) == 0);
	fetch_or(&frame_of(*frame)->state, FRAME_SHARED);
	store_release(&frame_of(*frame)->owner, domain->id);
	return page;
}

void domain_free_shared(void *page)
{
	mfn_t frame;

	if (!page)
		return;
	frame = frame_of_mapped(page);
	page_writable_put(frame);
	fetch_and(&frame_of(frame)->state, ~FRAME_SHARED);
	/* Who maps it still frees it with that; it is Enso's by then, no domain's. */
	store_release(&frame_of(frame)->owner, (domid_t)DOMID_XEN);
	heap_free_pages(page, 0);
}

/* The page the guest maps as its shared_info. */
static bool shared_info_create(struct domain *domain)
{
	domain->shared = domain_alloc_shared(domain, &domain->shared_frame);
	if (!domain->shared)
		return false;
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		domain->shared->vcpu_info[i].evtchn_upcall_mask = 1;
	return true;
}

/* A vCPU's single-shot, periodic and poll; a domain's watchdogs. */
static uint32_t timer_count(uint32_t vcpus)
{
	return 3 * vcpus + WATCHDOGS;
}

/* Whatever there is of it. */
static void domain_free(struct domain *domain)
{
	domid_t id = domain->id;

	timers_release(timer_count(domain->max_vcpus));
	if (domain->events)
		events_free(domain);
	if (domain->grants)
		grant_table_dispose(domain);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		vcpu_free(domain->vcpus[i]);
	area_destroy(domain->area);
	domain_free_shared(domain->shared);
	heap_free(domain->regions);
	heap_free(domain->memory_map);
	heap_free_pages(domain->table_memory, 0);
	heap_free(domain);
	domain_id_release(id);
}

/* Everything that takes memory; what is there when it fails domain_free() frees. */
static bool domain_fill(struct domain *domain, const struct domain_limits *limits)
{
	uint64_t regions = (frame_limit + REGION_FRAMES - 1) / REGION_FRAMES;

	domain->regions = heap_new_array(uint64_t, BITMAP_WORDS(regions));
	domain->area = area_create(domain->max_vcpus);
	if (!domain->regions || !domain->area || !shared_info_create(domain))
		return false;
	for (uint32_t i = 0; i < domain->max_vcpus; i++) {
		domain->vcpus[i] = vcpu_create(domain, i);
		if (!domain->vcpus[i])
			return false;
	}
	domain->events = events_create(domain, limits->event_ports);
	domain->grants = grant_table_create(domain, limits->grant_frames, limits->grant_handles);
	return domain->events && domain->grants;
}

struct domain *domain_create(domid_t id, const struct domain_limits *limits,
			     const uint8_t handle[16])
{
	struct domain *domain = heap_new(struct domain);

	CHECK(limits->max_vcpus > 0 && limits->max_vcpus <= MAX_VCPUS);
	domain_id_take(id);
	if (!domain || !timers_reserve(timer_count(limits->max_vcpus))) {
		heap_free(domain);
		domain_id_release(id);
		return NULL;
	}
	domain->id = id;
	domain->references = 1;
	domain->state = DOMAIN_CREATING;
	domain->lock = SPINLOCK(RANK_DOMAIN);
	domain->page_lock = SPINLOCK(RANK_PAGE_TABLES);
	domain->max_pages = limits->max_pages;
	domain->max_vcpus = limits->max_vcpus;
	domain->flush_epoch = 1;
	domain->absent_bit = speculation.l1tf_others ? speculation.l1tf_limit : 0;
	domain->controller_pauses = 1;
	memcpy(domain->handle, handle, sizeof(domain->handle));
	if (!domain_fill(domain, limits)) {
		domain_free(domain);
		return NULL;
	}
	domain_update_wallclock(domain);
	if (!domain_table_add(domain)) {
		domain_free(domain);
		return NULL;
	}
	return domain;
}

static void nothing(void *argument)
{
	(void)argument;
}

/*
 * Out of the table first; when every CPU has answered, nobody is between its
 * look at the table and its (refused) count.
 */
void domains_reap(void)
{
	struct domain *list = exchange(&dead_domains, NULL);

	if (!list)
		return;
	for (struct domain *domain = list; domain; domain = domain->next_dead)
		domain->table_memory = domain_table_remove(domain);
	cpu_call_all(nothing, NULL);
	while (list) {
		struct domain *next = list->next_dead;

		domain_free(list);
		list = next;
	}
	virq_send_global(hardware_domain, VIRQ_DOM_EXC);
}

/* Ending ----------------------------------------------------------------------- */

static const char *shutdown_name(uint32_t code)
{
	static const char *const names[] = {"poweroff", "reboot",   "suspend",
					    "crash",	"watchdog", "soft reset"};

	return code < ARRAY_SIZE(names) ? names[code] : "unknown";
}

static uint32_t quiescing;

static void each_other_vcpu(void (*act)(struct vcpu *vcpu))
{
	struct domain *domain;

	for (domid_t next = 0; (domain = domain_get_next(next)) != NULL;) {
		next = domain->id + 1;
		for (uint32_t i = 0; i < domain->max_vcpus; i++)
			if (domain->vcpus[i] != current_vcpu())
				act(domain->vcpus[i]);
		domain_put(domain);
	}
}

bool host_quiesce(void)
{
	/* Two vCPUs that stop each other would wait for ever. */
	if (exchange(&quiescing, 1u))
		return false;
	each_other_vcpu(vcpu_pause_sync);
	if (options.audit)
		(void)audit_run();
	return true;
}

void host_resume(void)
{
	each_other_vcpu(vcpu_unpause);
	store_release(&quiescing, 0u);
}

/* dom0 is gone: with it goes the host. */
static void host_shutdown(uint32_t code)
{
	if (!host_quiesce())
		return; /* another vCPU is at it */
	switch (code) {
	case SHUTDOWN_poweroff:
		machine_halt();
		break;
	case SHUTDOWN_reboot:
		machine_reboot();
		break;
	default:
		if (options.noreboot)
			machine_halt();
		machine_reboot();
	}
}

void domain_shutdown(struct domain *domain, uint32_t code)
{
	spin_lock(&domain->lock);
	if (domain->state != DOMAIN_RUNNING) {
		spin_unlock(&domain->lock);
		return;
	}
	domain->state = DOMAIN_SHUTDOWN;
	domain->shutdown_code = code;
	spin_unlock(&domain->lock);
	log_guest_ends(domain);
	log_info("domain %u: shutdown, %s\n", domain->id, shutdown_name(code));
	domain_pause(domain);
	if (domain == hardware_domain)
		host_shutdown(code);
	else
		virq_send_global(hardware_domain, VIRQ_DOM_EXC);
}

int domain_resume(struct domain *domain)
{
	int rc = -XEN_EINVAL;

	spin_lock(&domain->lock);
	if (domain->state == DOMAIN_SHUTDOWN) {
		domain->state = DOMAIN_RUNNING;
		domain->shutdown_code = 0;
		rc = 0;
	}
	spin_unlock(&domain->lock);
	if (rc == 0)
		domain_unpause(domain);
	return rc;
}

void domain_controller_pause(struct domain *domain)
{
	spin_lock(&domain->lock);
	domain->controller_pauses++;
	spin_unlock(&domain->lock);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		vcpu_pause_sync(domain->vcpus[i]);
}

int domain_controller_unpause(struct domain *domain)
{
	spin_lock(&domain->lock);
	if (domain->controller_pauses == 0) {
		spin_unlock(&domain->lock);
		return -XEN_EINVAL;
	}
	domain->controller_pauses--;
	if (domain->state == DOMAIN_CREATING)
		domain->state = DOMAIN_RUNNING;
	spin_unlock(&domain->lock);
	domain_unpause(domain);
	return 0;
}

void domain_crash(struct domain *domain, const char *format, ...)
{
	char text[160];
	va_list arguments;

	va_start(arguments, format);
	format_text(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_error("domain %u crashed: %s\n", domain->id, text);
	domain_shutdown(domain, SHUTDOWN_crash);
}
