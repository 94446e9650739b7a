/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/lib/sysctl.h - system control calls of a micro-guest: one request,
 * zeroed by sysctl_begin(), answered in place.
 */
#pragma once

/* First: the public headers below need its types. */
#include "tests/guest/lib/guest.h"

#include <xen/sysctl.h>

static struct xen_sysctl request;

static inline void sysctl_begin(void)
{
	memset(&request, 0, sizeof(request));
}

static inline long sysctl_call(uint32_t command)
{
	request.cmd = command;
	request.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hc1(__HYPERVISOR_sysctl, &request);
}

/* A command whose request is all zeros. */
static inline long sysctl_plain(uint32_t command)
{
	sysctl_begin();
	return sysctl_call(command);
}
