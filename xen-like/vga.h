/* SPDX-License-Identifier: MIT */
/*
 * xen-like/vga.h - text on the screen until dom0 takes it.
 */
#pragma once

#include "xen-like/base/abi.h"

void vga_start(void);
void vga_write(const char *bytes, size_t count); /* nothing before start and after stop */
void vga_stop(void);
