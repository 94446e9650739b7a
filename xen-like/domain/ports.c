/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/ports.c - what event channels and grant tables ask of the
 * core (their ports.h), and what the core asks of them, by domain.
 */
#include "event-channels/ports.h"
#include "event-channels/channel.h"
#include "event-channels/pending.h"
#include "event-channels/send.h"
#include "grant-tables/map.h"
#include "grant-tables/ports.h"
#include "grant-tables/table.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/domain/audit.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/foreign.h"
#include "xen-like/sched/sched.h"

/* How much of a dying domain one call takes apart. */
#define DESTROY_STEP 64

/* What event channels ask ------------------------------------------------------ */

static NOINLINE void wake(struct vcpu *vcpu)
{
	sched_wake(vcpu);
	sched_kick(vcpu);
}

void vcpu_mark_pending(struct vcpu *vcpu)
{
	/* Who set it first has woken the vCPU, or it has yet to look. */
	if (exchange(&vcpu->info->evtchn_upcall_pending, (uint8_t)1))
		return;
	/* The one that runs here looks on its way out, unless it is about to wait. */
	if (vcpu == current_vcpu() && !read_once(vcpu->blocked))
		return;
	wake(vcpu);
}

void event_port_tell_vcpu(struct domain *domain, uint32_t vcpu, uint32_t word)
{
	struct vcpu *told = domain->vcpus[vcpu];
	vcpu_info_t *info = read_once(told->info);

	if (!bit_set((uint64_t *)&info->evtchn_pending_sel, word))
		vcpu_mark_pending(told);
}

static NOINLINE void wake_pollers(struct domain *domain, uint32_t port, uint64_t left)
{
	for (; left != 0; left &= left - 1) {
		struct vcpu *vcpu = domain->vcpus[__builtin_ctzll(left)];
		uint32_t waits_for = read_once(vcpu->poll_port);

		if (waits_for == port || waits_for == ~0u)
			sched_wake(vcpu);
	}
}

void event_port_wake_pollers(struct domain *domain, uint32_t port)
{
	uint64_t pollers = read_once(domain->pollers);

	if (unlikely(pollers))
		wake_pollers(domain, port, pollers);
}

void event_port_domain_get(struct domain *domain)
{
	fetch_add(&domain->references, 1);
}

void event_port_domain_put(struct domain *domain)
{
	domain_put(domain);
}

int event_port_pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port, bool will_share)
{
	if (!domain->hardware)
		return -XEN_EPERM;
	return pirq_bind(domain, pirq, port, will_share);
}

void event_port_pirq_unbind(struct domain *domain, uint32_t pirq)
{
	pirq_unbind(domain, pirq);
}

void event_port_pirq_unmasked(struct domain *domain, uint32_t pirq)
{
	pirq_unmasked(domain, pirq);
}

void event_port_pirq_follow(struct domain *domain, uint32_t pirq, uint32_t vcpu)
{
	pirq_set_vcpu(domain, pirq, read_once(domain->vcpus[vcpu]->cpu));
}

/* What the core asks of event channels ----------------------------------------- */

static void channels_memory_free(struct event_channels *channels)
{
	heap_free(channels->ports);
	heap_free(channels->virqs);
	heap_free(channels);
}

struct event_channels *events_create(struct domain *domain, uint32_t last_port)
{
	struct event_channels *channels = heap_new(struct event_channels);

	if (!channels)
		return NULL;
	channels->domain = domain;
	channels->id = domain->id;
	channels->vcpu_count = domain->max_vcpus;
	channels->pending = (uint64_t *)domain->shared->evtchn_pending;
	channels->mask = (uint64_t *)domain->shared->evtchn_mask;
	channels->port_count = last_port && last_port < PORT_COUNT ? last_port + 1 : PORT_COUNT;
	channels->ports = heap_new_array(struct event_port, channels->port_count);
	channels->virqs = heap_alloc(sizeof(channels->virqs[0]) * domain->max_vcpus);
	if (!channels->ports || !channels->virqs) {
		channels_memory_free(channels);
		return NULL;
	}
	channels_init(channels);
	return channels;
}

bool events_destroy(struct domain *domain)
{
	struct channels_locked locked = channels_lock(domain->events);
	uint32_t next = 0;

	locked.channels->closing = true;
	channels_unlock(locked);
	return channels_close_some(domain->events, &next, DESTROY_STEP);
}

void events_free(struct domain *domain)
{
	channels_memory_free(domain->events);
	domain->events = NULL;
}

void event_send_virq(struct domain *domain, uint32_t vcpu, uint32_t virq)
{
	/* Timers and consoles may run before the domain has its ports. */
	struct event_channels *channels = load_acquire(&domain->events);

	if (channels)
		channel_send_virq(channels, vcpu, virq);
}

void event_send_pirq(struct domain *domain, uint32_t port)
{
	channel_send_pirq(domain->events, port);
}

bool event_is_pending(struct domain *domain, uint32_t port)
{
	if (port >= PORT_COUNT)
		return false;
	return pending_test(domain->events, (uint32_t)index_nospec(port, PORT_COUNT));
}

void virq_send_vcpu(struct vcpu *vcpu, uint32_t virq)
{
	event_send_virq(vcpu->domain, vcpu->id, virq);
}

void virq_send_global(struct domain *domain, uint32_t virq)
{
	if (domain)
		event_send_virq(domain, 0, virq);
}

/* What grant tables ask -------------------------------------------------------- */

int16_t grant_port_hold_frame(domid_t owner, gfn_t number, enum grant_access access, uint32_t times,
			      mfn_t *frame)
{
	/* Paravirtual guests count in machine frames. */
	mfn_t machine = mfn(number.n);

	if (access == GRANT_WRITE) {
		int rc = page_writable_take(machine, owner, times);

		if (rc != 0)
			return rc == -XEN_EINVAL ? GNTST_bad_page : GNTST_general_error;
	} else if (!frame_get_some(machine, owner, times)) {
		return GNTST_bad_page;
	}
	*frame = machine;
	return GNTST_okay;
}

int16_t grant_port_hold_again(mfn_t frame, enum grant_access access, uint32_t times)
{
	bool held = access == GRANT_WRITE ? page_writable_take_again(frame, times)
					  : frame_get_again(frame, times);

	return held ? GNTST_okay : GNTST_general_error;
}

void grant_port_drop_frame(mfn_t frame, enum grant_access access, uint32_t times)
{
	if (access == GRANT_WRITE)
		page_writable_release(frame, times);
	else
		frame_put_some(frame, times);
}

void *grant_port_alloc(size_t bytes)
{
	return heap_alloc(bytes);
}

void grant_port_free(void *object)
{
	heap_free(object);
}

void *grant_port_alloc_shared(struct domain *domain, mfn_t *frame)
{
	return domain_alloc_shared(domain, frame);
}

void grant_port_free_shared(void *page)
{
	domain_free_shared(page);
}

struct grant_table *grant_port_table_get(domid_t id)
{
	struct domain *domain = domain_get(id);

	if (domain && !load_acquire(&domain->grants)) {
		domain_put(domain);
		return NULL;
	}
	return domain ? domain->grants : NULL;
}

void grant_port_table_get_again(struct grant_table *table)
{
	fetch_add(&table->domain->references, 1);
}

void grant_port_table_put(struct grant_table *table)
{
	domain_put(table->domain);
}

void grant_port_space_lock(struct grant_space *space, struct domain *holder)
{
	space->holder = pages_lock(holder).domain;
	space->region = ~0ull;
}

void grant_port_space_unlock(struct grant_space *space)
{
	pages_unlock(space_pages(space));
}

/* PTE bits 9..11, from the first three of the guest's available flags. */
static uint64_t available_bits(uint32_t available)
{
	return (uint64_t)(available & 7) << 9;
}

int16_t grant_port_map(struct grant_space *space, const struct grant_mapping *mapping,
		       uint32_t available)
{
	bool writable = !(mapping->flags & GNTMAP_readonly);

	if (mapping->flags & GNTMAP_contains_pte)
		return (int16_t)pv_grant_map_pte(space, maddr(mapping->address),
						 mfn(mapping->frame), writable,
						 available_bits(available));
	return (int16_t)pv_grant_map_va(space, mapping->address, mfn(mapping->frame), writable,
					available_bits(available));
}

int16_t grant_port_unmap(struct grant_space *space, const struct grant_mapping *mapping,
			 enum grant_access *held)
{
	bool writable = false;
	int status;

	if (mapping->flags & GNTMAP_contains_pte)
		status = pv_grant_unmap_pte(space, maddr(mapping->address), mfn(mapping->frame),
					    &writable);
	else
		status = pv_grant_unmap_va(space, mapping->address, mfn(mapping->frame), &writable);
	*held = writable ? GRANT_WRITE : GRANT_READ;
	return (int16_t)status;
}

void grant_port_forget(struct grant_space *space)
{
	domain_flush_tlb(space_pages(space));
}

int16_t grant_port_replace(struct grant_space *space, const struct grant_mapping *mapping,
			   uint64_t new_address)
{
	return (int16_t)pv_grant_replace_va(space, mapping->address, mfn(mapping->frame),
					    new_address);
}

void grant_port_copy(mfn_t to, uint32_t to_offset, mfn_t from, uint32_t from_offset,
		     uint32_t length)
{
	memmove((char *)frame_map(to) + to_offset, (const char *)frame_map(from) + from_offset,
		length);
}

/* What the core asks of grant tables ------------------------------------------- */

struct grant_table *grant_table_create(struct domain *domain, uint32_t frames, uint32_t handles)
{
	struct grant_table *table = heap_new(struct grant_table);

	if (!table)
		return NULL;
	table->frame_limit = frames && frames < GRANT_FRAMES_MAX ? frames : GRANT_FRAMES_MAX;
	table->handles.chunk_limit = grant_handle_chunks(handles);
	if (!grant_table_init(table, domain, domain->id)) {
		heap_free(table);
		return NULL;
	}
	return table;
}

bool grant_table_destroy(struct domain *domain)
{
	uint32_t next = 0;

	return grant_unmap_some(domain->grants, &next, DESTROY_STEP);
}

void grant_table_dispose(struct domain *domain)
{
	grant_table_free(domain->grants);
	heap_free(domain->grants);
	domain->grants = NULL;
}

static void audit_pins(const struct grant_frame *frame)
{
	for (uint32_t i = 0; i < GRANTS_PER_FRAME; i++) {
		const struct grant_pin *pin = &frame->pins[i];
		uint32_t writes = pin->mappings[GRANT_WRITE];

		if (grant_pin_used(pin))
			audit_expect(pin->frame, pin->mappings[GRANT_READ] + writes, writes);
	}
}

void grant_table_audit(struct grant_table *table)
{
	struct grant_table_locked locked = grant_table_lock(table);

	for (uint32_t i = 0; i < table->frame_count; i++) {
		/* Our use of the shared page, beside its owner's reference. */
		audit_expect(table->frames[i].frame, 0, 1);
		audit_pins(&table->frames[i]);
	}
	grant_table_unlock(locked);
}
