// needs: xen-like/pv/port_policy.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_port_policy.c - which rule holds for which port: every port,
 * every width, against the table of dom0's ports written out once more.
 */
#include <stdio.h>

#include "xen-like/pv/port_policy.h"

static int failures;

static void check(const char *name, bool good, const char *reason)
{
	if (good) {
		printf("PASS port_policy_%s\n", name);
	} else {
		printf("FAIL port_policy_%s: %s\n", name, reason);
		failures++;
	}
}

static const struct port_range uart[] = {{0x3f8, 0x3ff}, {0x608, 0x60b}};

/* What one port is, said the other way round than the table does. */
static enum port_rule expected_single(uint32_t port)
{
	if (port == 0x20 || port == 0x21 || port == 0xa0 || port == 0xa1 || (port & ~7u) == 0x3f8 ||
	    (port & ~3u) == 0x608)
		return PORT_DENIED;
	if ((port & ~3u) == 0x40 || port == 0x61)
		return PORT_TIMER;
	if ((port & ~1u) == 0x70)
		return PORT_CMOS;
	if ((port & ~3u) == 0xcf8)
		return PORT_PCI_ADDRESS;
	if ((port & ~3u) == 0xcfc)
		return PORT_PCI_DATA;
	return PORT_PLAIN;
}

static enum port_rule expected(uint32_t port, unsigned int bytes)
{
	enum port_rule strictest = PORT_PLAIN;

	for (uint32_t i = port; i < port + bytes; i++) {
		enum port_rule rule = i > 0xffff ? PORT_DENIED : expected_single(i);

		strictest = rule > strictest ? rule : strictest;
	}
	return strictest;
}

static void test_every_port(void)
{
	static const unsigned int widths[] = {1, 2, 4};
	unsigned int wrong = 0;

	for (uint32_t port = 0; port <= 0xffff; port++)
		for (unsigned int i = 0; i < 3; i++)
			if (port_policy_find(uart, 2, (uint16_t)port, widths[i]) !=
			    expected(port, widths[i]))
				wrong++;
	check("every_port_every_width", wrong == 0, "a rule differs");
}

static void test_kept(void)
{
	check("kept_without", port_policy_find(NULL, 0, 0x3f8, 1) == PORT_PLAIN, "not plain");
	check("kept_with", port_policy_find(uart, 1, 0x3f8, 1) == PORT_DENIED, "not denied");
	check("kept_before", port_policy_find(uart, 1, 0x3f7, 1) == PORT_PLAIN, "not plain");
	check("kept_crossing", port_policy_find(uart, 1, 0x3f7, 2) == PORT_DENIED, "not denied");
	check("kept_after", port_policy_find(uart, 1, 0x400, 4) == PORT_PLAIN, "not plain");
}

static void test_edges(void)
{
	check("last_port", port_policy_find(NULL, 0, 0xffff, 1) == PORT_PLAIN, "not plain");
	check("past_last_port", port_policy_find(NULL, 0, 0xffff, 2) == PORT_DENIED, "not denied");
	check("past_last_port_dword", port_policy_find(NULL, 0, 0xfffd, 4) == PORT_DENIED,
	      "not denied");
	check("reset_port", port_policy_find(NULL, 0, 0xcf9, 1) == PORT_PCI_ADDRESS,
	      "not with the latch");
}

int main(void)
{
	test_every_port();
	test_kept();
	test_edges();
	return failures != 0;
}
