// needs: xen-like/pv/hypercall_page.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_hypercall_page.c - the bytes of all 128 calls, and that nothing
 * beside the page is written.
 */
#include "tests/unit/check.h"
#include "xen-like/base/abi.h"
#include "xen-like/pv/hypercall_page.h"

#define CALL_BYTES 32

static uint8_t room[3 * PAGE_SIZE];

static const uint8_t *call(uint32_t number)
{
	return room + PAGE_SIZE + number * CALL_BYTES;
}

/* After its code a call has only INT3. */
static void check_rest(uint32_t number, size_t code)
{
	for (size_t i = code; i < CALL_BYTES; i++)
		EXPECT_EQUAL(call(number)[i], 0xcc);
}

static void test_hypercall_page_calls(void)
{
	for (uint32_t number = 0; number < PAGE_SIZE / CALL_BYTES; number++) {
		const uint8_t expected[] = {
			0x51, 0x41,
			0x53, /* push rcx, r11 */
			0xb8, (uint8_t)number,
			0,    0,
			0,	    /* mov number, eax */
			0x0f, 0x05, /* syscall */
			0x41, 0x5b,
			0x59, 0xc3 /* pop r11, rcx; ret */
		};

		if (number == __HYPERVISOR_iret)
			continue;
		EXPECT(memcmp(call(number), expected, sizeof(expected)) == 0);
		check_rest(number, sizeof(expected));
	}
}

static void test_hypercall_page_iret(void)
{
	const uint8_t expected[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 23, 0, 0, 0, 0x0f, 0x05};

	EXPECT(memcmp(call(23), expected, sizeof(expected)) == 0);
	/* It does not come back; what follows its syscall is the common call's end. */
	check_rest(23, sizeof(expected) + 3);
}

static void test_hypercall_page_edges(void)
{
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		EXPECT_EQUAL(room[i], 0x5a);
		EXPECT_EQUAL(room[2 * PAGE_SIZE + i], 0x5a);
	}
}

int main(void)
{
	memset(room, 0x5a, sizeof(room));
	hypercall_page_fill(room + PAGE_SIZE);
	RUN(test_hypercall_page_calls);
	RUN(test_hypercall_page_iret);
	RUN(test_hypercall_page_edges);
	return check_result();
}
