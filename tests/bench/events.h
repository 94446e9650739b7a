/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/events.h - what the hypervisor counts while something is measured: the
 * counters of sysctl perfc_op, of which Debian's Xen has none.  Whoever includes it makes
 * the call and says what was seen.
 */
#pragma once

#define EVENTS_MAX 16

/* Makes the call; its result. */
static long events_call(struct xen_sysctl *request);

static xen_sysctl_perfc_desc_t events_described[EVENTS_MAX];
static xen_sysctl_perfc_val_t events_before[EVENTS_MAX], events_after[EVENTS_MAX];
static uint32_t events_count; /* 0: there are none */

/* On a machine with one CPU; how many there are.  What is not wanted is NULL. */
static uint32_t events_ask(xen_sysctl_perfc_desc_t *names, xen_sysctl_perfc_val_t *values)
{
	static struct xen_sysctl request;

	request = (struct xen_sysctl){.cmd = XEN_SYSCTL_perfc_op,
				      .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
	/* A page that a fork has made read-only is no place for answers until it is written to. */
	for (unsigned int i = 0; values && i < EVENTS_MAX; i++)
		((volatile xen_sysctl_perfc_val_t *)values)[i] = 0;
	request.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	set_xen_guest_handle(request.u.perfc_op.desc, names);
	set_xen_guest_handle(request.u.perfc_op.val, values);
	if (events_call(&request) || request.u.perfc_op.nr_vals > EVENTS_MAX ||
	    request.u.perfc_op.nr_vals != request.u.perfc_op.nr_counters)
		return 0;
	return request.u.perfc_op.nr_counters;
}

/* Once, before all others. */
static void counters_open(void)
{
	if (events_ask(NULL, NULL))
		events_count = events_ask(events_described, NULL);
}

static void events_begin(void)
{
	if (events_count)
		events_count = events_ask(NULL, events_before);
}

/* Then events_seen() of each of events_count has happened since; the two questions too. */
static void events_end(void)
{
	if (events_count)
		events_count = events_ask(NULL, events_after);
}

static uint32_t events_seen(uint32_t which)
{
	return events_after[which] - events_before[which];
}
