// needs: dom0-tools/lib/store.c dom0-tools/lib/store_watch.c dom0-tools/lib/store_pipe.c
// needs: dom0-tools/lib/failure.c dom0-tools/lib/text.c
/* SPDX-License-Identifier: MIT */
/*
 * The tools' client of the store against a daemon that plays a written part: events between
 * answers, an end in mid-answer, directories in parts, answers that are none.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/lib/store.h"
#include "tests/unit/check.h"

static char path[] = "/tmp/test-store-client-XXXXXX";
static int listener, peer;
static struct store *store;

/* What the daemon says next, put into the socket before the client asks. */
static void say(uint32_t type, const char *bytes, size_t count)
{
	struct xsd_sockmsg header = {.type = type, .len = (uint32_t)count};

	EXPECT_EQUAL(write(peer, &header, sizeof(header)), (long)sizeof(header));
	EXPECT_EQUAL(write(peer, bytes, count), (long)count);
}
#define SAY(type, text) say(type, text, sizeof(text) - 1)

static void open_store(void)
{
	EXPECT_EQUAL(store_open(&store, NULL), 0);
	peer = accept(listener, NULL, NULL);
	EXPECT(peer >= 0);
}

static void close_store(void)
{
	store_close(store);
	close(peer);
}

/* The next request that came, as `type:payload`, NULs as '|'. */
static const char *heard(void)
{
	static char text[256];
	struct xsd_sockmsg header;
	char payload[128] = "";

	if (read(peer, &header, sizeof(header)) != sizeof(header) ||
	    header.len >= sizeof(payload) || read(peer, payload, header.len) != header.len)
		return "nothing";
	for (uint32_t i = 0; i < header.len; i++)
		if (!payload[i])
			payload[i] = '|';
	snprintf(text, sizeof(text), "%u:%u:%s", header.type, header.tx_id, payload);
	return text;
}
#define HEARD(text)                                                                                \
	do {                                                                                       \
		const char *was = heard();                                                         \
                                                                                                   \
		if (strcmp(was, text))                                                             \
			fprintf(stderr, "heard %s\n", was);                                        \
		EXPECT(!strcmp(was, text));                                                        \
	} while (0)

static bool is_readable(void)
{
	struct pollfd ready = {.fd = store_descriptor(store), .events = POLLIN};

	return poll(&ready, 1, 0) == 1;
}

static void test_questions(void)
{
	struct store_permission *permissions, mine[2] = {{5, false, false}, {0, true, true}};
	struct failure failure = {0};
	char *value;
	size_t count;

	open_store();
	SAY(XS_READ, "va\0lue");
	EXPECT_EQUAL(store_read_bytes(store, 7, &value, &count, NULL, "/a"), 0);
	EXPECT_EQUAL(count, 6);
	EXPECT(!memcmp(value, "va\0lue", 7));
	free(value);
	HEARD("2:7:/a|");
	SAY(XS_ERROR, "ENOENT\0");
	EXPECT_EQUAL(store_exists(store, STORE_NOW, &failure, "/%s", "b"), 0);
	EXPECT_EQUAL(failure.error, 0);
	HEARD("2:0:/b|");
	SAY(XS_ERROR, "EACCES\0");
	EXPECT_EQUAL(store_remove(store, STORE_NOW, &failure, "/c"), -EACCES);
	EXPECT(strstr(failure.cause, "cannot remove /c"));
	HEARD("13:0:/c|");
	SAY(XS_ERROR, "ESOMETHING\0");
	EXPECT_EQUAL(store_make(store, STORE_NOW, NULL, "/d"), -EIO);
	HEARD("12:0:/d|");
	SAY(XS_SET_PERMS, "OK\0");
	EXPECT_EQUAL(store_set_permissions(store, STORE_NOW, mine, 2, NULL, "/e"), 0);
	HEARD("14:0:/e|n5|b0|");
	SAY(XS_GET_PERMS, "w1\0r65535\0");
	EXPECT_EQUAL(store_get_permissions(store, STORE_NOW, &permissions, &count, NULL, "/f"), 0);
	EXPECT_EQUAL(count, 2);
	EXPECT(permissions[0].write && !permissions[0].read && permissions[1].domid == 65535);
	free(permissions);
	HEARD("3:0:/f|");
	SAY(XS_GET_PERMS, "q1\0");
	EXPECT_EQUAL(store_get_permissions(store, STORE_NOW, &permissions, &count, NULL, "/g"),
		     -EPROTO);
	HEARD("3:0:/g|");
	SAY(XS_INTRODUCE, "OK\0");
	EXPECT_EQUAL(store_introduce(store, 12, 0x1234567890, 3, NULL), 0);
	HEARD("8:0:12|78187493520|3|");
	close_store();
}

static void test_events_between(void)
{
	struct store_event event;
	char *value;

	open_store();

	SAY(XS_WATCH, "OK\0");
	EXPECT_EQUAL(store_watch(store, "/w", "token", NULL), 0);
	EXPECT(!is_readable());
	/* One before the answer, one behind it: the descriptor tells of both. */
	SAY(XS_WATCH_EVENT, "/w\0token\0");
	SAY(XS_READ, "x");
	SAY(XS_WATCH_EVENT, "/w/1\0token\0");
	EXPECT_EQUAL(store_read(store, STORE_NOW, &value, NULL, "/x"), 0);
	EXPECT(!strcmp(value, "x"));
	free(value);
	EXPECT(is_readable());
	EXPECT_EQUAL(store_next_event(store, 0, &event, NULL), 1);
	EXPECT(!strcmp(event.path, "/w") && !strcmp(event.token, "token"));
	store_event_free(&event);
	EXPECT(is_readable());
	EXPECT_EQUAL(store_next_event(store, 0, &event, NULL), 1);
	EXPECT(!strcmp(event.path, "/w/1"));
	store_event_free(&event);
	EXPECT(!is_readable());
	EXPECT_EQUAL(store_next_event(store, 0, &event, NULL), 0);
	/* One that has no second text has an empty one. */
	SAY(XS_WATCH_EVENT, "/odd");
	EXPECT(is_readable());
	EXPECT_EQUAL(store_next_event(store, -1, &event, NULL), 1);
	EXPECT(!strcmp(event.path, "/odd") && !*event.token);
	store_event_free(&event);
	/* The daemon's end is an event, and stays one. */
	close(peer);
	EXPECT(is_readable());
	EXPECT_EQUAL(store_next_event(store, 0, &event, NULL), -EPIPE);
	EXPECT_EQUAL(store_next_event(store, -1, &event, NULL), -EPIPE);
	EXPECT_EQUAL(store_read(store, STORE_NOW, &value, NULL, "/x"), -EPIPE);
	store_close(store);
}

static void test_ends(void)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 10};
	char *value;

	open_store();
	EXPECT_EQUAL(write(peer, &header, sizeof(header)), (long)sizeof(header));
	EXPECT_EQUAL(write(peer, "abc", 3), 3);
	shutdown(peer, SHUT_WR);
	EXPECT_EQUAL(store_read(store, STORE_NOW, &value, NULL, "/x"), -EPIPE);
	EXPECT(!value);
	close_store();
	open_store();
	header.len = XENSTORE_PAYLOAD_MAX + 1;
	EXPECT_EQUAL(write(peer, &header, sizeof(header)), (long)sizeof(header));
	EXPECT_EQUAL(store_read(store, STORE_NOW, &value, NULL, "/x"), -EPROTO);
	close_store();
}

static void test_directory_in_parts(void)
{
	char **names;
	size_t count;

	open_store();
	SAY(XS_DIRECTORY, "");
	EXPECT_EQUAL(store_list(store, STORE_NOW, &names, &count, NULL, "/"), 0);
	EXPECT_EQUAL(count, 0);
	free(names);
	HEARD("1:0:/|");
	SAY(XS_ERROR, "E2BIG\0");
	SAY(XS_DIRECTORY_PART, "7\0one\0two\0");
	SAY(XS_DIRECTORY_PART, "8\0wo\0three\0"); /* it has changed: from its beginning */
	SAY(XS_DIRECTORY_PART, "8\0none\0two\0");
	SAY(XS_DIRECTORY_PART, "8\0three\0\0");
	EXPECT_EQUAL(store_list(store, STORE_NOW, &names, &count, NULL, "/big"), 0);
	EXPECT_EQUAL(count, 3);
	EXPECT(!strcmp(names[0], "none") && !strcmp(names[2], "three") && !names[3]);
	free(names);
	HEARD("1:0:/big|");
	HEARD("22:0:/big|0|");
	HEARD("22:0:/big|8|");
	HEARD("22:0:/big|0|");
	HEARD("22:0:/big|9|");
	close_store();
}

static int write_twice(struct store *handle, store_transaction_t transaction, void *context,
		       struct failure *failure)
{
	++*(int *)context;
	return store_write(handle, transaction, "/t", failure, "%d", *(int *)context);
}

static void test_transaction_again(void)
{
	int times = 0;

	open_store();
	SAY(XS_TRANSACTION_START, "5\0");
	SAY(XS_WRITE, "OK\0");
	SAY(XS_ERROR, "EAGAIN\0");
	SAY(XS_TRANSACTION_START, "6\0");
	SAY(XS_WRITE, "OK\0");
	SAY(XS_TRANSACTION_END, "OK\0");
	EXPECT_EQUAL(store_transact(store, write_twice, &times, NULL), 0);
	EXPECT_EQUAL(times, 2);
	HEARD("6:0:|");
	HEARD("11:5:/t|1");
	HEARD("7:5:T|");
	HEARD("6:0:|");
	HEARD("11:6:/t|2");
	HEARD("7:6:T|");
	SAY(XS_TRANSACTION_START, "nine\0");
	EXPECT_EQUAL(store_transact(store, write_twice, &times, NULL), -EPROTO);
	close_store();
}

int main(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!mkdtemp(path))
		return 1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", path);
	setenv("XENSTORED_PATH", address.sun_path, 1);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		return 1;
	RUN(test_questions);
	RUN(test_events_between);
	RUN(test_ends);
	RUN(test_directory_in_parts);
	RUN(test_transaction_again);
	unlink(address.sun_path);
	rmdir(path);
	return check_result();
}
