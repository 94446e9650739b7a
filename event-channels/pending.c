/* SPDX-License-Identifier: MIT */
/*
 * event-channels/pending.c - see pending.h.
 *
 * The order matters: a sender sets the port's bit, then looks at the mask; a
 * guest clears the mask, then looks at the bit.  One of them sees the other.
 */
#include "event-channels/pending.h"
#include "event-channels/ports.h"
#include "xen-like/base/bits.h"

/* The second level: which word of the first has news.  Told once, until taken. */
static void tell_vcpu(struct event_channels *channels, uint32_t port, uint32_t vcpu)
{
	event_port_tell_vcpu(channels->domain, vcpu, port / 64);
}

void pending_set(struct event_channels *channels, uint32_t port, uint32_t vcpu)
{
	if (bit_set(channels->pending, port))
		return;
	if (!bit_test(channels->mask, port))
		tell_vcpu(channels, port, vcpu);
	/* Who polls wants to know of masked ports too. */
	event_port_wake_pollers(channels->domain, port);
}

void pending_clear(struct event_channels *channels, uint32_t port)
{
	bit_clear(channels->pending, port);
}

void pending_unmask(struct event_channels *channels, uint32_t port, uint32_t vcpu)
{
	if (bit_clear(channels->mask, port) && bit_test(channels->pending, port))
		tell_vcpu(channels, port, vcpu);
}

bool pending_test(const struct event_channels *channels, uint32_t port)
{
	return bit_test(channels->pending, port);
}
