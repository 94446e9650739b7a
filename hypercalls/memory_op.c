/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/memory_op.c - how much memory a domain has, and which.
 */
#include "hypercalls/memory_op.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/exchange.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"

/* In memory_op's command: at which extent the call goes on. */
#define START_SHIFT  6
#define COMMAND_MASK ((1u << START_SHIFT) - 1)

/* What the ABI sets aside for the table, whatever the machine has. */
#define M2P_BYTES_MAX	  (1ull << 38)

#define ORDER_MAX_GUEST	  9
#define ORDER_MAX_CONTROL HEAP_MAX_ORDER
#define EXTENTS_MAX	  (UINT32_MAX >> START_SHIFT)

struct domain *memory_target_get(domid_t id, int64_t *rc)
{
	struct domain *domain;

	if (id != DOMID_SELF && id != current_domain()->id && !domain_controls(current_domain())) {
		*rc = -XEN_EPERM;
		return NULL;
	}
	domain = domain_get(id);
	*rc = domain ? 0 : -XEN_ESRCH;
	return domain;
}

/* Reservations --------------------------------------------------------------- */

struct reservation {
	struct domain *domain;
	guest_va_t extents;
	uint64_t count;
	unsigned int order, address_bits;
};

static void extent_take_back(struct domain *domain, mfn_t first, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		mfn_t frame = mfn_add(first, i);

		if (!frame_get(frame, domain->id))
			continue;
		frame_give_up(frame);
		frame_put(frame);
	}
}

/* One extent of fresh pages; `gpfn` M2P_INVALID when the guest named none. */
static bool extent_allocate(const struct reservation *reservation, uint64_t gpfn, mfn_t *first)
{
	uint64_t pages = 1ull << reservation->order;
	struct domain *domain = reservation->domain;

	if (!domain_charge_pages(domain, pages))
		return false;
	if (!domain_claims_allow(domain, pages) ||
	    !heap_alloc_frames(reservation->order, reservation->address_bits, first)) {
		domain_uncharge_pages(domain, pages);
		return false;
	}
	for (uint64_t i = 0; i < pages; i++)
		m2p_set(mfn_add(*first, i), gpfn == M2P_INVALID ? M2P_INVALID : gpfn + i);
	frame_assign(*first, reservation->order, domain->id);
	/* domain_destroy() says first that it begins, and looks for pages after. */
	memory_barrier();
	if (domain_is_dying(domain)) {
		extent_take_back(domain, *first, pages);
		return false;
	}
	return true;
}

static bool extent_add(const struct reservation *reservation, uint64_t index, bool populate)
{
	guest_va_t slot = guest_element(reservation->extents, index, sizeof(uint64_t));
	uint64_t gpfn = M2P_INVALID;
	mfn_t first;

	if (populate && !copy_from_guest(&gpfn, slot, sizeof(gpfn)))
		return false;
	if (!extent_allocate(reservation, gpfn, &first))
		return false;
	if (!reservation->extents.va)
		return !populate;
	return copy_to_guest(slot, &first.n, sizeof(first.n));
}

static bool frame_remove(struct domain *domain, mfn_t frame)
{
	struct pages_locked locked;

	if (!frame_get(frame, domain->id))
		return false;
	if (!frame_disown(frame)) {
		frame_put(frame);
		return false;
	}
	/* No TLB may lead to it any more when it becomes another's. */
	locked = pages_lock(domain);
	domain_flush_tlb(locked);
	pages_unlock(locked);
	frame_put(frame);
	return true;
}

static bool extent_remove(const struct reservation *reservation, uint64_t index)
{
	uint64_t number;

	if (!copy_from_guest(&number, guest_element(reservation->extents, index, sizeof(number)),
			     sizeof(number)))
		return false;
	for (uint64_t i = 0; i < 1ull << reservation->order; i++)
		if (!frame_remove(reservation->domain, mfn(number + i)))
			return false;
	return true;
}

static bool extent_do(unsigned int command, const struct reservation *reservation, uint64_t index)
{
	switch (command) {
	case XENMEM_decrease_reservation:
		return extent_remove(reservation, index);
	case XENMEM_populate_physmap:
		return extent_add(reservation, index, true);
	default:
		return extent_add(reservation, index, false);
	}
}

/* Result: how many extents are done; what is left to do stays in the command. */
static int64_t change_reservation(reg_t full_command, guest_va_t argument)
{
	unsigned int command = full_command & COMMAND_MASK;
	uint64_t done = (uint32_t)full_command >> START_SHIFT;
	struct xen_memory_reservation request;
	struct reservation reservation;
	struct work_budget budget = WORK_BUDGET;
	bool control = domain_controls(current_domain());
	int64_t rc;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return (int64_t)done;
	if (request.nr_extents > EXTENTS_MAX || done > request.nr_extents)
		return (int64_t)done;
	if (request.extent_order > (control ? ORDER_MAX_CONTROL : ORDER_MAX_GUEST))
		return (int64_t)done;
	/* Giving up flushes and clears page by page. */
	if (command == XENMEM_decrease_reservation && request.extent_order > ORDER_MAX_GUEST)
		return (int64_t)done;
	reservation = (struct reservation){
		.domain = memory_target_get(request.domid, &rc),
		.extents = guest_va((uint64_t)request.extent_start.p),
		.count = request.nr_extents,
		.order = request.extent_order,
		.address_bits = XENMEMF_get_address_bits(request.mem_flags),
	};
	if (!reservation.domain)
		return done ? (int64_t)done : rc;

	while (done < reservation.count) {
		if (work_done(&budget, 8 + (1u << MIN(reservation.order, 8u)))) {
			hypercall_set_argument(0, command | done << START_SHIFT);
			domain_put(reservation.domain);
			return -XEN_ERESTART;
		}
		if (!extent_do(command, &reservation, done))
			break;
		done++;
	}
	domain_put(reservation.domain);
	return (int64_t)done;
}

static int64_t exchange_pages(guest_va_t argument)
{
	struct xen_memory_exchange request;
	struct domain *domain = current_domain();
	uint64_t before;
	int64_t rc;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.in.domid != DOMID_SELF && request.in.domid != domain->id)
		return -XEN_EPERM;
	if (!domain->hardware)
		return -XEN_EPERM;
	before = request.nr_exchanged;
	rc = exchange_step(domain, &request);
	if (request.nr_exchanged != before &&
	    !copy_to_guest(
		    guest_va(argument.va + offsetof(struct xen_memory_exchange, nr_exchanged)),
		    &request.nr_exchanged, sizeof(request.nr_exchanged)))
		return -XEN_EFAULT;
	return rc;
}

/* Questions ------------------------------------------------------------------ */

static int64_t reservation_query(unsigned int command, guest_va_t argument)
{
	struct domain *domain;
	domid_t id;
	int64_t rc;

	if (!copy_from_guest(&id, argument, sizeof(id)))
		return -XEN_EFAULT;
	domain = memory_target_get(id, &rc);
	if (!domain)
		return rc;
	switch (command) {
	case XENMEM_current_reservation:
		rc = (int64_t)read_once(domain->pages);
		break;
	case XENMEM_maximum_reservation:
		rc = (int64_t)domain->max_pages;
		break;
	default: /* XENMEM_maximum_gpfn */
		rc = (int64_t)read_once(domain->shared->arch.max_pfn);
		rc = rc ? rc - 1 : 0;
		break;
	}
	domain_put(domain);
	return rc;
}

static int64_t machine_memory_map(guest_va_t argument)
{
	struct xen_memory_map request;
	uint32_t count = boot_info.e820_count;
	guest_va_t buffer;

	if (!domain_controls(current_domain()))
		return -XEN_EPERM;
	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	buffer = guest_va((uint64_t)request.buffer.p);
	if (buffer.va) {
		if (request.nr_entries < count)
			return -XEN_EINVAL;
		if (!copy_to_guest(buffer, boot_info.e820, count * sizeof(boot_info.e820[0])))
			return -XEN_EFAULT;
	}
	request.nr_entries = count;
	return copy_to_guest(argument, &request, sizeof(request)) ? 0 : -XEN_EFAULT;
}

static int64_t machphys_mapping(guest_va_t argument)
{
	struct xen_machphys_mapping reply = {
		.v_start = M2P_START,
		.v_end = M2P_START + M2P_BYTES_MAX,
		.max_mfn = frame_limit - 1,
	};

	return copy_to_guest(argument, &reply, sizeof(reply)) ? 0 : -XEN_EFAULT;
}

/* The frames of the m2p table, by 2 MiB: for tools that map it. */
static int64_t machphys_list(guest_va_t argument)
{
	struct xen_machphys_mfn_list request;
	uint64_t extents = (frame_limit * sizeof(uint64_t) + (1ull << 21) - 1) >> 21;

	if (!domain_controls(current_domain()))
		return -XEN_EPERM;
	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	extents = MIN(extents, (uint64_t)request.max_extents);
	for (uint64_t i = 0; i < extents; i++) {
		uint64_t number = paging_m2p_part(i).n;
		guest_va_t slot = guest_element(guest_va((uint64_t)request.extent_start.p), i, 8);

		if (!copy_to_guest(slot, &number, sizeof(number)))
			return -XEN_EFAULT;
	}
	request.nr_extents = (uint32_t)extents;
	return copy_to_guest(argument, &request, sizeof(request)) ? 0 : -XEN_EFAULT;
}

int64_t hc_memory_op(reg_t command, reg_t argument)
{
	switch (command & COMMAND_MASK) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return change_reservation(command, guest_va(argument));
	case XENMEM_exchange:
		return exchange_pages(guest_va(argument));
	case XENMEM_maximum_ram_page:
		return (int64_t)frame_limit - 1;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return reservation_query(command & COMMAND_MASK, guest_va(argument));
	case XENMEM_machine_memory_map:
		return machine_memory_map(guest_va(argument));
	case XENMEM_set_memory_map:
		return memory_map_set(guest_va(argument));
	case XENMEM_memory_map:
		return memory_map_get(guest_va(argument));
	case XENMEM_claim_pages:
		return memory_claim(guest_va(argument));
	case XENMEM_acquire_resource:
		return memory_acquire_resource(guest_va(argument));
	case XENMEM_machphys_mfn_list:
		return machphys_list(guest_va(argument));
	case XENMEM_machphys_mapping:
		return machphys_mapping(guest_va(argument));
	case XENMEM_add_to_physmap:
	case XENMEM_add_to_physmap_batch:
	case XENMEM_remove_from_physmap:
		return -XEN_EINVAL; /* PV guests keep their own p2m */
	case XENMEM_get_vnumainfo:
		return -XEN_EOPNOTSUPP; /* xl save asks for just this */
	default:
		return -XEN_ENOSYS;
	}
}
