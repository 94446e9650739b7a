/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domain_info.h - how a domain and its vCPUs do, as both sysctl and
 * domctl tell it (domain_info.c).
 */
#pragma once

#include "xen-like/domain/domain.h"

/* The caller holds a reference.  Fills all of *info. */
void domain_info_fill(struct domain *domain, struct xen_domctl_getdomaininfo *info);
