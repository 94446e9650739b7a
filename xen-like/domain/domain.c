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
#include "xen-like/irq.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/options.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/pv.h"
#include "xen-like/sched/sched.h"

struct domain *hardware_domain;
struct domain *idle_domain;

/* Every domain by its number.  Written under the list's lock, read without. */
static struct domain *domain_table[DOMID_FIRST_RESERVED];
static struct domain io_domain = {.id = DOMID_IO, .references = 1};

struct domain *domain_get_io(void)
{
	fetch_add(&io_domain.references, 1);
	return &io_domain;
}

struct domain *domain_get(domid_t id)
{
	struct domain *domain;
	uint32_t references;

	if (id == DOMID_SELF)
		id = current_domain()->id;
	if (id >= DOMID_FIRST_RESERVED)
		return NULL;
	domain = load_acquire(&domain_table[index_nospec(id, DOMID_FIRST_RESERVED)]);
	if (!domain)
		return NULL;
	references = read_once(domain->references);
	do {
		if (references == 0)
			return NULL;
	} while (!cmpxchg(&domain->references, &references, references + 1));
	return domain;
}

void domain_put(struct domain *domain)
{
	CHECK(fetch_sub(&domain->references, 1) > 1);
}

struct domain *domain_of_frame(const struct frame *frame)
{
	domid_t owner = read_once(frame->owner);

	return owner < DOMID_FIRST_RESERVED ? domain_table[owner] : NULL;
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
	if (!extended_state_alloc(vcpu) || !sched_add_vcpu(vcpu)) {
		heap_free(vcpu);
		return NULL;
	}
	return vcpu;
}

/* The page the guest maps as its shared_info: Enso's, given to the domain. */
static bool shared_info_create(struct domain *domain)
{
	domain->shared = heap_alloc_pages(0);
	if (!domain->shared)
		return false;
	domain->shared_frame = frame_of_mapped(domain->shared);
	if (page_type_get(domain->shared_frame, FRAME_WRITABLE, domain) != 0)
		return false;
	store_release(&frame_of(domain->shared_frame)->owner, domain->id);
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		domain->shared->vcpu_info[i].evtchn_upcall_mask = 1;
	return true;
}

struct domain *domain_create(domid_t id, uint32_t max_vcpus, uint64_t max_pages)
{
	struct domain *domain;

	if (id >= DOMID_FIRST_RESERVED || domain_table[id] || max_vcpus == 0 ||
	    max_vcpus > MAX_VCPUS)
		return NULL;
	domain = heap_new(struct domain);
	if (!domain)
		return NULL;
	domain->id = id;
	domain->references = 1;
	domain->state = DOMAIN_CREATING;
	domain->lock = SPINLOCK(RANK_DOMAIN);
	domain->page_lock = SPINLOCK(RANK_PAGE_TABLES);
	domain->max_pages = max_pages;
	domain->max_vcpus = max_vcpus;
	domain->flush_epoch = 1;
	list_init(&domain->all);
	store_release(&domain_table[id], domain);

	domain->area = area_create(max_vcpus);
	if (!domain->area || !shared_info_create(domain))
		goto fail;
	for (uint32_t i = 0; i < max_vcpus; i++) {
		domain->vcpus[i] = vcpu_create(domain, i);
		if (!domain->vcpus[i])
			goto fail;
	}
	domain->events = events_create(domain);
	domain->grants = grant_table_create(domain);
	if (!domain->events || !domain->grants)
		goto fail;
	domain_update_wallclock(domain);
	return domain;
fail:
	/* Only dom0 is made so far, and without it the boot ends. */
	domain_table[id] = NULL;
	return NULL;
}

static const char *shutdown_name(uint32_t code)
{
	static const char *const names[] = {"poweroff", "reboot",   "suspend",
					    "crash",	"watchdog", "soft reset"};

	return code < ARRAY_SIZE(names) ? names[code] : "unknown";
}

static uint32_t quiescing;

bool host_quiesce(void)
{
	/* Two vCPUs that stop each other would wait for ever. */
	if (exchange(&quiescing, 1u))
		return false;
	for (uint32_t i = 0; i < hardware_domain->max_vcpus; i++)
		if (hardware_domain->vcpus[i] != current_vcpu())
			vcpu_pause_sync(hardware_domain->vcpus[i]);
	if (options.audit)
		(void)audit_run();
	return true;
}

void host_resume(void)
{
	for (uint32_t i = 0; i < hardware_domain->max_vcpus; i++)
		if (hardware_domain->vcpus[i] != current_vcpu())
			vcpu_unpause(hardware_domain->vcpus[i]);
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
	log_info("domain %u: shutdown, %s\n", domain->id, shutdown_name(code));
	domain_pause(domain);
	if (domain == hardware_domain)
		host_shutdown(code);
	else
		virq_send_global(hardware_domain, VIRQ_DOM_EXC);
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
