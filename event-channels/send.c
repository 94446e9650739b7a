/* SPDX-License-Identifier: MIT */
/*
 * event-channels/send.c - see send.h.
 */
#include "event-channels/send.h"
#include "event-channels/pending.h"

static void set_own(struct event_channels *channels, uint32_t port)
{
	pending_set(channels, port, read_once(channels->ports[port].vcpu));
}

int channel_send(struct channels_locked locked, uint32_t port)
{
	struct event_channels *channels = locked.channels;
	const struct event_port *record;

	if (port >= channels->port_count)
		return -XEN_EINVAL;
	port = (uint32_t)index_nospec(port, channels->port_count);
	record = &channels->ports[port];
	switch (record->state) {
	case PORT_INTERDOMAIN:
		/*
		 * Unbinding the peer takes our lock as well, so it is still
		 * the peer; only its vCPU may change, which is read whole.
		 */
		set_own(record->remote, record->number);
		return 0;
	case PORT_IPI:
		set_own(channels, port);
		return 0;
	case PORT_UNBOUND:
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

static void send_if(struct event_channels *channels, uint32_t port, enum port_state state)
{
	if (port == 0 || port >= channels->port_count)
		return;
	port = (uint32_t)index_nospec(port, channels->port_count);
	if (load_acquire(&channels->ports[port].state) != state)
		return;
	set_own(channels, port);
}

void channel_send_virq(struct event_channels *channels, uint32_t vcpu, uint32_t virq)
{
	if (virq >= NR_VIRQS || vcpu >= channels->vcpu_count)
		return;
	if (virq_is_global(virq))
		vcpu = 0;
	send_if(channels, load_acquire(&channels->virqs[vcpu][virq]), PORT_VIRQ);
}

void channel_send_pirq(struct event_channels *channels, uint32_t port)
{
	send_if(channels, port, PORT_PIRQ);
}
