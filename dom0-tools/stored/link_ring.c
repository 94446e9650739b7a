/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/link_ring.c - kernels of domains.  See link.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dom0-tools/stored/domains.h"
#include "dom0-tools/stored/ring.h"

#define CALLS_MOST     128     /* a domain may call for nothing in one tick  */
#define IDLE_KNOWN_FOR 200000u /* microseconds: later, it is of another time */

/* Domain 0's page is its kernel's. */
static void *map_own_kernel(void)
{
	int file = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);
	void *page;

	if (file < 0)
		return NULL;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	return page == MAP_FAILED ? NULL : page;
}

static int map_page(struct daemon *daemon, const struct account *account, struct link *link)
{
	xen_pfn_t frame = account->frame;
	int error = 0;

	link->mapping = MAPPED_KERNEL;
	if (!account->domid) {
		link->page = map_own_kernel();
		return link->page ? 0 : -ENOENT;
	}
	link->mapping = MAPPED_GRANT;
	if (daemon->gnttab)
		link->page =
			xengnttab_map_grant_ref(daemon->gnttab, account->domid,
						GNTTAB_RESERVED_XENSTORE, PROT_READ | PROT_WRITE);
	if (link->page)
		return 0;
	link->mapping = MAPPED_FOREIGN;
	if (daemon->foreign)
		link->page = xenforeignmemory_map(daemon->foreign, account->domid,
						  PROT_READ | PROT_WRITE, 1, &frame, &error);
	if (link->page && error) {
		xenforeignmemory_unmap(daemon->foreign, link->page, 1);
		link->page = NULL;
	}
	return link->page ? 0 : -ENOENT;
}

static void unmap_page(struct daemon *daemon, struct link *link)
{
	if (!link->page)
		return;
	if (link->mapping == MAPPED_KERNEL)
		munmap(link->page, 4096);
	else if (link->mapping == MAPPED_GRANT)
		xengnttab_unmap(daemon->gnttab, link->page, 1);
	else
		xenforeignmemory_unmap(daemon->foreign, link->page, 1);
	link->page = NULL;
}

static int bind_port(struct daemon *daemon, const struct account *account, struct link *link)
{
	int port;

	if (!daemon->evtchn)
		return -ENODEV;
	port = xenevtchn_bind_interdomain(daemon->evtchn, account->domid, account->port);
	if (port < 0)
		return -EINVAL;
	if ((size_t)port >= daemon->nr_ports) {
		size_t more = ((size_t)port | 255) + 1;
		struct link **by_port = realloc(daemon->by_port, more * sizeof(struct link *));

		if (!by_port) {
			xenevtchn_unbind(daemon->evtchn, (evtchn_port_t)port);
			return -ENOMEM;
		}
		memset(by_port + daemon->nr_ports, 0,
		       (more - daemon->nr_ports) * sizeof(struct link *));
		daemon->by_port = by_port;
		daemon->nr_ports = more;
	}
	daemon->by_port[port] = link;
	link->port = (evtchn_port_t)port;
	return 0;
}

void link_ring_detach(struct daemon *daemon, struct link *link)
{
	if (link->port) {
		daemon->by_port[link->port] = NULL;
		xenevtchn_unbind(daemon->evtchn, link->port);
		link->port = 0;
	}
	unmap_page(daemon, link);
}

/* Bytes of `out` that the page has already are not sent again after a restart. */
static int skip_published(struct connection *connection, uint32_t shown)
{
	uint32_t done = shown - connection->producer;

	if (done > connection->out.tail)
		return -EIO;
	connection->out.head = done;
	connection->producer = shown;
	return 0;
}

/* A ring that is new, or whose domain has changed it behind our back, starts with nothing owed. */
static void start_afresh(struct connection *connection,
			 const struct xenstore_domain_interface *page)
{
	connection->consumer = page->req_cons;
	connection->producer = page->rsp_prod;
	connection->in_length = 0;
	connection->out.head = connection->out.tail = 0;
	connection->out.messages = 0;
}

static void record_introduced(struct store *store, const struct account *account)
{
	record_add(&store->record, &(struct journal_item){
					   .kind = ITEM_INTRODUCE,
					   .domid = account->domid,
					   .number = account->frame,
					   .port = account->port,
					   .consumer = account->connection->consumer,
					   .producer = account->connection->producer,
				   });
}

/* Opens the domain's connection, or gives the one of before a link. */
static struct link *ring_link(struct daemon *daemon, struct account *account)
{
	struct connection *connection = account->connection;

	if (!connection)
		connection = connection_open(&daemon->store, account->domid);
	if (!connection)
		return NULL;
	connection->journaled = true;
	account->connection = connection;
	return connection->link ? connection->link : link_make(daemon, connection);
}

int link_ring_attach(struct daemon *daemon, struct account *account, bool again)
{
	struct link *link;
	int error;

	if (!again && account->connection) {
		/* Introduced once more: whatever its kernel was, it starts anew. */
		if (account->connection->link)
			link_ring_detach(daemon, account->connection->link);
		link_destroy(daemon, account->connection);
		account->connection = NULL;
	}
	link = ring_link(daemon, account);
	if (!link)
		return -ENOMEM;
	error = map_page(daemon, account, link);
	if (!error)
		error = bind_port(daemon, account, link);
	if (error) {
		unmap_page(daemon, link);
		link_destroy(daemon, account->connection);
		account->connection = NULL;
		return error;
	}

	if (!again || skip_published(account->connection, link->page->rsp_prod))
		start_afresh(account->connection, link->page);
	record_introduced(&daemon->store, account);
	link->page->server_features =
		XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
	link->page->error = XENSTORE_ERROR_NONE;
	link->page->connection = XENSTORE_CONNECTED;
	/* A domain 0 whose kernel waits for the daemon to be there hears this. */
	xenevtchn_notify(daemon->evtchn, link->port);
	link->shown_consumer = link->page->req_cons;
	connection_mark(&daemon->store, account->connection);
	link_has_work(daemon, link);
	return 0;
}

/*
 * Bytes to take of what is readable: at most to the end of one message.  Of one
 * that is not whole what is there is taken: Linux tells us of the rest only if
 * we have taken what came before it.
 */
static size_t wanted(const struct link *link, size_t readable)
{
	const struct connection *connection = link->connection;
	size_t whole = connection_needs(connection), wants;
	struct xsd_sockmsg header;

	if (connection->in_length == 0 && readable >= sizeof(header)) {
		ring_read(link->page, connection->consumer, &header, sizeof(header));
		whole = sizeof(header) + header.len;
	}
	wants = whole - connection->in_length;
	return wants < readable ? wants : readable;
}

/* It has left the ring before its message is whole, so the journal has it. */
static void record_part(struct daemon *daemon, const struct connection *connection, size_t bytes)
{
	record_add(
		&daemon->store.record,
		&(struct journal_item){
			.kind = ITEM_INPUT,
			.domid = connection->watches.domid,
			.consumer = connection->consumer,
			.value = {connection->in + connection->in_length - bytes, (uint32_t)bytes},
		});
}

int link_ring_read(struct daemon *daemon, struct link *link)
{
	struct connection *connection = link->connection;

	for (;;) {
		int readable = ring_readable(link->page, connection->consumer);
		size_t wants;

		if (readable < 0)
			return -EIO;
		wants = wanted(link, (size_t)readable);
		if (wants > sizeof(connection->in) - connection->in_length)
			return -EIO;
		if (!wants)
			return 0;
		ring_read(link->page, connection->consumer, connection->in + connection->in_length,
			  wants);
		connection->in_length += wants;
		connection->consumer += (uint32_t)wants;
		/* The domain may have changed the header after we looked: only our copy counts. */
		if (connection_needs(connection) < connection->in_length)
			return -EIO;
		if (connection_needs(connection) == connection->in_length &&
		    connection->in_length >= sizeof(struct xsd_sockmsg))
			return 0;
		record_part(daemon, connection, wants);
		connection_mark(&daemon->store, connection);
	}
}

/* Its kernel asks to begin again with empty rings. */
static void reconnect(struct daemon *daemon, struct link *link)
{
	struct connection *connection = link->connection;
	struct xenstore_domain_interface *page = link->page;

	page->req_cons = page->req_prod = page->rsp_cons = page->rsp_prod = 0;
	start_afresh(connection, page);
	connection->broken = false;
	link->shown_consumer = 0;
	record_introduced(&daemon->store, connection_account(&daemon->store, connection));
	page->error = XENSTORE_ERROR_NONE;
	__atomic_store_n(&page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
	xenevtchn_notify(daemon->evtchn, link->port);
}

void link_ring_publish(struct daemon *daemon, struct link *link)
{
	struct connection *connection = link->connection;
	struct out_queue *out = &connection->out;
	bool news = false;

	while (out->head < out->tail) {
		int room = ring_writable(link->page, connection->producer);
		size_t length = out->tail - out->head;

		if (room <= 0)
			break;
		if (length > (size_t)room)
			length = (size_t)room;
		ring_write(link->page, connection->producer, out->bytes + out->head, length);
		connection->producer += (uint32_t)length;
		out->head += length;
		ring_publish_producer(link->page, connection->producer);
		news = true;
	}
	if (link->shown_consumer != connection->consumer) {
		ring_publish_consumer(link->page, connection->consumer);
		link->shown_consumer = connection->consumer;
		news = true;
	}
	if (news)
		xenevtchn_notify(daemon->evtchn, link->port);
	if (out->head == out->tail) {
		out->head = out->tail = 0;
		out->messages = 0;
		link_has_work(daemon, link);
		/* It may have been full of answers, and asked for more meanwhile. */
		daemon->resumed |= ring_readable(link->page, connection->consumer) > 0;
		if (event_length(&connection->watches))
			connection_mark(&daemon->store, connection);
	}
}

/*
 * One that calls again and again without a word, or has used up its time, is not
 * heard before the next tick.
 */
static bool may_call(struct daemon *daemon, struct link *link)
{
	return link->connection->privileged ||
	       (++link->calls <= CALLS_MOST && link_has_credit(daemon, link));
}

static void answer_call(struct daemon *daemon, struct link *link)
{
	if (may_call(daemon, link)) {
		xenevtchn_unmask(daemon->evtchn, link->port);
	} else {
		link->masked = true;
		daemon->throttled = true;
	}
	if (__atomic_load_n(&link->page->connection, __ATOMIC_ACQUIRE) == XENSTORE_RECONNECT)
		reconnect(daemon, link);
	if (link->connection->broken)
		return;
	connection_mark(&daemon->store, link->connection);
	link_has_work(daemon, link);
}

void link_ring_events(struct daemon *daemon)
{
	int port;

	for (int i = 0; i < 64 && (port = xenevtchn_pending(daemon->evtchn)) >= 0; i++) {
		if ((evtchn_port_t)port == daemon->domain_virq) {
			daemon->virq_raised = true;
			xenevtchn_unmask(daemon->evtchn, (evtchn_port_t)port);
		} else if ((size_t)port < daemon->nr_ports && daemon->by_port[port]) {
			answer_call(daemon, daemon->by_port[port]);
		}
	}
}

/* What nobody else wants of the CPUs is free; told once, for the time since the last tick. */
static uint64_t idle_meanwhile(struct daemon *daemon, uint64_t elapsed)
{
	uint64_t idle = domains_idle_ns(), before = daemon->idle_ns;

	daemon->idle_ns = idle;
	return elapsed < IDLE_KNOWN_FOR && idle > before ? idle - before : 0;
}

void link_ring_tick(struct daemon *daemon, uint64_t elapsed)
{
	uint64_t idle = idle_meanwhile(daemon, elapsed);

	daemon->throttled = false;
	for (size_t i = 0; i < daemon->nr_ports; i++) {
		struct link *link = daemon->by_port[i];

		if (!link)
			continue;
		link->calls = 0;
		link->time_left += (int64_t)idle;
		if (link->masked && !link_has_credit(daemon, link)) {
			daemon->throttled = true;
		} else if (link->masked) {
			link->masked = false;
			xenevtchn_unmask(daemon->evtchn, link->port);
			link_has_work(daemon, link);
		}
	}
}
