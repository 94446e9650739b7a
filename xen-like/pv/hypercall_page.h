/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/hypercall_page.h - the page of calls a 64-bit PV kernel may ask
 * for by its HYPERCALL_PAGE note: call n at n * 32 bytes.
 */
#pragma once

/* Fills a page, by Enso's view of it. */
void hypercall_page_fill(void *page);
