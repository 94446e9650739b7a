/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/guest_files.h - a guest's files below FILES_RUN: the lock of
 * whoever makes or ends it, its configuration, the lock on its name.
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"

#define GUEST_FILES_PATH 192

struct guest_files {
	char uuid[UUID_TEXT];
	char lock_path[GUEST_FILES_PATH];
	char configuration_path[GUEST_FILES_PATH], draft_path[GUEST_FILES_PATH];
	int lock; /* -1: not held */
};

/* Names the files; touches none. */
void guest_files_begin(struct guest_files *files, const uint8_t uuid[UUID_BYTES]);

/* Takes the lock.  Without `wait`, EBUSY says that another process builds or ends the guest. */
int MUST_CHECK
guest_files_lock(struct guest_files *files, bool wait, const char *object, struct failure *failure);

/*
 * The domain the lock's holder works on is noted in its file, so that its nodes
 * are found even when the domain is gone.  0: none so far, or not readable.
 */
int MUST_CHECK
guest_files_note_domain(struct guest_files *files, uint16_t domid, struct failure *failure);
uint16_t guest_files_noted_domain(const struct guest_files *files);

/* Removes the lock's file and gives it up; for when there is nothing left to do. */
void guest_files_unlock(struct guest_files *files);
/* Lets go of the lock and keeps its file: whoever reaps goes on with what is left. */
void guest_files_leave(struct guest_files *files);

int MUST_CHECK
guest_files_write_configuration(struct guest_files *files, const struct guest_config *config,
				struct failure *failure);
void guest_files_remove_configuration(struct guest_files *files);

/*
 * Has `change` change a guest's configuration, which its next start is made from: of several at
 * once none is lost, and none comes back after the guest's end.  It returns 1 when it has changed
 * something, 0 when not, or a negative errno, told.  A guest without one: done.
 */
typedef int (*guest_files_change_t)(struct guest_config *config, void *context,
				    struct failure *failure);
int MUST_CHECK
guest_files_change_configuration(struct guest_files *files, guest_files_change_t change,
				 void *context, struct failure *failure);

/* Nobody else who asks may begin to use this name until guest_files_unlock_name. */
int MUST_CHECK
guest_files_lock_name(const char *name, int *descriptor, struct failure *failure);
void guest_files_unlock_name(int descriptor); /* -1 is fine */
