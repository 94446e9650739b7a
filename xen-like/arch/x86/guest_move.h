/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/guest_move.h - guest_copy.S as C calls it: only what it
 * changes is lost to the caller.  Part may have been moved when it says false.
 * `va` is checked by the caller (mm/guest_copy.h); host tests have their own.
 */
#pragma once

#include "xen-like/arch/x86/regs.h"
#include "xen-like/base/abi.h"

#define DEFINE_GUEST_MOVE(unit)                                                                    \
	static inline bool guest_move_##unit(void *to, const void *from, uint64_t count)           \
	{                                                                                          \
		__asm__ volatile("call guest_move_" #unit                                          \
				 : "+D"(to), "+S"(from), "+c"(count)                               \
				 :                                                                 \
				 : "memory", "cc");                                                \
		return count == 0;                                                                 \
	}
DEFINE_GUEST_MOVE(words)
DEFINE_GUEST_MOVE(doublewords)
DEFINE_GUEST_MOVE(bytes)
#undef DEFINE_GUEST_MOVE

static inline bool guest_read_words(void *to, uint64_t va, uint64_t count)
{
	return guest_move_words(to, (const void *)va, count);
}

static inline bool guest_write_words(uint64_t va, const void *from, uint64_t count)
{
	return guest_move_words((void *)va, from, count);
}

static inline bool guest_read_bytes(void *to, uint64_t va, uint64_t count)
{
	return guest_move_bytes(to, (const void *)va, count);
}

static inline bool guest_write_bytes(uint64_t va, const void *from, uint64_t count)
{
	return guest_move_bytes((void *)va, from, count);
}

static inline bool guest_read_doublewords(void *to, uint64_t va, uint64_t count)
{
	return guest_move_doublewords(to, (const void *)va, count);
}

static inline bool guest_write_doublewords(uint64_t va, const void *from, uint64_t count)
{
	return guest_move_doublewords((void *)va, from, count);
}

/*
 * What entering the guest's kernel leaves on its stack, at `to` and upwards: RCX,
 * R11, `gap` bytes that begin with `error_code`, RIP, `cs`, `rflags`, RSP, SS.
 */
MUST_CHECK
static inline bool guest_push_frame(uint64_t to, const struct regs *regs, uint64_t cs,
				    uint64_t rflags, uint64_t gap, uint64_t error_code)
{
	register uint64_t r8 __asm__("r8") = gap;
	register uint64_t r9 __asm__("r9") = error_code;
	uint32_t done;

	__asm__ volatile("call guest_push_frame"
			 : "+D"(to), "=a"(done)
			 : "S"(regs), "d"(cs), "c"(rflags), "r"(r8), "r"(r9)
			 : "memory", "cc");
	return done;
}
