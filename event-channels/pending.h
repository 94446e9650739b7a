/* SPDX-License-Identifier: MIT */
/*
 * event-channels/pending.h - the bits of a port: pending and masked.
 *
 * They lie in memory the guest changes at any time, so each is set, cleared
 * and read with one atomic access, and nothing of Enso's depends on what they
 * say: a guest that scribbles on them confuses only itself.
 *
 * Pure.  Ports are below PORT_COUNT and vCPUs below vcpu_count: the caller's business.
 */
#pragma once

#include "event-channels/channel.h"

/* Makes a port pending; tells `vcpu` unless the port is masked. */
void pending_set(struct event_channels *channels, uint32_t port, uint32_t vcpu);
/* Takes a pending event back: the port's next user shall not see it. */
void pending_clear(struct event_channels *channels, uint32_t port);
/* Unmasks a port; if it was masked and is pending, tells `vcpu` now. */
void pending_unmask(struct event_channels *channels, uint32_t port, uint32_t vcpu);
bool pending_test(const struct event_channels *channels, uint32_t port);
