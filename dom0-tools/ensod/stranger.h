/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/stranger.h - guests that another tool has made.  xl leaves the text of
 * its xl.cfg in a file beside each domain, so that what is to happen at the guest's
 * end is known even when xl itself does not wait for it (xl create -e).
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/domain.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/text.h"

/* What a guest that is not ours was made from; NULL: nobody left that, or it cannot be read. */
struct guest_config *stranger_read_config(uint16_t domid, const uint8_t uuid[UUID_BYTES]);

/* Makes it ours: its configuration is kept as if `enso create` had made the guest. */
int MUST_CHECK
stranger_adopt(uint16_t domid, const uint8_t uuid[UUID_BYTES], struct failure *failure);
