/* SPDX-License-Identifier: MIT */
/* Attacks on the store's daemon, through the ring of a guest. */
#include "tests/guest/lib/hostile.h"

#define VALUE_BYTES 2000

static char payload[XENSTORE_PAYLOAD_MAX + 64];

/* "NAME<number>\0" at `at`; returns where it ends. */
static uint32_t put_name(uint32_t at, const char *name, uint32_t number)
{
	char digits[12];
	int n = 0;

	while (*name)
		payload[at++] = *name++;
	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n)
		payload[at++] = digits[--n];
	payload[at++] = '\0';
	return at;
}

/* Values as big as they may be, one after the other, answers read. */
static void writes(void)
{
	uint32_t length = put_name(0, "data/w", hostile_random() % 200);

	memset(payload + length, 'x', VALUE_BYTES);
	store_ask(XS_WRITE, 0, payload, length + VALUE_BYTES, NULL, 0);
}

/* More nodes than one may have, all below each other's parents. */
static void nodes(void)
{
	static uint32_t number;
	uint32_t length = put_name(0, "data/n", number++ % 1200);

	store_ask(XS_MKDIR, 0, payload, length, NULL, 0);
	if (number % 1200 == 0)
		store_ask(XS_RM, 0, "data", 5, NULL, 0);
}

/* More watches than one may have, each told of each write. */
static void watches(void)
{
	static uint32_t number;
	uint32_t length = put_name(0, "data", 0);

	payload[4] = '\0'; /* of "data0" */
	length = put_name(5, "token", number++ % 160);
	store_ask(number / 160 % 2 ? XS_UNWATCH : XS_WATCH, 0, payload, length, NULL, 0);
	length = put_name(0, "data/watched", number % 8);
	store_ask(XS_WRITE, 0, payload, length, NULL, 0);
}

static uint32_t begin(void)
{
	char reply[16] = "";
	uint32_t number = 0;

	if (store_ask(XS_TRANSACTION_START, 0, "", 1, reply, sizeof(reply) - 1) < 0)
		return 0;
	for (const char *digit = reply; *digit; digit++)
		number = number * 10 + (uint32_t)(*digit - '0');
	return number;
}

/* Transactions opened, filled, in each other's way, and most left open. */
static void transactions(void)
{
	uint32_t transaction = begin();
	uint32_t length = put_name(0, "data/t", hostile_random() % 30);

	for (int i = 0; i < 8; i++)
		store_ask(XS_WRITE, transaction, payload, length, NULL, 0);
	store_ask(XS_WRITE, 0, payload, length, NULL, 0);
	store_ask(XS_TRANSACTION_END, transaction ? transaction : hostile_random() % 16, "T", 2,
		  NULL, 0);
	if (hostile_random() % 4)
		begin();
}

/* Reads all there is, again and again. */
static void reads(void)
{
	store_ask(XS_DIRECTORY, 0, "/local/domain", 14, NULL, 0);
	store_ask(XS_DIRECTORY, 0, "/", 2, NULL, 0);
	store_ask(XS_READ, 0, "name", 5, NULL, 0);
	store_ask(XS_GET_PERMS, 0, "data", 5, NULL, 0);
}

/* What takes the daemon longest: a folder with all nodes one may have, told in parts. */
static void directory(void)
{
	static uint32_t made;
	uint32_t length = put_name(0, "data/directory/n", made);

	if (made < 900) {
		made++;
		store_ask(XS_MKDIR, 0, payload, length, NULL, 0);
		return;
	}
	store_ask(XS_DIRECTORY, 0, "data/directory", 15, NULL, 0);
	length = put_name(0, "data/directory", 0);
	payload[14] = '\0'; /* of "data/directory0" */
	length = put_name(15, "", hostile_random() % 9000);
	store_ask(XS_DIRECTORY_PART, 0, payload, length, NULL, 0);
}

/* Asks on and on and reads no answer. */
static void deaf(void)
{
	static const struct xsd_sockmsg header = {.type = XS_READ, .len = 2};
	uint32_t at = store_ring->req_prod;

	while (at - read_once(store_ring->req_cons) <= XENSTORE_RING_SIZE - 18) {
		char bytes[18];

		memcpy(bytes, &header, 16);
		memcpy(bytes + 16, "/", 2);
		for (int i = 0; i < 18; i++)
			store_ring->req[MASK_XENSTORE_IDX(at++)] = bytes[i];
	}
	barrier();
	write_once(store_ring->req_prod, at);
	send_port(store_port);
}

/* The ring once more from its start, as a kernel may ask for after a failure. */
static void reconnect(void)
{
	write_once(store_ring->connection, XENSTORE_RECONNECT);
	send_port(store_port);
	for (int i = 0; i < 100 && read_once(store_ring->connection); i++)
		ring_wait(store_port, 1000000);
}

/* Messages that are none. */
static void malformed(void)
{
	uint32_t kind = hostile_random() % 4;
	struct xsd_sockmsg header = {.type = hostile_random() % 40, .len = hostile_random() % 64};
	uint32_t at = store_ring->req_prod;
	const char *bytes = (const char *)&header;

	if (kind == 0)
		header.len = hostile_random();
	for (uint32_t i = 0; i < sizeof(header); i++)
		store_ring->req[MASK_XENSTORE_IDX(at++)] = bytes[i];
	for (uint32_t i = 0; i < 64; i++)
		store_ring->req[MASK_XENSTORE_IDX(at++)] = (char)hostile_random();
	barrier();
	write_once(store_ring->req_prod, at - (64 - header.len % 64));
	send_port(store_port);
	store_drop();
	if (hostile_random() % 4 == 0)
		reconnect();
}

/* Indices that say anything. */
static void runaway(void)
{
	write_once(store_ring->req_prod, hostile_random());
	write_once(store_ring->rsp_cons, hostile_random());
	send_port(store_port);
	write_once(store_ring->req_cons, hostile_random());
	write_once(store_ring->rsp_prod, hostile_random());
	send_port(store_port);
	if (hostile_random() % 8 == 0)
		reconnect();
}

void guest_main(void)
{
	static const struct attack attacks[] = {
		{"writes", writes, true},   {"nodes", nodes, true},
		{"watches", watches, true}, {"transactions", transactions, true},
		{"reads", reads, true},	    {"directory", directory, true},
		{"deaf", deaf, true},	    {"malformed", malformed, true},
		{"runaway", runaway, true}, {"reconnect", reconnect, true},
	};

	hostile_run(attacks, ARRAY_SIZE(attacks));
	expect_true("dom0-has-no-ring", store_ring == NULL);
}
