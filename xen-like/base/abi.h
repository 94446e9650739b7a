/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/abi.h - the only door to Xen's public headers, and the units.
 *
 * Everything that crosses the guest ABI is spelled as in <xen/...> (Debian's
 * libxen-dev); nothing is retyped here.  Frame numbers and machine addresses
 * get types of their own, so that one cannot be passed for another.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* They lean on each other in this order. */
/* clang-format off */
#include <xen/xen.h>
#include <xen/errno.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/xen-mca.h>
/* clang-format on */

/* Never seen by a guest: the call is made again with what is left. */
#define XEN_ERESTART 85

#define PAGE_SHIFT   12
#define PAGE_SIZE    4096ul
#define PAGE_MASK    (~(PAGE_SIZE - 1))

#define MUST_CHECK   __attribute__((warn_unused_result))
/* A zero variable that nobody looks at once dom0 runs: enso.lds.S. */
#define BOOT_ONLY			    __attribute__((section(".bss.boot")))
#define ARRAY_SIZE(a)			    (sizeof(a) / sizeof((a)[0]))
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define MIN(a, b)			    ((a) < (b) ? (a) : (b))
#define MAX(a, b)			    ((a) > (b) ? (a) : (b))
#define NOINLINE			    __attribute__((noinline))
#define likely(x)			    __builtin_expect(!!(x), 1)
#define unlikely(x)			    __builtin_expect(!!(x), 0)

/* A page of a guest, by the guest's numbering. */
typedef struct {
	uint64_t n;
} gfn_t;

/* A page of the machine. */
typedef struct {
	uint64_t n;
} mfn_t;

/* A byte of the machine. */
typedef struct {
	uint64_t n;
} maddr_t;

/* An address in the running guest's own space.  Only guest_copy follows it. */
typedef struct {
	uint64_t va;
} guest_va_t;

#define INVALID_MFN ((mfn_t){~0ull})

static inline gfn_t gfn(uint64_t n)
{
	return (gfn_t){n};
}

static inline mfn_t mfn(uint64_t n)
{
	return (mfn_t){n};
}

static inline mfn_t mfn_add(mfn_t base, uint64_t pages)
{
	return (mfn_t){base.n + pages};
}

static inline bool mfn_equal(mfn_t a, mfn_t b)
{
	return a.n == b.n;
}

static inline maddr_t maddr(uint64_t n)
{
	return (maddr_t){n};
}

static inline mfn_t maddr_to_mfn(maddr_t address)
{
	return (mfn_t){address.n >> PAGE_SHIFT};
}

static inline maddr_t mfn_to_maddr(mfn_t frame)
{
	return (maddr_t){frame.n << PAGE_SHIFT};
}

static inline guest_va_t guest_va(uint64_t va)
{
	return (guest_va_t){va};
}
