/* SPDX-License-Identifier: MIT */
/* pv-drivers/netback/tap.c - tap.h says what it is for. */
#include "pv-drivers/netback/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dom0-tools/lib/links.h"

#define FLAGS	    (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE)
#define TRIES	    100
#define TRY_WAIT_US 10000

static int open_queue(struct tap *tap, const char *name)
{
	int queue = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = (short)FLAGS};

	if (queue < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(queue, TUNSETIFF, &request) != 0) {
		int error = errno;

		close(queue);
		return -error;
	}
	tap->queues[tap->count++] = queue;
	return 0;
}

/* That of a process that has just been killed may still be going. */
static int open_first(struct tap *tap, const char *name)
{
	int result = -EBUSY;

	for (int i = 0; i < TRIES && link_find(name); i++)
		usleep(TRY_WAIT_US);
	for (int i = 0; i < TRIES && result == -EBUSY; i++) {
		result = open_queue(tap, name);
		if (result == -EBUSY)
			usleep(TRY_WAIT_US);
	}
	return result;
}

int tap_open(struct tap *tap, const struct tap_settings *settings, const char **what)
{
	/* As of the kernel's backends: the highest, so that no bridge takes it for its own. */
	static const uint8_t mac[6] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};
	bool bridged = settings->bridge && *settings->bridge;
	const struct link_changes changes = {
		.bridge = bridged ? settings->bridge : NULL,
		.mtu = settings->mtu,
		.mac = mac,
		.up = true,
	};
	int result;

	*tap = (struct tap){0};
	*what = "its interface in dom0 cannot be made (is the module tun there?)";
	result = open_first(tap, settings->name);
	while (!result && tap->count < settings->queues)
		result = open_queue(tap, settings->name);
	if (result)
		return result;
	*what = "its interface in dom0 cannot be put into its bridge";
	result = link_change(settings->name, &changes, NULL);
	if (result || !settings->vlan)
		return result;
	*what = "its interface in dom0 cannot be put into its VLAN (does the bridge filter VLANs?)";
	return link_set_vlan(settings->name, (uint16_t)settings->vlan, NULL);
}

int tap_use(struct tap *tap, uint32_t queues, const struct tap_offers *offers)
{
	unsigned long offload = 0;

	/* What comes by a queue that nobody reads would be lost. */
	for (uint32_t i = 0; i < tap->count; i++) {
		struct ifreq request = {.ifr_flags =
						i < queues ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE};

		/* It is in that state already: EINVAL. */
		if (ioctl(tap->queues[i], TUNSETQUEUE, &request) != 0 && errno != EINVAL)
			return -errno;
	}
	if (offers->checksum)
		offload = TUN_F_CSUM | (offers->tcpv4 ? TUN_F_TSO4 : 0) |
			  (offers->tcpv6 ? TUN_F_TSO6 : 0);
	return ioctl(tap->queues[0], TUNSETOFFLOAD, offload) == 0 ? 0 : -errno;
}

uint32_t tap_receive(int queue, struct virtio_net_hdr *header, uint8_t *frame, uint32_t room)
{
	struct iovec parts[2] = {{header, sizeof(*header)}, {frame, room}};
	ssize_t got = readv(queue, parts, 2);

	return got > (ssize_t)sizeof(*header) ? (uint32_t)got - (uint32_t)sizeof(*header) : 0;
}

void tap_send(int queue, const struct virtio_net_hdr *header, const uint8_t *frame, uint32_t bytes)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)header, sizeof(*header)},
				 {(void *)(uintptr_t)frame, bytes}};

	/* What the kernel does not take is lost, as on any network. */
	(void)!writev(queue, parts, 2);
}
