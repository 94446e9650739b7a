/* SPDX-License-Identifier: MIT */
/*
 * tests/host/include/xen-like/arch/x86/guest_move.h - what guest_copy.S does in
 * the hypervisor: here a guest's memory is the test's to find.
 */
#pragma once

#include "xen-like/arch/x86/regs.h"
#include "xen-like/base/abi.h"

/* The test's: false when not all of it is there, or may not be written. */
bool host_guest_load(uint64_t va, void *to, uint64_t bytes);
bool host_guest_store(uint64_t va, const void *from, uint64_t bytes);

static inline bool guest_read_words(void *to, uint64_t va, uint64_t count)
{
	return host_guest_load(va, to, count * 8);
}

static inline bool guest_write_words(uint64_t va, const void *from, uint64_t count)
{
	return host_guest_store(va, from, count * 8);
}

static inline bool guest_read_doublewords(void *to, uint64_t va, uint64_t count)
{
	return host_guest_load(va, to, count * 4);
}

static inline bool guest_write_doublewords(uint64_t va, const void *from, uint64_t count)
{
	return host_guest_store(va, from, count * 4);
}

static inline bool guest_read_bytes(void *to, uint64_t va, uint64_t count)
{
	return host_guest_load(va, to, count);
}

static inline bool guest_write_bytes(uint64_t va, const void *from, uint64_t count)
{
	return host_guest_store(va, from, count);
}

static inline bool guest_push_frame(uint64_t to, const struct regs *regs, uint64_t cs,
				    uint64_t rflags, uint64_t gap, uint64_t error_code)
{
	const uint64_t low[] = {regs->rcx, regs->r11, error_code};
	const uint64_t high[] = {regs->rip, cs, rflags, regs->rsp, regs->ss};

	return host_guest_store(to, low, gap ? 24 : 16) &&
	       host_guest_store(to + 16 + gap, high, sizeof(high));
}
