/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/link.h - how connections reach their clients: sockets of
 * domain 0's programs, rings of domains' kernels; and the turns of the loop,
 * in which each client gets its share.
 *
 * One share: read and carry out requests, put all of it into the journal, and
 * only then let clients see answers and consumed requests.
 */
#pragma once

#include <time.h>

#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "dom0-tools/stored/journal_file.h"

enum source_kind { SOURCE_LISTEN, SOURCE_LISTEN_READ_ONLY, SOURCE_EVENTS, SOURCE_CLIENT };

/* What epoll tells of. */
struct source {
	enum source_kind kind;
	int fd;
};

enum ring_mapping { MAPPED_KERNEL, MAPPED_GRANT, MAPPED_FOREIGN };

struct link {
	struct source source; /* a socket's; first */
	struct connection *connection;
	struct link *next_work;
	bool working;	 /* in daemon.work: may have requests */
	bool has_input;	 /* the socket is readable            */
	uint32_t events; /* that epoll is to tell of the socket */

	/* A ring's; page is NULL for sockets. */
	struct xenstore_domain_interface *page;
	enum ring_mapping mapping;
	evtchn_port_t port;
	uint32_t shown_consumer; /* what the page says           */
	bool masked;		 /* its calls are not heard until some later tick */
	uint32_t calls;		 /* without anything to do, since the last tick */
	int64_t credit;		 /* millionths of a request      */
	int64_t time_left;	 /* ns of this process's time; below 0: it owes some */
	uint64_t credit_time;	 /* microseconds: both are filled up to here */
};

struct daemon {
	struct store store;
	struct journal_file journal;
	int epoll;
	struct source listen, listen_read_only, events;
	xenevtchn_handle *evtchn;
	xengnttab_handle *gnttab;
	xenforeignmemory_handle *foreign;
	evtchn_port_t domain_virq;
	bool virq_raised;
	struct link **by_port;
	size_t nr_ports;
	struct link *work;  /* for the next turn */
	struct link *turn;  /* still to come in this one */
	uint64_t now;	    /* microseconds, of this turn */
	uint64_t ticked;    /* when links that wait were last looked after */
	uint64_t idle_ns;   /* of all CPUs, at that tick */
	uint64_t charged;   /* ns of this process's time that somebody has paid for */
	bool throttled;	    /* some link waits for credit or its mask */
	bool resumed;	    /* some link may ask again: another turn  */
	bool journal_full;  /* changes are refused           */
	bool holding;	    /* answers wait for the journal  */
	uint64_t compacted; /* when that was last tried for want of room */
};

struct daemon *daemon_of(struct store *store);
void daemon_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* link_socket.c */
int link_listen(struct daemon *daemon, struct source *source, const char *path, unsigned int mode);
void link_accept(struct daemon *daemon, const struct source *source);
/* False: the client is gone. */
bool link_socket_read(struct daemon *daemon, struct link *link, size_t bytes);
void link_socket_publish(struct daemon *daemon, struct link *link);

/* link_ring.c */
/* Attaches the page and the port of a domain to its connection, which is made if there is none. */
int link_ring_attach(struct daemon *daemon, struct account *account, bool again);
void link_ring_detach(struct daemon *daemon, struct link *link);
/* Takes what is there of the next message, up to a whole one; -EIO: the ring is broken. */
int link_ring_read(struct daemon *daemon, struct link *link);
void link_ring_publish(struct daemon *daemon, struct link *link);
void link_ring_events(struct daemon *daemon);
/* Looks after those that wait; `elapsed` microseconds after the last time. */
void link_ring_tick(struct daemon *daemon, uint64_t elapsed);

/* link.c */
struct link *link_make(struct daemon *daemon, struct connection *connection);
void link_destroy(struct daemon *daemon, struct connection *connection);
void link_has_work(struct daemon *daemon, struct link *link);
/* What this process did since the last call was for this client: a guest pays.  NULL: nobody. */
void link_charge(struct daemon *daemon, struct link *link);
/* Whether a guest may be served: what it costs in time and requests is bounded. */
bool link_has_credit(struct daemon *daemon, struct link *link);
/* Gives every client with work its share, and answers; true: there is more. */
bool link_work(struct daemon *daemon);
/* Whether the journal has room for a change; makes some if it can. */
bool link_journal_room(struct daemon *daemon);
/* Ends a share, or what else was done: journal, then answers.  Without the journal no answers:
 * daemon->holding. */
void link_end_turn(struct daemon *daemon);
