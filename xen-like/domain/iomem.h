/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/iomem.h - which of the machine's pages are devices'.
 * The page-table code asks by pv/pv.h's iomem_permitted().
 */
#pragma once

#include "xen-like/base/abi.h"

/*
 * True when no byte of RAM lies in the page and it is none of Enso's own
 * devices: one that a device's registers may be in.
 */
bool iomem_is_device(mfn_t frame);
