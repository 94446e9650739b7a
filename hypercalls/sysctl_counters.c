/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/sysctl_counters.c - sysctl perfc_op: what CPUs have counted, and where
 * counting begins anew.  counters.def has what is counted.
 */
#include "hypercalls/sysctl.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/mm/guest_copy.h"

static const struct xen_sysctl_perfc_desc names[COUNTERS] = {
#define COUNTER(counter) {.name = #counter},
#include "xen-like/arch/x86/counters.def"
#undef COUNTER
};

/*
 * What the CPUs had counted at the last reset: they go on without being told.  A reset beside
 * a question or another reset is seen for some counters and not yet for others.
 */
static uint64_t zero[MAX_CPUS][COUNTERS];

static void reset(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		for (unsigned int i = 0; i < COUNTERS; i++)
			write_once(zero[cpu][i], read_once(cpus[cpu]->counted[i]));
}

static bool tell_names(guest_va_t to)
{
	for (unsigned int i = 0; i < COUNTERS; i++) {
		struct xen_sysctl_perfc_desc name = names[i];

		name.nr_vals = cpu_count;
		if (!copy_to_guest(guest_element(to, i, sizeof(name)), &name, sizeof(name)))
			return false;
	}
	return true;
}

/* Counter after counter, in each a value for each CPU. */
static bool tell_values(guest_va_t to)
{
	uint64_t at = 0;

	for (unsigned int i = 0; i < COUNTERS; i++) {
		for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
			uint64_t counted = read_once(cpus[cpu]->counted[i]);
			xen_sysctl_perfc_val_t value =
				(uint32_t)(counted - read_once(zero[cpu][i]));

			if (!copy_to_guest(guest_element(to, at++, sizeof(value)), &value,
					   sizeof(value)))
				return false;
		}
	}
	return true;
}

static long query(struct xen_sysctl_perfc_op *wanted)
{
	guest_va_t to_names = guest_va((uint64_t)wanted->desc.p);
	guest_va_t to_values = guest_va((uint64_t)wanted->val.p);

	if ((to_names.va && !tell_names(to_names)) || (to_values.va && !tell_values(to_values)))
		return -XEN_EFAULT;
	wanted->nr_counters = COUNTERS;
	wanted->nr_vals = COUNTERS * cpu_count;
	return 0;
}

long sysctl_perfc_op(struct xen_sysctl *request)
{
	switch (request->u.perfc_op.cmd) {
	case XEN_SYSCTL_PERFCOP_reset:
		reset();
		return query(&request->u.perfc_op);
	case XEN_SYSCTL_PERFCOP_query:
		return query(&request->u.perfc_op);
	default:
		return -XEN_EINVAL;
	}
}
