/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/json_keys.h - what json-c does not tell: a name that an object
 * has twice, of which it would keep the last in silence.  Pure.
 */
#pragma once

#include <stddef.h>

#include "xen-like/base/abi.h"

#define JSON_KEYS_DEPTH 16
#define JSON_KEYS_MOST	5000

enum json_keys_result {
	JSON_KEYS_FINE,
	JSON_KEYS_TWICE,   /* *offset is the second's quote */
	JSON_KEYS_ESCAPED, /* a name with a backslash: no name of ours has one */
	JSON_KEYS_TOO_MANY,
};

/* Looks through a text that json-c has found well-formed and no deeper than the above. */
MUST_CHECK
enum json_keys_result json_keys_check(const char *text, size_t *offset);
