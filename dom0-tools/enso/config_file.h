/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/config_file.h - the configuration a command line names: a file, and
 * for an xl.cfg KEY=VALUE words that replace lines of it.
 */
#pragma once

#include "dom0-tools/config/config_read.h"
#include "dom0-tools/enso/invocation.h"

/*
 * Reads what words[0] names, with the words behind it; promises what
 * config_read.h says of readers.
 */
int MUST_CHECK
config_file_read(struct invocation *invocation, struct guest_config **config,
		 struct diagnostics *diagnostics);

/*
 * The text of an xl.cfg with KEY=VALUE in place of that key's line, or behind the
 * last one.  Lines keep their numbers.  A value that is neither quoted, a number nor
 * a list is quoted.  The caller frees; NULL: no memory, or no '=' in the word.  Pure.
 */
char *config_text_replace(const char *text, const char *word);
