/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domctl.h - domain control commands, one function a row of
 * domctl.def.  domctl.c copies the request in, finds the domain, holds a
 * reference to it, calls, and copies the request back when the row says so.
 *
 * `request` is Enso's own copy; pointers in it are the guest's.  `domain` is
 * NULL for DOMCTL_NO_DOMAIN rows.  A function returns 0, a negative XEN_E*, or
 * -XEN_ERESTART when it counted its work out and is to be called again.
 */
#pragma once

#include "xen-like/domain/domain.h"

enum domctl_target {
	DOMCTL_NO_DOMAIN,    /* it looks at request->domain itself    */
	DOMCTL_ANY_DOMAIN,   /* the caller's own is fine              */
	DOMCTL_OTHER_DOMAIN, /* -EINVAL when it is the caller's own   */
};

#define DOMCTL(name, target, copied_back)                                                          \
	long domctl_##name(struct domain *domain, struct xen_domctl *request) MUST_CHECK;
#include "hypercalls/domctl.def"
#undef DOMCTL
