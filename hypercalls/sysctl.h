/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/sysctl.h - system control commands, one function a row of
 * sysctl.def.  sysctl.c copies the request in, calls, and copies it back when
 * all went well.
 *
 * `request` is Enso's own copy; pointers in it are the guest's.  A function
 * returns 0 or a negative XEN_E*.
 */
#pragma once

#include "xen-like/base/abi.h"

#define SYSCTL(name)		    long sysctl_##name(struct xen_sysctl *request) MUST_CHECK;
#define SYSCTL_REFUSED(name, error) /* answered by sysctl.c */
#include "hypercalls/sysctl.def"
#undef SYSCTL
#undef SYSCTL_REFUSED
