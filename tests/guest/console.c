/* SPDX-License-Identifier: MIT */
/* console_io: writing, reading when nobody types, and bad arguments. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	static char line[] = "(a line of ordinary text)\n";
	static char long_line[6000];
	char *edge = edge_of_page(8);

	expect("write", call_console(CONSOLEIO_write, sizeof(line) - 1, line), 0);
	expect("write-nothing", call_console(CONSOLEIO_write, 0, line), 0);
	expect("read-nothing", call_console(CONSOLEIO_read, 16, line), 0);
	expect("read-0", call_console(CONSOLEIO_read, 0, line), 0);
	for (unsigned int i = 0; i < sizeof(long_line); i++)
		long_line[i] = i % 60 == 59 ? '\n' : '.';
	expect("write-long", call_console(CONSOLEIO_write, sizeof(long_line), long_line), 0);
	memcpy(edge, "edge ok\n", 8);
	expect("write-to-edge", call_console(CONSOLEIO_write, 8, edge), 0);
	expect("write-over-edge", call_console(CONSOLEIO_write, 9, edge), -XEN_EFAULT);
	for (int i = 0; i < BAD_POINTERS; i++)
		expect_named(bad_pointers[i].name,
			     call_console(CONSOLEIO_write, 4, bad_pointers[i].va), -XEN_EFAULT);
	expect("write-2-31", call_console(CONSOLEIO_write, 0x80000000ul, NON_CANONICAL),
	       -XEN_EFAULT);
	expect("write-minus-1", call_console(CONSOLEIO_write, 0xffffffffu, NON_CANONICAL),
	       -XEN_EFAULT);
}
