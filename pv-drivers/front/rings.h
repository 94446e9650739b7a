/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/front/rings.h - the barriers that the macros of <xen/io/ring.h> ask for.
 * Included before any of the protocols' headers.
 */
#pragma once

#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
