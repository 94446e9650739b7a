/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/front/front.h - the guest's end of a paravirtual device, small and
 * freestanding: for micro-guests, and for whoever wants to know how a front end is
 * written.  front.c finds the device in the store and follows its states, block.c and
 * network.c have the rings.
 *
 * What it needs of the kernel around it, it asks by struct front_kernel.  It is not made
 * for speed: one request at a time is usual, and waiting is by looking again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/xenbus.h>

/* Nothing waits for ever but `wait`, which may also come back for no reason. */
struct front_kernel {
	/* The store.  Paths without / in front are below the guest's own.  Bytes of the value,
	 * or a negative number; nothing is put behind it. */
	long (*read)(const char *path, char *value, uint32_t room);
	long (*write)(const char *path, const char *value);
	/* A grant of the page to dom0, for reading and writing; 0: there are no more. */
	uint32_t (*grant)(void *page);
	void (*take_back)(uint32_t grant);
	/* A port that dom0 may bind to; 0: there are no more. */
	uint32_t (*open_port)(void);
	void (*close_port)(uint32_t port);
	void (*notify)(uint32_t port);
	void (*wait)(uint32_t port);
	void (*pause)(void); /* some milliseconds */
};

#define FRONT_PATH 96

struct front_device {
	const struct front_kernel *kernel;
	char front[FRONT_PATH], back[FRONT_PATH];
};

/* Finds device/CLASS/NUMBER; false: there is none. */
bool front_find(struct front_device *device, const struct front_kernel *kernel, const char *class,
		uint32_t number);

/* A number of the other end's, or of ours; `otherwise` where there is none. */
enum front_end { FRONT_OURS, FRONT_THEIRS };
uint64_t front_number(const struct front_device *device, enum front_end end, const char *name,
		      uint64_t otherwise);
bool front_write(const struct front_device *device, const char *name, uint64_t number);
bool front_write_text(const struct front_device *device, const char *name, const char *text);

/* Waits until the backend's state is one of these bits (1 << XenbusState); false: it takes
 * longer than FRONT_PAUSES. */
#define FRONT_PAUSES 6000
bool front_wait(const struct front_device *device, uint32_t states);
/* Closes our end, and waits until theirs is. */
bool front_leave(const struct front_device *device);
