/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/grant_table_op.c - grants: copies requests in and results out.
 *
 * Most commands take an array.  Each element gets a status of its own; the
 * call as a whole fails only when an element cannot be read or written.  A
 * long array goes on in another call, from the first element not done.
 */
#include "grant-tables/copy.h"
#include "grant-tables/map.h"
#include "grant-tables/table.h"
#include "hypercalls/dispatch.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

union request {
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref unmap;
	struct gnttab_unmap_and_replace replace;
	struct gnttab_transfer transfer;
	struct gnttab_copy copy;
	struct gnttab_swap_grant_ref swap;
};

/* A domain whose table the caller may ask about; NULL and *status if not. */
static struct domain *target_get(domid_t id, int16_t *status)
{
	struct domain *caller = current_domain(), *domain = domain_get(id);

	if (!domain || !load_acquire(&domain->grants)) {
		if (domain)
			domain_put(domain);
		*status = GNTST_bad_domain;
		return NULL;
	}
	if (domain != caller && !caller->control) {
		domain_put(domain);
		*status = GNTST_permission_denied;
		return NULL;
	}
	*status = GNTST_okay;
	return domain;
}

/* Arrays --------------------------------------------------------------------- */

static void map_element(struct grant_table *own, union request *request)
{
	grant_map(own, &request->map);
}

static void unmap_element(struct grant_table *own, union request *request)
{
	grant_unmap(own, &request->unmap);
}

static void replace_element(struct grant_table *own, union request *request)
{
	grant_unmap_and_replace(own, &request->replace);
}

static void copy_element(struct grant_table *own, union request *request)
{
	grant_copy(own, &request->copy);
}

/* Giving pages away: no guest of ours asks for it. */
static void transfer_element(struct grant_table *own, union request *request)
{
	struct domain *domain = domain_get(request->transfer.domid);

	(void)own;
	request->transfer.status = domain ? GNTST_general_error : GNTST_bad_domain;
	if (domain)
		domain_put(domain);
}

static void swap_element(struct grant_table *own, union request *request)
{
	struct grant_table_locked locked = grant_table_lock(own);

	request->swap.status = grant_table_swap(locked, request->swap.ref_a, request->swap.ref_b);
	grant_table_unlock(locked);
}

/* `work` is what an element costs, in units of work_done(). */
static const struct array_operation {
	void (*act)(struct grant_table *own, union request *request);
	uint16_t size;
	uint16_t work;
} array_operations[] = {
	[GNTTABOP_map_grant_ref] = {map_element, sizeof(struct gnttab_map_grant_ref), 16},
	[GNTTABOP_unmap_grant_ref] = {unmap_element, sizeof(struct gnttab_unmap_grant_ref), 24},
	[GNTTABOP_unmap_and_replace] = {replace_element, sizeof(struct gnttab_unmap_and_replace),
					24},
	[GNTTABOP_transfer] = {transfer_element, sizeof(struct gnttab_transfer), 4},
	[GNTTABOP_copy] = {copy_element, sizeof(struct gnttab_copy), 24},
	[GNTTABOP_swap_grant_ref] = {swap_element, sizeof(struct gnttab_swap_grant_ref), 4},
};

static int64_t perform_array(const struct array_operation *operation, guest_va_t array,
			     uint32_t count)
{
	struct grant_table *own = current_domain()->grants;
	struct work_budget budget = WORK_BUDGET;
	union request request;

	for (uint32_t i = 0; i < count; i++) {
		guest_va_t element = guest_element(array, i, operation->size);

		if (work_done(&budget, operation->work)) {
			current_vcpu()->call.args[1] = element.va;
			current_vcpu()->call.args[2] = count - i;
			return -XEN_ERESTART;
		}
		if (!copy_from_guest(&request, element, operation->size))
			return -XEN_EFAULT;
		operation->act(own, &request);
		if (!copy_to_guest(element, &request, operation->size))
			return -XEN_EFAULT;
	}
	return 0;
}

/* Single questions ------------------------------------------------------------ */

/* The caller's list of the table's first pages. */
static int16_t list_frames(struct grant_table *table, uint32_t count, guest_va_t list)
{
	for (uint32_t i = 0; i < count; i++)
		if (!copy_to_guest(guest_element(list, i, sizeof(xen_pfn_t)),
				   &table->frames[i].frame.n, sizeof(xen_pfn_t)))
			return GNTST_bad_virt_addr;
	return GNTST_okay;
}

static int64_t setup_table(guest_va_t argument)
{
	struct gnttab_setup_table request;
	struct grant_table_locked locked;
	struct domain *domain;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	domain = target_get(request.dom, &request.status);
	if (domain) {
		locked = grant_table_lock(domain->grants);
		request.status = grant_table_grow(locked, request.nr_frames);
		grant_table_unlock(locked);
		/* The list may be read without the lock: the table does not shrink. */
		if (request.status == GNTST_okay)
			request.status = list_frames(domain->grants, request.nr_frames,
						     guest_va((uint64_t)request.frame_list.p));
		domain_put(domain);
	}
	return copy_to_guest(argument, &request, sizeof(request)) ? 0 : -XEN_EFAULT;
}

static int64_t query_size(guest_va_t argument)
{
	struct gnttab_query_size request;
	struct domain *domain;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	domain = target_get(request.dom, &request.status);
	if (domain) {
		request.nr_frames = read_once(domain->grants->frame_count);
		request.max_nr_frames = domain->grants->frame_limit;
		domain_put(domain);
	}
	return copy_to_guest(argument, &request, sizeof(request)) ? 0 : -XEN_EFAULT;
}

static int64_t get_version(guest_va_t argument)
{
	struct gnttab_get_version request;
	struct domain *domain;
	int16_t status;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	domain = target_get(request.dom, &status);
	if (!domain)
		return status == GNTST_bad_domain ? -XEN_ESRCH : -XEN_EPERM;
	domain_put(domain);
	request.version = 1;
	return copy_to_guest(argument, &request, sizeof(request)) ? 0 : -XEN_EFAULT;
}

/* Version 1 is what there is; -ENOSYS for 2 makes Linux stay with it. */
static int64_t set_version(guest_va_t argument)
{
	struct gnttab_set_version request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.version == 2)
		return -XEN_ENOSYS;
	if (request.version != 1)
		return -XEN_EINVAL;
	return copy_to_guest(argument, &request, sizeof(request)) ? 0 : -XEN_EFAULT;
}

static int64_t perform_single(uint32_t command, guest_va_t argument)
{
	switch (command) {
	case GNTTABOP_setup_table:
		return setup_table(argument);
	case GNTTABOP_query_size:
		return query_size(argument);
	case GNTTABOP_get_version:
		return get_version(argument);
	case GNTTABOP_set_version:
		return set_version(argument);
	case GNTTABOP_cache_flush:
		return -XEN_EOPNOTSUPP;
	default:
		/* dump_table prints for developers; status frames are version 2's. */
		return -XEN_ENOSYS;
	}
}

int64_t hc_grant_table_op(reg_t command, reg_t argument, reg_t count)
{
	command = (uint32_t)command;
	count = (uint32_t)count;
	if (count > INT32_MAX)
		return -XEN_EINVAL;
	if (command < ARRAY_SIZE(array_operations)) {
		const struct array_operation *operation =
			&array_operations[index_nospec(command, ARRAY_SIZE(array_operations))];

		if (operation->act)
			return perform_array(operation, guest_va(argument), (uint32_t)count);
	}
	switch (command) {
	case GNTTABOP_setup_table:
	case GNTTABOP_query_size:
		if (count != 1)
			return -XEN_EINVAL;
	}
	return perform_single((uint32_t)command, guest_va(argument));
}
