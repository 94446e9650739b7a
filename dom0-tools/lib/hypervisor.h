/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/hypervisor.h - the way to the hypervisor.
 *
 * One handle holds what every call needs; what can be asked is in headers by
 * theme: domain.h, vcpu.h, scheduler.h, memory.h, host.h.  All of them make one
 * hypercall per function unless they say otherwise, and tell what went wrong in
 * words through struct failure, beside returning a negative errno.
 *
 * A handle belongs to one thread at a time: its request buffer is reused.
 */
#pragma once

#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

struct hypervisor;

/*
 * Opens /dev/xen/hypercall, or privcmd.  ENOENT: this is not a domain of Enso's
 * or Xen's, or its modules are not loaded; EACCES: not root.
 */
int MUST_CHECK
hypervisor_open(struct hypervisor **hypervisor, struct failure *failure);

/* NULL is fine.  Mappings made through it must be gone. */
void hypervisor_close(struct hypervisor *hypervisor);
