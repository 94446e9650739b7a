/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/state.h - what ensod remembers, all of it in /run/enso, so that a
 * killed ensod goes on where it was:
 *
 *	restarting/UUID.xml	this guest shall run: build it if it is not there
 *	lives/UUID		when it started last, and its quick deaths in a row
 *	started/FILE		this file of autostart has been seen to
 *	stopping		the host goes down: nothing is started again
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/domain.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"
#include "xen-like/base/abi.h"

#define STATE_RESTARTING FILES_RUN "/restarting"
#define STATE_LIVES	 FILES_RUN "/lives"
#define STATE_STARTED	 FILES_RUN "/started"
#define STATE_STOPPING	 FILES_RUN "/stopping"

#define STATE_PATH	 512

/* Makes the folders. */
int MUST_CHECK
state_prepare(struct failure *failure);

/* Milliseconds since boot, sleep included: the clock of lives/. */
uint64_t state_now_ms(void);

/* FOLDER/UUID.SUFFIX */
void state_path(char path[STATE_PATH], const char *folder, const uint8_t uuid[UUID_BYTES],
		const char *suffix);

struct guest_past {
	uint64_t started_ms; /* 0: not known */
	unsigned int quick_deaths;
};

void state_read_past(const uint8_t uuid[UUID_BYTES], struct guest_past *past);
/* Losing it costs only a pause. */
void state_write_past(const uint8_t uuid[UUID_BYTES], const struct guest_past *past);
void state_forget_past(const uint8_t uuid[UUID_BYTES]);

/*
 * The configuration kept in FOLDER for this guest; NULL when there is none, or none
 * that can be read (which is logged).  The caller frees.
 */
struct guest_config *state_read_config(const char *folder, const uint8_t uuid[UUID_BYTES]);

/* Writes one there. */
int MUST_CHECK
state_write_config(const char *folder, const struct guest_config *config, struct failure *failure);

/* Remembers that the guest shall run: a copy of guests/UUID.xml. */
int MUST_CHECK
state_intend(const uint8_t uuid[UUID_BYTES], struct failure *failure);
void state_intention_done(const uint8_t uuid[UUID_BYTES]);

/* The uuids named by the files of a folder (with `suffix`), in an array the caller frees. */
size_t state_list(const char *folder, const char *suffix, uint8_t (**uuids)[UUID_BYTES]);

/* A line of FILES_ENDS: how a guest ended, for who looks when it is gone.  Losing it is logged. */
void state_note_end(const struct domain_info *info);

bool state_host_stopping(void);
