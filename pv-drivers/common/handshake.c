/* SPDX-License-Identifier: MIT */
/* pv-drivers/common/handshake.c - handshake.h says what it is for. */
#include "pv-drivers/common/handshake.h"

#include <xen/io/xenbus.h>

static enum handshake_step when_front_leaves(const struct handshake *now)
{
	if (now->attached || now->back != XenbusStateClosed)
		return HANDSHAKE_CLOSE;
	return now->online ? HANDSHAKE_WAIT : HANDSHAKE_END;
}

enum handshake_step handshake_next(const struct handshake *now)
{
	switch (now->front) {
	case XenbusStateClosing:
	case XenbusStateClosed:
		return when_front_leaves(now);
	case XenbusStateUnknown: /* its node has gone, or it was never there */
		return now->online && now->back <= XenbusStateInitialising ? HANDSHAKE_WAIT
									   : when_front_leaves(now);
	default:
		break;
	}
	/* Not wanted any more: Closing asks the front to leave, which it tells by Closed. */
	if (!now->online && now->back == XenbusStateClosed)
		return HANDSHAKE_END;
	if (now->attached)
		return HANDSHAKE_WAIT;
	if (now->back == XenbusStateConnected)
		return now->front == XenbusStateConnected || now->front == XenbusStateInitialised
			       ? HANDSHAKE_REATTACH
			       : HANDSHAKE_CLOSE;
	if (now->front == XenbusStateInitialised || now->front == XenbusStateConnected)
		return now->back == XenbusStateInitWait ? HANDSHAKE_CONNECT : HANDSHAKE_OFFER;
	/* A front that begins again after a close (a kexec, a reload) is offered again. */
	if (now->front == XenbusStateInitialising && now->back != XenbusStateInitWait &&
	    now->back != XenbusStateClosing)
		return HANDSHAKE_OFFER;
	return HANDSHAKE_WAIT;
}
