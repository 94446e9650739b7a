/* SPDX-License-Identifier: MIT */
/*
 * xen-like/hidden.h - before every file of the hypervisor (build.mk): what it
 * declares is in the same image, so the compiler need not ask a table of
 * addresses for it, and the linker need not make one.
 */
#pragma once

#pragma GCC visibility push(hidden)
