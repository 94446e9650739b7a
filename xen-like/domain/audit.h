/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/audit.h - does every count of every page add up?
 *
 * audit_run() counts anew, from the tables and records that hold references,
 * and compares.  Nothing may change meanwhile: domains are paused, or the
 * result is only a hint (the console's key).
 */
#pragma once

#include "xen-like/base/abi.h"

/* Called by owners of references while an audit runs: one is ours, with `uses`. */
void audit_expect(mfn_t frame, uint32_t references, uint32_t uses);

/* Prints each difference (the first 20) and the sum; how many there were. */
uint64_t audit_run(void);
