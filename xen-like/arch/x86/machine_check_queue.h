/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/machine_check_queue.h - reports of corrected errors that
 * wait for dom0.  Pure; whoever calls holds the queue's lock.
 */
#pragma once

#include "xen-like/base/abi.h"

/* What a bank said; the registers as they were, 0 those that the status calls not valid. */
struct machine_check_report {
	uint64_t status, address, misc, tsc;
	uint32_t apic_id;
	uint16_t bank;
};

#define REPORTS_MAX 32

/* So many were added and acknowledged so far; all zeros is an empty queue. */
struct machine_check_queue {
	struct machine_check_report reports[REPORTS_MAX];
	uint64_t added, acknowledged;
};

/* False: too many wait already, and the first of them tell more than the last. */
bool machine_check_add(struct machine_check_queue *queue,
		       const struct machine_check_report *report);
/* The oldest, which stays until it is acknowledged, and its number from 1 on; 0: none waits. */
uint64_t machine_check_oldest(const struct machine_check_queue *queue,
			      struct machine_check_report *report);
/* The oldest goes, if that is its number: a number twice takes nothing unseen. */
void machine_check_acknowledge(struct machine_check_queue *queue, uint64_t number);
