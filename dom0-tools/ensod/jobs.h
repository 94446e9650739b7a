/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/jobs.h - what ensod does to guests, each in steps that can be
 * interrupted by its death: what was begun is found again in /run/enso.
 */
#pragma once

#include <limits.h>

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/hypervisor.h"
#include "dom0-tools/lib/store.h"
#include "dom0-tools/lib/text.h"

enum job_kind {
	JOB_DESTROY,	    /* the domain, and all it has                   */
	JOB_RESTART,	    /* destroy it, then build from its intention    */
	JOB_RENAME_RESTART, /* keep it under another name, then build       */
	JOB_BUILD,	    /* build from an intention: the old one is gone */
	JOB_REAP,	    /* what a dead builder left                     */
	JOB_START,	    /* a file of autostart                          */
};

struct job {
	struct job *next; /* the queue's */
	enum job_kind kind;
	uint16_t domid; /* of the one to be destroyed */
	uint8_t uuid[UUID_BYTES];
	char name[GUEST_NAME_MAX + 1];
	unsigned int quick_deaths; /* to be remembered of a guest that is started */
	bool stranger;		   /* JOB_RESTART, JOB_RENAME_RESTART: to be adopted first */
	char file[NAME_MAX + 1];   /* JOB_START: in the autostart folder */

	int result;    /* 0 or a negative errno */
	bool intended; /* the guest shall run, and does not: JOB_BUILD is to be tried again */
	struct failure failure;
};

/* The ways to hypervisor and store of whoever does jobs; opened when needed. */
struct job_hands {
	struct hypervisor *hypervisor;
	struct store *store;
};

void job_run(struct job_hands *hands, struct job *job);
void job_hands_close(struct job_hands *hands);

/* Where files to be started with the host are. */
#define JOB_AUTOSTART "/etc/enso/autostart"
