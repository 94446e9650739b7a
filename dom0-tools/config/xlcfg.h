/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xlcfg.h - guests as xl.cfg(5) describes them.  What of it is
 * honoured is the table in xlcfg_keys.c, and docs/config.md.  Readers promise
 * what config_read.h says.
 */
#pragma once

#include "dom0-tools/config/config_read.h"

MUST_CHECK
int xlcfg_read(const char *path, struct guest_config **config, struct diagnostics *diagnostics,
	       struct failure *failure);

/* The same of `bytes` bytes; `name` is what messages call them. */
MUST_CHECK
int xlcfg_read_memory(const char *name, const char *text, size_t bytes,
		      struct guest_config **config, struct diagnostics *diagnostics,
		      struct failure *failure);

/*
 * Writes what reads back as the same guest, as far as xl.cfg has words for it;
 * each thing it has none for is a warning in `lost` (may be NULL), against the
 * name "xl.cfg".  -EIO when `out` does not take it.
 */
MUST_CHECK
int xlcfg_write(const struct guest_config *config, FILE *out, struct diagnostics *lost,
		struct failure *failure);
