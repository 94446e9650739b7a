/* SPDX-License-Identifier: MIT */
/*
 * event-channels/send.h - from a sender to the port that becomes pending.  Pure.
 */
#pragma once

#include "event-channels/channel.h"

/*
 * EVTCHNOP_send: a guest's own IPI port, or the peer of an interdomain one; a
 * port without a peer takes it silently.  -XEN_EINVAL for all others.
 */
MUST_CHECK
int channel_send(struct channels_locked locked, uint32_t port);

/*
 * These take no lock, so that they may be called from anywhere.  If the port
 * is closed and bound anew in that moment, its new user may see one event too
 * many, as guests are used to; it never sees one too few.
 */

/* Global virqs go by vCPU 0's table.  Without a port bound: nothing. */
void channel_send_virq(struct event_channels *channels, uint32_t vcpu, uint32_t virq);
void channel_send_pirq(struct event_channels *channels, uint32_t port);
