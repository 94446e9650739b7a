/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/domains.h - what the hypervisor says of domains: which have
 * shut down, which are gone.
 */
#pragma once

#include "dom0-tools/stored/link.h"

/* Opens the hypervisor's interfaces; without them there are only sockets. */
void domains_open(struct daemon *daemon);
/* Attaches domain 0's ring and, after a restart, those of all introduced domains. */
void domains_attach_all(struct daemon *daemon);
/* Asks about every introduced domain; tells of those that have ended. */
void domains_look(struct daemon *daemon);

/* How long the CPUs had nothing to do since boot, all together, ns; 0: it cannot be known. */
uint64_t domains_idle_ns(void);

extern const struct store_ports domain_ports;
