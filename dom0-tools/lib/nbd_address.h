/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/nbd_address.h - where a disk of the network's is.  Pure. */
#pragma once

#include <stdbool.h>

/* An NBD address, "nbd://HOST[:PORT]/NAME" or "nbd+unix:///NAME?socket=PATH", in parts; false: it
 * is none. */
struct nbd_address {
	bool local;		     /* over a socket of dom0's                */
	char host[256], port[6];     /* "" for a socket; port "": the usual    */
	char name[256], socket[108]; /* name may be "", socket only when local */
};
bool nbd_address_parse(const char *address, struct nbd_address *nbd);
