/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/worker.h - one thread that does the jobs, one after the other, so
 * that ensod goes on watching while a big guest is built.
 */
#pragma once

#include "dom0-tools/ensod/jobs.h"

struct worker;

/* NULL when it cannot be started. */
struct worker *worker_start(void);

/* Takes the job over; it comes back through worker_take_done. */
void worker_submit(struct worker *worker, struct job *job);

/* Readable when a job is done. */
int worker_descriptor(const struct worker *worker);

/* A job that is done, the caller's to free; NULL: no more. */
struct job *worker_take_done(struct worker *worker);

/* Waits for the job in hand, drops the others. */
void worker_stop(struct worker *worker);
