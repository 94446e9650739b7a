/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/states.h - what libvirt's headers call the states of a guest.
 * Pure.
 */
#pragma once

#include "dom0-tools/lib/domain.h"

struct guest_state {
	const char *name;   /* "running"                       */
	int code;	    /* VIR_DOMAIN_RUNNING              */
	const char *reason; /* "booted"                        */
	int reason_code;    /* VIR_DOMAIN_RUNNING_BOOTED       */
};

struct guest_state guest_state_of(const struct domain_info *info);

/*
 * Whether a guest is in the state a person wrote: running, paused, shutoff or
 * shutdown, crashed, pmsuspended, present, absent, down.  `info` is NULL for one that is
 * not there.
 */
bool guest_state_is(const struct domain_info *info, const char *word);
bool guest_state_known(const char *word);

/* xl's six letters: "r-----". */
void guest_state_letters(const struct domain_info *info, char letters[7]);

/* What happened to a guest between two looks. */
struct guest_event {
	const char *name; /* "started" */
	int code;	  /* VIR_DOMAIN_EVENT_STARTED */
	const char *reason;
	int reason_code;
};

/*
 * The `at`-th event that leads from `before` to `after`; either is NULL when the
 * guest was or is not there.  False when there are no more.
 */
bool guest_event_between(const struct domain_info *before, const struct domain_info *after,
			 unsigned int at, struct guest_event *event);
