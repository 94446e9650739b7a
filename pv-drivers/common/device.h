/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/device.h - what the backend processes share: the nodes of one
 * device in the store, the lock that says it is served, and giving up privileges.
 *
 * Functions return 0 or a negative errno; what cannot be gone on with is told by
 * device_refuse, in the store and on stderr.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dom0-tools/lib/store.h"
#include "pv-drivers/common/handshake.h"

#define DEVICE_PATH_MAX 160
#define BACKENDS_FOLDER "/run/enso/backends"

/* How a backend ends: ensod starts it again unless it is one of the first two. */
enum device_exit { DEVICE_EXIT_DONE = 0, DEVICE_EXIT_REFUSED = 1, DEVICE_EXIT_AGAIN = 2 };

struct pv_device {
	const char *class; /* "vbd", "vif"         */
	uint16_t domid;
	uint32_t number;
	char back[DEVICE_PATH_MAX]; /* paths of its nodes   */
	char front[DEVICE_PATH_MAX];
	struct store *store;
	int lock;
	struct handshake states;
	uint64_t log_minute; /* of CLOCK_MONOTONIC: when the last line was said */
	uint32_t log_lines;  /* said in it, or left out                         */
};

/*
 * Takes DOMID and NUMBER of the command line, the lock, opens the store, finds the
 * front's path and watches both ends.  EBUSY: another process serves the device.
 */
int MUST_CHECK
device_open(struct pv_device *device, const char *class, int words, char **arguments);

/*
 * Memory that the next process serving the device finds as this one left it; zeroes to
 * begin with.  NULL: there is none to be had.
 */
void *device_map_memory(struct pv_device *device, size_t bytes);

/* Reads both states and `online`; afterwards handshake_next(&device->states). */
int MUST_CHECK
device_look(struct pv_device *device);

/* Takes one event that waits: 1 taken, 0 none, negative when the store has gone. */
int MUST_CHECK
device_next_event(struct pv_device *device);

/* A node of either end: a number, or `otherwise` when there is none. */
uint64_t device_back_number(struct pv_device *device, const char *name, uint64_t otherwise);
uint64_t device_front_number(struct pv_device *device, const char *name, uint64_t otherwise);
/* The text of one, to be freed; NULL when there is none. */
char *device_back_text(struct pv_device *device, const char *name);
char *device_front_text(struct pv_device *device, const char *name);

int MUST_CHECK
device_write(struct pv_device *device, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int MUST_CHECK
device_set_state(struct pv_device *device, int state);

/* Writes `enso-error` and state 6; the process then exits with DEVICE_EXIT_REFUSED. */
void device_refuse(struct pv_device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * A line in ensod's log.  Most are of what a guest does, and a guest can do it without end:
 * so many a minute, then one that says that others are left out.
 */
#define DEVICE_LOG_LINES 10
void device_log(struct pv_device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * For good: an own user (nobody where there is none, which is logged), no capabilities, no new
 * privileges, limits, and only the system calls of a backend and the `count` numbers of `calls`.
 */
int MUST_CHECK
device_drop_privileges(struct pv_device *device, const char *user, const int *calls, size_t count);
