/* SPDX-License-Identifier: MIT */
/*
 * What is typed for dom0: VIRQ_CONSOLE comes, CONSOLEIO_read has it.  tests/scenario/console
 * types when it reads "listening" and starts this with the word `wait`; a full stop ends what
 * is shown as one, an exclamation mark the test.  Without the word nobody types.
 */
#include "tests/guest/lib/guest.h"

#define TYPED_MAX 64

static char typed[TYPED_MAX + 1];
static unsigned int count;

/* Keys without a picture are shown as a caret and their letter. */
static void add(char c)
{
	need(count + 2 < TYPED_MAX);
	if (c < ' ') {
		typed[count++] = '^';
		c += '@';
	}
	typed[count++] = c;
}

static void take(const char *bytes, long length)
{
	for (long i = 0; i < length; i++) {
		if (bytes[i] != '.') {
			add(bytes[i]);
			continue;
		}
		typed[count] = 0;
		print("typed <%s>", typed);
		count = 0;
	}
}

static void listen(long port)
{
	char bytes[16];

	while (!count || typed[count - 1] != '!') {
		uint32_t before = event_count[port];
		long length = call_console(CONSOLEIO_read, sizeof(bytes), bytes);

		need(length >= 0 && length <= (long)sizeof(bytes));
		take(bytes, length);
		/* What was typed since that read has its event. */
		while (length == 0 && event_count[port] == before)
			call_sched(SCHEDOP_block, NULL);
		events_close();
	}
}

void guest_main(void)
{
	char byte;
	long port = bind_virq(VIRQ_CONSOLE, 0);

	expect_true("bound", port > 0);
	if (!asked_for("wait")) {
		expect("nothing-typed", call_console(CONSOLEIO_read, 1, &byte), 0);
		return;
	}
	print("listening");
	listen(port);
	expect("ended-by-its-mark", typed[count - 1], '!');
}
