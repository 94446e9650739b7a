/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/lib/child.h - a second domain, as small as can be: a page of
 * code, a page of data, the tables that map them, and one vCPU to run them.
 */
#pragma once

/* First: the public headers below need its types. */
#include "tests/guest/lib/guest.h"

#include <xen/domctl.h>

enum child_page { CHILD_CODE, CHILD_DATA, CHILD_L1, CHILD_L2, CHILD_L3, CHILD_L4, CHILD_PAGES };

#define CHILD_CODE_VA	0x100000ul /* pages follow each other from here */
#define CHILD_DATA_VA	(CHILD_CODE_VA + 4096)
#define CHILD_MAX_PAGES 64

struct child {
	domid_t id;
	uint32_t pages;
	xen_pfn_t mfns[CHILD_MAX_PAGES];
};

long domctl(struct xen_domctl *request); /* fills in the version */
long domctl_simple(uint32_t command, domid_t domain);
/* createdomain with one or more vCPUs, by the next number or a number wanted; 0 or -errno. */
long child_create(struct child *child, uint32_t vcpus);
long child_create_as(struct child *child, uint32_t vcpus, domid_t wanted);
long child_max_mem(const struct child *child, uint64_t pages);
/* Populates `pages` single pages: how many it got. */
long child_populate(struct child *child, uint32_t pages);
/* Maps a page of the child's at `window` (a page of the image); NULL: refused. */
void *child_map(const struct child *child, xen_pfn_t mfn, void *window);
void child_unmap(void *window);
/* Code, tables, pin, context; `start` is one of the child_* texts, rdi its argument. */
void child_build(struct child *child, const void *start, uint64_t argument);
long child_info(domid_t id, struct xen_domctl_getdomaininfo *info);
/* Waits until flags have all of `flags`; false after five seconds. */
bool child_wait(domid_t id, uint32_t flags);
/* Destroys and waits until its number is free; false if it lingers. */
bool child_destroy(const struct child *child);
bool child_gone(domid_t id);
uint64_t free_pages(void); /* of the machine, by sysctl physinfo */
/* Waits until as many are free as `before`: a domain's last pages may be a moment late. */
bool free_pages_again(uint64_t before);

/* What a child may do; position-independent, at most a page together. */
extern const char child_text_start[], child_text_end[];
extern const char child_shutdown[]; /* SCHEDOP_shutdown with reason rdi */
extern const char child_spin[];	    /* counts in its data page for ever   */
extern const char child_send[];	    /* sends port rdi, then blocks          */
extern const char child_crash[];    /* an exception without a handler       */
extern const char child_refused[];  /* RDMSR 0x12345 rdi times, then powers off */
extern const char child_watchdog[]; /* of rdi seconds, then as child_spin     */
/* Likewise, but takes it back at once; the answer is the data page's second word. */
extern const char child_watchdog_stopped[];
