/* SPDX-License-Identifier: MIT */
/*
 * xen-like/symbols.h - names for code addresses, from the table the build
 * links into the image (symbols.awk).
 */
#pragma once

#include "xen-like/base/abi.h"

/* The function an address lies in, and how far; NULL when it is not code of ours. */
const char *symbol_find(uint64_t address, uint64_t *offset);
