/* SPDX-License-Identifier: MIT */
/* The kernel of a front end, in a micro-guest.  See fronts.h. */
#include "tests/guest/lib/fronts.h"
#include "tests/guest/lib/grant.h"

#define GRANT_FIRST 8 /* those below are the console's and the store's */
#define GRANTS	    (GRANT_PAGES * 512)
#define VALUE_MOST  64

static uint16_t unused[GRANTS];
static uint32_t unused_count;

void fronts_init(void)
{
	grants_init();
	for (uint32_t grant = GRANTS; grant-- > GRANT_FIRST;)
		unused[unused_count++] = (uint16_t)grant;
}

uint32_t fronts_grant(void *page, bool read_only)
{
	uint32_t grant;

	if (!unused_count)
		return 0;
	grant = unused[--unused_count];
	grant_offer(grant, page, read_only ? GTF_readonly : 0);
	return grant;
}

static uint32_t grant(void *page)
{
	return fronts_grant(page, false);
}

void fronts_revoke(uint32_t grant_used)
{
	write_once(grants[grant_used].flags, 0);
}

/* One that is still in use is lost, as a careful kernel would do with its page. */
static void take_back(uint32_t grant_used)
{
	uint16_t idle =
		read_once(grants[grant_used].flags) & (uint16_t) ~(GTF_reading | GTF_writing);

	if (__atomic_compare_exchange_n(&grants[grant_used].flags, &idle, 0, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		unused[unused_count++] = (uint16_t)grant_used;
}

static long read_node(const char *path, char *value, uint32_t room)
{
	return store_ask(XS_READ, 0, path, (uint32_t)strlen(path) + 1, value, room);
}

static long write_node(const char *path, const char *value)
{
	static char payload[FRONT_PATH + VALUE_MOST];
	uint32_t name = (uint32_t)strlen(path) + 1, length = (uint32_t)strlen(value);

	if (name + length > sizeof(payload))
		return -1;
	memcpy(payload, path, name);
	memcpy(payload + name, value, length);
	return store_ask(XS_WRITE, 0, payload, name + length, NULL, 0);
}

static uint32_t open_port(void)
{
	struct evtchn_alloc_unbound port = {.dom = DOMID_SELF, .remote_dom = 0};

	if (call_event(EVTCHNOP_alloc_unbound, &port))
		return 0;
	event_mask(port.port, true);
	return port.port;
}

static void shut_port(uint32_t port)
{
	close_port(port);
}

static void notify(uint32_t port)
{
	send_port(port);
}

static void wait_for_event(uint32_t port)
{
	ring_wait(port, 20000000);
}

static void pause(void)
{
	ring_wait(store_port, 5000000);
}

const struct front_kernel front_kernel = {
	.read = read_node,
	.write = write_node,
	.grant = grant,
	.take_back = take_back,
	.open_port = open_port,
	.close_port = shut_port,
	.notify = notify,
	.wait = wait_for_event,
	.pause = pause,
};
