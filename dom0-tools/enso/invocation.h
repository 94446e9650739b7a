/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/invocation.h - one run of one command: what was typed, the ways
 * to hypervisor and store (opened when first asked for), and the failure, if any.
 */
#pragma once

#include "dom0-tools/enso/arguments.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/hypervisor.h"
#include "dom0-tools/lib/store.h"

struct invocation {
	struct arguments arguments;
	bool json;
	bool like_xl; /* called as xl: its tables and units */
	struct hypervisor *hypervisor;
	struct store *store;
	struct failure failure;
	enum exit_code exit; /* when not OK, what to exit with, instead of what the errno means */
};

/* Opens what is not open yet.  Negative errno, the failure told; exit is then UNAVAILABLE. */
int MUST_CHECK
invocation_need_hypervisor(struct invocation *invocation);
int MUST_CHECK
invocation_need_store(struct invocation *invocation);
int MUST_CHECK
invocation_need_both(struct invocation *invocation);

/* Lets the failure be forgotten, when it was none after all. */
void invocation_forgive(struct invocation *invocation);

/* Ends with exit code USAGE and this complaint about the command line. */
int invocation_misused(struct invocation *invocation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What to exit with after `result` (0 or a negative errno): only what the table
 * says of this command.
 */
enum exit_code invocation_exit_code(const struct invocation *invocation, int result);

void invocation_close(struct invocation *invocation);
