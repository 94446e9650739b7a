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

/* The front has its rings ready, and this process has not. */
static enum handshake_step when_front_is_ready(const struct handshake *now)
{
	switch (now->back) {
	case XenbusStateInitialising:
		return HANDSHAKE_OFFER;
	case XenbusStateInitWait:
		return HANDSHAKE_CONNECT;
	case XenbusStateConnected:
		return HANDSHAKE_REATTACH;
	default: /* it was turned away: it has to close first */
		return HANDSHAKE_WAIT;
	}
}

enum handshake_step handshake_next(const struct handshake *now)
{
	/* What is written below a node that has gone would make it again. */
	if (now->back == XenbusStateUnknown)
		return HANDSHAKE_END;
	switch (now->front) {
	case XenbusStateClosing:
	case XenbusStateClosed:
	case XenbusStateUnknown: /* the guest has gone */
		return when_front_leaves(now);
	default:
		break;
	}
	if (!now->online && now->back == XenbusStateClosed)
		return HANDSHAKE_END;
	if (now->attached)
		return HANDSHAKE_WAIT;
	if (now->front == XenbusStateInitialised || now->front == XenbusStateConnected)
		return when_front_is_ready(now);
	/* A front that begins again after a close (a kexec, a reload) is offered again. */
	if (now->front == XenbusStateInitialising && now->back != XenbusStateInitWait &&
	    now->back != XenbusStateClosing)
		return HANDSHAKE_OFFER;
	return HANDSHAKE_WAIT;
}
