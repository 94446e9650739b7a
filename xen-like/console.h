/* SPDX-License-Identifier: MIT */
/*
 * xen-like/console.h - what Enso says: serial line, screen, and the log ring.
 *
 * Callable from any context, also while a panic is under way.
 */
#pragma once

#include "xen-like/base/abi.h"

struct domain;

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Formats %s %c %d %u %x %p with l/ll, width, 0 and - flags, and %pS for a symbol. */
void log_print(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_print(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_print(LOG_DEBUG, __VA_ARGS__)

/*
 * A line a guest caused: held to guest_loglvl and to a rate for each domain.  How many
 * lines were left out is said before the next one, or when the domain has come to its end.
 */
void log_guest(struct domain *domain, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void log_guest_ends(struct domain *domain);

/* Raw bytes of dom0's console (console_io write); no prefix, to line and screen only. */
void console_write_guest(struct domain *domain, const char *bytes, size_t count);
/* Takes up to `count` bytes typed for dom0; returns how many there were. */
size_t console_read_guest(char *bytes, size_t count);

/*
 * The log's bytes, numbered from the first one ever: those from `first` on are
 * still in the ring and not cleared; `end` comes next.
 */
struct console_log {
	uint64_t first, end;
};
struct console_log console_log_bounds(void);
/*
 * Copies up to `count` bytes from number *at on; *at moves behind the last of
 * them.  What is gone already is passed over.  Returns how many.
 */
size_t console_log_read(uint64_t *at, char *to, size_t count);
/*
 * WORK_LOG, after lines were printed, without locks: memory for the next ones, and dom0's
 * VIRQ_CON_RING.
 */
void console_after_lines(void);
/* What comes before number `end` is shown no more; the ring keeps it. */
void console_log_clear(uint64_t end);

/* Cannot boot: one sentence that says what is wrong and what to do, then halt. */
void boot_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* True once a panic is under way: other CPUs stop. */
bool console_panicking(void);
/* Every line is printed from here on, without locks.  False: a panic is under way already. */
bool console_begin_panic(void) MUST_CHECK;

/* A broken promise of our own code: registers, backtrace, stop or reboot. */
void panic(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Boot, in this order: the line and screen; the log ring's memory (heap); input (interrupts). */
void console_init(void);
void console_init_ring(void);
void console_enable_input(void);

/* For our own bugs only; guest input never reaches one. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (unlikely(!(condition)))                                                        \
			panic("%s:%d: %s", __FILE__, __LINE__, #condition);                        \
	} while (0)
