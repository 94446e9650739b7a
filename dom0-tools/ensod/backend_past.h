/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/backend_past.h - how one backend has fared, and so whether and
 * when it is started again.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One that lives shorter died quickly: what kills it at once it finds in its rings. */
#define BACKEND_QUICK_MS 1000
/* So many quick deaths in a row are forgiven: the guest shall not notice any. */
#define BACKEND_FORGIVEN     5
#define BACKEND_PAUSE_MAX_MS 10000

enum backend_end {
	BACKEND_END_DONE,   /* exit status 0: its device is closed             */
	BACKEND_END_FAILED, /* 1: it cannot serve, and has said why in the store */
	BACKEND_END_DIED,   /* by a signal, or in a way that is none of these  */
};

struct backend_past {
	uint64_t started_ms;
	unsigned int quick_deaths; /* in a row */
	bool failed;		   /* is not started again        */
	uint64_t due_ms;	   /* may be started from then on */
};

void backend_past_started(struct backend_past *past, uint64_t now_ms);
void backend_past_ended(struct backend_past *past, enum backend_end end, uint64_t now_ms);

/* From what waitid(2) says of a child: `exited` and its status, or a signal. */
enum backend_end backend_end_of(bool exited, int status);
