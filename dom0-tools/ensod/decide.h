/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/decide.h - what is to be done about a guest that has ended: from
 * how it ended, what its configuration says, and how it fared before.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/domain.h"

/* A guest that lives shorter than this died quickly. */
#define DECIDE_QUICK_MS 10000
/* The longest pause before a restart. */
#define DECIDE_PAUSE_MAX_MS 60000
/* How long the tool that made a guest unknown to us may take to see to it. */
#define DECIDE_STRANGER_MS 30000
/* So often a guest that cannot be built is tried again. */
#define DECIDE_BUILD_TRIES 8

enum decision_kind {
	DECIDE_LEAVE,	       /* keep it as it is                       */
	DECIDE_DESTROY,	       /* give back what it has                  */
	DECIDE_RESTART,	       /* destroy it and build it anew           */
	DECIDE_RENAME_RESTART, /* keep it under another name, build anew */
};

struct guest_death {
	enum domain_end end;
	bool known;    /* there is a configuration: the actions count         */
	bool stranger; /* another tool made it, which may see to it itself */
	enum guest_action on_poweroff, on_reboot, on_crash, on_watchdog;
	uint64_t lived_ms;	   /* from its start to its end           */
	unsigned int quick_deaths; /* in a row, before this one           */
	bool host_stopping;	   /* nothing is started again            */
};

struct decision {
	enum decision_kind kind;
	uint64_t pause_ms;	   /* after the death, before it is done     */
	unsigned int quick_deaths; /* in a row, with this one                */
	bool core_wanted;	   /* the action asks for a core dump as well */
	const char *action;	   /* the element of the configuration that decided: "on_crash" */
};

struct decision decide_on_death(const struct guest_death *death);

/*
 * A guest to be built again could not be, for the `failures`-th time: the pause before
 * the next try.  False: no more tries.
 */
bool decide_retry(unsigned int failures, uint64_t *pause_ms);

/* The n-th name for a dead guest that is kept: "web1-2", cut to fit. */
void decide_kept_name(const char *name, unsigned int n, char kept[GUEST_NAME_MAX + 1]);
