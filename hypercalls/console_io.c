/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/console_io.c - dom0's raw console; nobody else has one here.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

#define CHUNK		128
#define CHUNKS_PER_CALL 1 /* a slow line takes 11 ms for it */

/* A long text is written in parts: the rest is another call. */
static int64_t write_text(struct domain *domain, uint32_t count, guest_va_t text)
{
	char chunk[CHUNK];

	for (unsigned int i = 0; count > 0; i++) {
		uint32_t part = MIN(count, (uint32_t)CHUNK);

		if (i == CHUNKS_PER_CALL) {
			hypercall_set_argument(1, count);
			hypercall_set_argument(2, text.va);
			return -XEN_ERESTART;
		}
		if (!copy_from_guest(chunk, text, part))
			return -XEN_EFAULT;
		console_write_guest(domain, chunk, part);
		text.va += part;
		count -= part;
	}
	return 0;
}

static int64_t read_text(uint32_t count, guest_va_t text)
{
	char chunk[CHUNK];
	int64_t total = 0;

	while (count > 0) {
		size_t got = console_read_guest(chunk, MIN(count, (uint32_t)CHUNK));

		if (got == 0)
			break;
		if (!copy_to_guest(text, chunk, got))
			return -XEN_EFAULT;
		text.va += got;
		count -= (uint32_t)got;
		total += (int64_t)got;
	}
	return total;
}

int64_t hc_console_io(reg_t command, reg_t count, reg_t text)
{
	struct domain *domain = current_domain();

	if (!domain_controls(domain))
		return -XEN_EPERM;
	switch ((int)command) {
	case CONSOLEIO_write:
		return write_text(domain, (uint32_t)count, guest_va(text));
	case CONSOLEIO_read:
		return read_text((uint32_t)count, guest_va(text));
	default:
		return -XEN_ENOSYS;
	}
}
