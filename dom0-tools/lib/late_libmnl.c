/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/late_libmnl.c - what links.c uses of libmnl, by late.h. */
#include <libmnl/libmnl.h>
#include <string.h>

#include "dom0-tools/lib/late.h"

#define LIBMNL "libmnl.so.0"

LATE(LIBMNL, struct nlmsghdr *, mnl_nlmsg_put_header, (void *room), (room))
LATE(LIBMNL, void *, mnl_nlmsg_put_extra_header, (struct nlmsghdr * header, size_t bytes),
     (header, bytes))
LATE(LIBMNL, struct nlattr *, mnl_attr_nest_start, (struct nlmsghdr * header, uint16_t type),
     (header, type))
LATE(LIBMNL, struct mnl_socket *, mnl_socket_open2, (int bus, int flags), (bus, flags))
LATE(LIBMNL, int, mnl_socket_close, (struct mnl_socket * netlink), (netlink))
LATE(LIBMNL, ssize_t, mnl_socket_sendto,
     (const struct mnl_socket *netlink, const void *request, size_t bytes),
     (netlink, request, bytes))
LATE(LIBMNL, ssize_t, mnl_socket_recvfrom,
     (const struct mnl_socket *netlink, void *answer, size_t room), (netlink, answer, room))
LATE(LIBMNL, int, mnl_cb_run,
     (const void *answer, size_t bytes, unsigned int sequence, unsigned int port, mnl_cb_t take,
      void *data),
     (answer, bytes, sequence, port, take, data))

/* Those that return nothing. */
void mnl_attr_put(struct nlmsghdr *header, uint16_t type, size_t bytes, const void *value)
{
	static void (*real)(struct nlmsghdr *, uint16_t, size_t, const void *);

	if (!real)
		real = late_find(LIBMNL, "mnl_attr_put");
	real(header, type, bytes, value);
}

void mnl_attr_put_u32(struct nlmsghdr *header, uint16_t type, uint32_t value)
{
	mnl_attr_put(header, type, sizeof(value), &value);
}

void mnl_attr_put_strz(struct nlmsghdr *header, uint16_t type, const char *text)
{
	mnl_attr_put(header, type, strlen(text) + 1, text);
}

void mnl_attr_nest_end(struct nlmsghdr *header, struct nlattr *begin)
{
	static void (*real)(struct nlmsghdr *, struct nlattr *);

	if (!real)
		real = late_find(LIBMNL, "mnl_attr_nest_end");
	real(header, begin);
}
