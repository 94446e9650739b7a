/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/domain_table.h - domains by number, for who makes and frees them;
 * finding one is in domain.h.
 */
#pragma once

#include "xen-like/base/abi.h"

struct domain;

/* The number is the domain's from before it is there until after it is gone. */
void domain_id_take(domid_t id);
void domain_id_release(domid_t id);

/* From here on the domain is found.  False: no memory. */
MUST_CHECK
bool domain_table_add(struct domain *domain);
/*
 * From here on it is not found; who looked before may still be about to count a reference,
 * or to find that there is none.  Returns what heap_free_pages(., 0) may have once every
 * CPU has answered, or NULL.
 */
void *domain_table_remove(const struct domain *domain) MUST_CHECK;
