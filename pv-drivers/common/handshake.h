/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/handshake.h - [p] what a backend does next, given the two
 * XenbusStates and whether the device is still wanted (`online`).
 *
 * A backend that finds both ends connected when it starts follows one that died:
 * it goes on with the same rings and leaves the store alone.
 */
#pragma once

#include <stdbool.h>

enum handshake_step {
	HANDSHAKE_WAIT,	    /* nothing to do until a state changes              */
	HANDSHAKE_OFFER,    /* write what is offered, then state 2 (InitWait)    */
	HANDSHAKE_CONNECT,  /* map the rings, write what is so, then state 4     */
	HANDSHAKE_REATTACH, /* map the rings, write nothing                      */
	HANDSHAKE_CLOSE,    /* let go of the rings, then state 5 and 6           */
	HANDSHAKE_END,	    /* closed and not wanted: end with success           */
};

struct handshake {
	int back, front; /* enum xenbus_state; 0 when there is no such node */
	bool online;	 /* the toolstack wants the device                  */
	bool attached;	 /* this process has the rings                      */
};

enum handshake_step handshake_next(const struct handshake *now);
