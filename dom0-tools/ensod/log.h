/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/log.h - what ensod says: one line on standard error, with the level
 * the journal wants in front when it is the journal that reads, and to systemd.
 */
#pragma once

#include "dom0-tools/lib/failure.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6 };

/* Any thread. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A failure as the command line would tell it, behind what was tried. */
void log_failure(const char *what, const struct failure *failure);

/*
 * Tells systemd, if it has asked by NOTIFY_SOCKET: "READY=1", "STATUS=...".  Does
 * nothing otherwise.
 */
void log_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
