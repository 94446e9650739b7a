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
	if (domain != caller && !domain_controls(caller)) {
		domain_put(domain);
		*status = GNTST_permission_denied;
		return NULL;
	}
	*status = GNTST_okay;
	return domain;
}

/* Arrays --------------------------------------------------------------------- */

static void map_element(struct grant_maps *maps, struct gnttab_map_grant_ref *request)
{
	grant_map(maps, request);
}

static void unmap_element(struct grant_unmaps *unmaps, struct gnttab_unmap_grant_ref *request)
{
	grant_unmap(unmaps, request);
}

static void replace_element(struct grant_table *own, struct gnttab_unmap_and_replace *request)
{
	grant_unmap_and_replace(own, request);
}

/* Giving pages away: no guest of ours asks for it. */
static void transfer_element(struct grant_table *own, struct gnttab_transfer *request)
{
	struct domain *domain = domain_get(request->domid);

	(void)own;
	request->status = domain ? GNTST_general_error : GNTST_bad_domain;
	if (domain)
		domain_put(domain);
}

static void swap_element(struct grant_table *own, struct gnttab_swap_grant_ref *request)
{
	struct grant_table_locked locked = grant_table_lock(own);

	request->status = grant_table_swap(locked, request->ref_a, request->ref_b);
	grant_table_unlock(locked);
}

static void copy_element(struct grant_copies *copies, struct gnttab_copy *request)
{
	grant_copy(copies, request);
}

static int64_t call_again(guest_va_t array, uint32_t left)
{
	hypercall_set_argument(1, array.va);
	hypercall_set_argument(2, left);
	return -XEN_ERESTART;
}

/*
 * A loop for each command, so that sizes are known where elements are copied and
 * nothing is called by a pointer.  `how`: inline where a DEFINE_CALL is around it.  `results` is
 * the offset of what a command answers in; `work` what an element costs, in units of work_done().
 * An element is not cleared first: all of it is read.
 */
#define DEFINE_ARRAY(name, how, state, type, results, work)                                        \
	static how int64_t name##_array(state *call, guest_va_t array, uint32_t count)             \
	{                                                                                          \
		struct work_budget budget = WORK_BUDGET;                                           \
                                                                                                   \
		for (; count > 0; count--, array.va += sizeof(struct type)) {                      \
			struct type request __attribute__((uninitialized));                        \
                                                                                                   \
			if (work_done(&budget, work))                                              \
				return call_again(array, count);                                   \
			if (!copy_from_guest(&request, array, sizeof(request)))                    \
				return -XEN_EFAULT;                                                \
			name##_element(call, &request);                                            \
			if (!copy_to_guest(guest_va(array.va + (results)),                         \
					   (char *)&request + (results),                           \
					   sizeof(request) - (results)))                           \
				return -XEN_EFAULT;                                                \
		}                                                                                  \
		return 0;                                                                          \
	}
DEFINE_ARRAY(map, inline, struct grant_maps, gnttab_map_grant_ref, 16, 16)
DEFINE_ARRAY(unmap, inline, struct grant_unmaps, gnttab_unmap_grant_ref, 16, 24)
DEFINE_ARRAY(replace, NOINLINE, struct grant_table, gnttab_unmap_and_replace, 16, 24)
DEFINE_ARRAY(transfer, NOINLINE, struct grant_table, gnttab_transfer, 16, 4)
DEFINE_ARRAY(copy, inline, struct grant_copies, gnttab_copy, 32, 24)
DEFINE_ARRAY(swap, NOINLINE, struct grant_table, gnttab_swap_grant_ref, 8, 4)
#undef DEFINE_ARRAY

#define RESULT_IN(type, offset)                                                                    \
	_Static_assert(offsetof(struct type, status) >= (offset), #type " answers in its end")
RESULT_IN(gnttab_map_grant_ref, 16);
RESULT_IN(gnttab_unmap_grant_ref, 16);
RESULT_IN(gnttab_unmap_and_replace, 16);
RESULT_IN(gnttab_transfer, 16);
RESULT_IN(gnttab_copy, 32);
RESULT_IN(gnttab_swap_grant_ref, 8);
#undef RESULT_IN

/* Those whose elements share something: it is begun before the first and ended after the last. */
#define DEFINE_CALL(name, state)                                                                   \
	static NOINLINE int64_t name##_call(struct grant_table *own, guest_va_t array,             \
					    uint32_t count)                                        \
	{                                                                                          \
		struct state call                                                                  \
			__attribute__((uninitialized)); /* what is not begun is not read */        \
		int64_t result;                                                                    \
                                                                                                   \
		state##_begin(&call, own);                                                         \
		result = name##_array(&call, array, count);                                        \
		state##_end(&call);                                                                \
		return result;                                                                     \
	}
DEFINE_CALL(map, grant_maps)
DEFINE_CALL(unmap, grant_unmaps)
DEFINE_CALL(copy, grant_copies)
#undef DEFINE_CALL

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

static NOINLINE int64_t perform_single(uint32_t command, guest_va_t argument)
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
	struct grant_table *own = current_domain()->grants;
	guest_va_t array = guest_va(argument);

	command = (uint32_t)command;
	count = (uint32_t)count;
	if (count > INT32_MAX)
		return -XEN_EINVAL;
	switch (command) {
	case GNTTABOP_map_grant_ref:
		return map_call(own, array, (uint32_t)count);
	case GNTTABOP_unmap_grant_ref:
		return unmap_call(own, array, (uint32_t)count);
	case GNTTABOP_unmap_and_replace:
		return replace_array(own, array, (uint32_t)count);
	case GNTTABOP_transfer:
		return transfer_array(own, array, (uint32_t)count);
	case GNTTABOP_copy:
		return copy_call(own, array, (uint32_t)count);
	case GNTTABOP_swap_grant_ref:
		return swap_array(own, array, (uint32_t)count);
	case GNTTABOP_setup_table:
	case GNTTABOP_query_size:
		if (count != 1)
			return -XEN_EINVAL;
	}
	return perform_single((uint32_t)command, array);
}
