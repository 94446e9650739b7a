/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/last_words.h - what a guest wrote before its end is in its log before
 * its domain, and its console's ring with it, goes or gets another name.
 */
#pragma once

#include "dom0-tools/lib/domain.h"

/*
 * Has the console daemon write what is in the guest's ring to its log.  A guest that runs is
 * paused, and stays so: it writes no more.  A daemon that is away is waited for as
 * lib/console_drain.h says; that it has not come is told on standard error, and no reason to
 * keep the domain.  Called by one thread of a process.
 */
void guest_save_last_words(struct hypervisor *hypervisor, const struct domain_info *info);
