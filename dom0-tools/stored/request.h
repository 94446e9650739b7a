/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/request.h - what the handlers of requests share.  Pure.
 */
#pragma once

#include "dom0-tools/stored/store.h"

/*
 * Finds the node and checks that the client may `access` it.  -ENOENT: there is
 * none, which the client may know; -EACCES; what view_look() returns.
 */
int request_look(struct request *request, const struct wire_path *path, unsigned int access,
		 struct node_view *node);
unsigned int request_access(const struct request *request, const struct node_view *node);
/* Ends a transaction of the client without a trace. */
void request_drop_transaction(struct request *request, struct transaction *transaction);
