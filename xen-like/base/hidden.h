/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/hidden.h - put before every file of the hypervisor by the
 * compiler's -include: all symbols are the image's own, so none goes by a GOT.
 */
#pragma GCC visibility push(hidden)
