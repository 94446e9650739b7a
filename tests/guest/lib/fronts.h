/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/lib/fronts.h - what the front ends of pv-drivers/front ask of a kernel, as
 * a micro-guest without rights answers it.
 */
#pragma once

#include "pv-drivers/front/front.h"
#include "tests/guest/lib/rings.h"

extern const struct front_kernel front_kernel;

/* After rings_init(). */
void fronts_init(void);
/* Grants like front_kernel's; read_only may be what the other end is lied to about. */
uint32_t fronts_grant(void *page, bool read_only);
/* Ends it whether or not somebody uses it; the reference stays unused. */
void fronts_revoke(uint32_t grant);
