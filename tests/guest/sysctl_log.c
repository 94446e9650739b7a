/* SPDX-License-Identifier: MIT */
/* sysctl: the hypervisor's log, read whole, on from where one was, and cleared; its keys. */
#include "tests/guest/lib/sysctl.h"

#define ROOM 65536

static char text[ROOM];

/* How many bytes came; the place behind them is in the request. */
static long read_log(uint32_t room, bool on_from, uint32_t from, bool clear)
{
	long rc;

	sysctl_begin();
	memset(text, 0, sizeof(text));
	set_xen_guest_handle(request.u.readconsole.buffer, text);
	request.u.readconsole.count = room;
	request.u.readconsole.incremental = on_from;
	request.u.readconsole.index = from;
	request.u.readconsole.clear = clear;
	rc = sysctl_call(XEN_SYSCTL_readconsole);
	return rc ? rc : request.u.readconsole.count;
}

static bool has(const char *what)
{
	size_t length = strlen(what);

	for (size_t i = 0; i + length < sizeof(text); i++)
		if (!memcmp(text + i, what, length))
			return true;
	return false;
}

static long press(const char *keys, uint32_t count)
{
	sysctl_begin();
	set_xen_guest_handle(request.u.debug_keys.keys, keys);
	request.u.debug_keys.nr_keys = count;
	return sysctl_call(XEN_SYSCTL_debug_keys);
}

/* What is said here goes into the log on some hypervisors: first all calls, then the claims. */
static void claim_reading(void)
{
	static char first[100], again[100];
	long part = read_log(100, false, 0, false);
	uint32_t part_end = request.u.readconsole.index;

	memcpy(first, text, sizeof(first));
	long whole = read_log(ROOM, false, 0, false);
	uint32_t end = request.u.readconsole.index;

	memcpy(again, text, sizeof(again));
	bool lines = has("\n");
	long rest = read_log(ROOM, true, part_end, false);
	uint32_t rest_end = request.u.readconsole.index;
	long nothing = read_log(ROOM, true, end, false);
	long future = read_log(ROOM, true, end + 100000, false);
	long none = read_log(0, false, 0, false);

	expect("part", part, 100);
	expect("part-end", part_end, 100);
	expect_true("whole", whole > 100 && (uint32_t)whole == end);
	expect_true("whole-has-lines", lines);
	expect("same-text", memcmp(first, again, sizeof(first)), 0);
	expect("rest", rest, whole - 100);
	expect("rest-end", rest_end, end);
	expect("no-more", nothing, 0);
	expect("from-nowhere-is-from-the-start", future, whole);
	expect("no-room", none, 0);
}

/* What was said before there was memory for a log, and more than its first memory holds. */
static void claim_long_log(void)
{
	static char first[100];
	uint32_t end = 0, read = 0;

	need(read_log(100, false, 0, false) == 100);
	memcpy(first, text, sizeof(first));
	for (int i = 0; i < 1000 && end < 100000; i++) {
		press("h", 1);
		read += read_log(ROOM, true, end, false);
		end = request.u.readconsole.index;
	}
	expect_true("long", end >= 100000);
	expect("long-is-whole", read, end);
	expect("long-from-the-start", read_log(ROOM, false, 0, false), ROOM);
	expect("long-starts-the-same", memcmp(first, text, sizeof(first)), 0);
	expect("long-rest", read_log(ROOM, true, ROOM, false), end - ROOM);
	expect_true("long-rest-ends-with-a-line", text[end - ROOM - 1] == '\n');
	/* What is left fits into one call again. */
	need(read_log(ROOM, false, 0, true) == ROOM);
	press("h", 1);
}

/* dom0 is told of new lines, and not that there are none. */
static void claim_notice(void)
{
	long port = bind_virq(VIRQ_CON_RING, 0);

	need(port > 0);
	wait_ns(50000000); /* for what was said before */
	event_clear(port);
	events_open();
	wait_ns(50000000);
	uint64_t quiet = event_count[port];
	press("h", 1);
	wait_ns(200000000);
	uint64_t told = event_count[port];
	events_close();
	expect("quiet-log-no-notice", quiet, 0);
	expect_true("new-lines-notice", told > quiet);
}

static void claim_clearing(void)
{
	long all = read_log(ROOM, false, 0, true);
	uint32_t end = request.u.readconsole.index;
	long after = read_log(ROOM, false, 0, false);
	uint32_t after_end = request.u.readconsole.index;
	long old = read_log(ROOM, true, 0, false);

	expect_true("clear-shows-all", all > 100);
	expect("cleared", after, 0);
	expect("cleared-counts-on", after_end, end);
	expect("cleared-is-gone", old, 0);
}

static void claim_keys(void)
{
	long before = read_log(ROOM, false, 0, true);
	uint32_t end = request.u.readconsole.index;
	long help = press("h", 1);
	long grown = read_log(ROOM, true, end, false);

	expect_true("log-before", before >= 0);
	expect("help", help, 0);
	expect_true("help-is-in-the-log", grown > 50);
	expect("no-keys", press(NULL, 0), 0);
	expect("keys-of-nobody", press("\001\002\003", 3), 0);
	expect("keys-bad", press((const char *)NON_CANONICAL, 1), -XEN_EFAULT);
}

/* Or a dom0 that prints the log on that console would never come to its end. */
static void claim_own_output(void)
{
	long before = read_log(ROOM, false, 0, true);
	uint32_t end = request.u.readconsole.index;

	expect_true("read-before", before >= 0);
	expect("own-output-is-not-logged", read_log(ROOM, true, end, false), 0);
}

static void claim_bad_buffers(void)
{
	sysctl_begin();
	request.u.readconsole.buffer.p = (void *)NON_CANONICAL;
	request.u.readconsole.count = 10;
	expect("bad-buffer", sysctl_call(XEN_SYSCTL_readconsole), -XEN_EFAULT);
	set_xen_guest_handle(request.u.readconsole.buffer, (char *)read_only_page());
	request.u.readconsole.count = 10;
	expect("read-only-buffer", sysctl_call(XEN_SYSCTL_readconsole), -XEN_EFAULT);
}

void guest_main(void)
{
	claim_bad_buffers();
	claim_reading();
	claim_long_log();
	claim_notice();
	claim_clearing();
	claim_keys();
	claim_own_output();
}
