/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/sysctl.c - sysctl: what the control domain asks of the host as a
 * whole.  Here the switch that sysctl.def becomes, the log, and the list of
 * domains; the machine is sysctl_host.c's, CPU pools and the scheduler are
 * sysctl_sched.c's, CPUID is cpu_policy.c's.
 */
#include "hypercalls/sysctl.h"
#include "hypercalls/dispatch.h"
#include "hypercalls/domain_info.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/console_keys.h"
#include "xen-like/mm/guest_copy.h"

/* As much of the log as one call copies; the tools ask on where it ended. */
#define LOG_BYTES_MAX 65536u
#define LOG_PART      256u
#define KEYS_MAX      65536u
#define KEYS_PART     64u

static long perform(struct xen_sysctl *request)
{
	switch (request->cmd) {
#define SYSCTL(name)                                                                               \
	case XEN_SYSCTL_##name:                                                                    \
		return sysctl_##name(request);
#define SYSCTL_REFUSED(name, error)                                                                \
	case XEN_SYSCTL_##name:                                                                    \
		return -XEN_##error;
#include "hypercalls/sysctl.def"
#undef SYSCTL
#undef SYSCTL_REFUSED
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_sysctl(reg_t argument)
{
	struct xen_sysctl request;
	long rc;

	if (!copy_from_guest(&request, guest_va(argument), sizeof(request)))
		return -XEN_EFAULT;
	if (request.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	rc = perform(&request);
	if (rc == 0 && !copy_to_guest(guest_va(argument), &request, sizeof(request)))
		rc = -XEN_EFAULT;
	return rc;
}

/* The log --------------------------------------------------------------------- */

/*
 * The ABI counts bytes of the log in 32 bits.  A start that is no place in what
 * the log still holds means its beginning.
 */
static uint64_t log_start(const struct xen_sysctl_readconsole *wanted, struct console_log log)
{
	uint32_t ahead = wanted->index - (uint32_t)log.first;

	if (wanted->incremental && ahead <= log.end - log.first)
		return log.first + ahead;
	return log.first;
}

static long copy_log(guest_va_t to, uint64_t *at, uint32_t *count)
{
	uint32_t done = 0, limit = MIN(*count, LOG_BYTES_MAX);
	char part[LOG_PART];

	while (done < limit) {
		uint32_t bytes = (uint32_t)console_log_read(at, part, MIN(limit - done, LOG_PART));

		if (bytes == 0)
			break;
		if (!copy_to_guest(guest_element(to, done, 1), part, bytes))
			return -XEN_EFAULT;
		done += bytes;
	}
	*count = done;
	return 0;
}

long sysctl_readconsole(struct xen_sysctl *request)
{
	struct xen_sysctl_readconsole *wanted = &request->u.readconsole;
	uint64_t at = log_start(wanted, console_log_bounds());
	long rc = copy_log(guest_va((uint64_t)wanted->buffer.p), &at, &wanted->count);

	if (rc != 0)
		return rc;
	wanted->index = (uint32_t)at;
	if (wanted->clear)
		console_log_clear(at);
	return 0;
}

long sysctl_debug_keys(struct xen_sysctl *request)
{
	const struct xen_sysctl_debug_keys *wanted = &request->u.debug_keys;
	guest_va_t from = guest_va((uint64_t)wanted->keys.p);
	char keys[KEYS_PART];

	if (wanted->nr_keys > KEYS_MAX)
		return -XEN_E2BIG;
	for (uint32_t done = 0; done < wanted->nr_keys; done += KEYS_PART) {
		uint32_t count = MIN(wanted->nr_keys - done, KEYS_PART);

		if (!copy_from_guest(keys, guest_element(from, done, 1), count))
			return -XEN_EFAULT;
		for (uint32_t i = 0; i < count; i++)
			console_key(keys[i]);
	}
	return 0;
}

/* Domains --------------------------------------------------------------------- */

long sysctl_getdomaininfolist(struct xen_sysctl *request)
{
	struct xen_sysctl_getdomaininfolist *wanted = &request->u.getdomaininfolist;
	guest_va_t buffer = guest_va((uint64_t)wanted->buffer.p);
	domid_t next = wanted->first_domain;
	uint32_t count = 0;

	while (count < wanted->max_domains) {
		struct xen_domctl_getdomaininfo info;
		struct domain *domain = domain_get_next(next);

		if (!domain)
			break;
		domain_info_fill(domain, &info);
		next = (domid_t)(domain->id + 1);
		domain_put(domain);
		if (!copy_to_guest(guest_element(buffer, count, sizeof(info)), &info, sizeof(info)))
			return -XEN_EFAULT;
		count++;
	}
	wanted->num_domains = count;
	return 0;
}
