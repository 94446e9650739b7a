/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/links.c - links.h says what it is for. */
#include "dom0-tools/lib/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned int link_find(const char *name)
{
	return if_nametoindex(name);
}

/* Room for a request: its attributes are names and numbers, short and few. */
#define REQUEST_BYTES 512
#define ANSWER_BYTES  4096 /* an error, and the request it is about */

struct request {
	_Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
	struct nlmsghdr *header; /* in it */
};

/* Begins one; returns its body, of zeros. */
static void *begin(struct request *request, uint16_t type, uint16_t flags, size_t body_bytes)
{
	request->header = mnl_nlmsg_put_header(request->room);
	request->header->nlmsg_type = type;
	request->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return mnl_nlmsg_put_extra_header(request->header, body_bytes);
}

/* Sends it and reads the kernel's answer: 0 or a positive errno. */
static int ask(const struct request *request)
{
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char answer[ANSWER_BYTES];
	int error = 0, answered;
	ssize_t got;

	if (!netlink)
		return errno;
	got = mnl_socket_sendto(netlink, request->header, request->header->nlmsg_len);
	if (got >= 0)
		got = mnl_socket_recvfrom(netlink, answer, sizeof(answer));
	if (got < 0) {
		error = errno;
	} else {
		answered = mnl_cb_run(answer, (size_t)got, 0, 0, NULL, NULL);
		/* Anything but an acknowledgement or an error is none of our business. */
		error = answered < 0 ? errno : answered == MNL_CB_STOP ? 0 : EPROTO;
	}
	mnl_socket_close(netlink);
	return error;
}

static int tell(int error, const char *name, const char *what, struct failure *failure)
{
	char object[64];

	if (!error)
		return 0;
	snprintf(object, sizeof(object), "network interface %.32s", name);
	return failure_set(failure, error, object,
			   error == EPERM	 ? "run this as root"
			   : error == EOPNOTSUPP ? "load the kernel's module `bridge`"
						 : NULL,
			   "cannot %s: %s", what, strerror(error));
}

static bool name_fits(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ;
}

int link_make_bridge(const char *name, struct failure *failure)
{
	struct request request;
	struct nlattr *info;
	int error;

	if (!name_fits(name))
		return tell(ENAMETOOLONG, name, "make it, a bridge", failure);
	begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(request.header, IFLA_LINKINFO);
	mnl_attr_put_strz(request.header, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(request.header, info);
	error = ask(&request);
	return error == EEXIST ? 0 : tell(error, name, "make it, a bridge", failure);
}

int link_remove(const char *name, struct failure *failure)
{
	struct request request;
	struct ifinfomsg *link = begin(&request, RTM_DELLINK, 0, sizeof(*link));
	int error;

	link->ifi_index = (int)link_find(name);
	if (!link->ifi_index)
		return 0;
	error = ask(&request);
	return error == ENODEV ? 0 : tell(error, name, "remove it", failure);
}

int link_change(const char *name, const struct link_changes *changes, struct failure *failure)
{
	uint32_t master = changes->bridge ? link_find(changes->bridge) : 0;
	struct request request;
	struct ifinfomsg *link = begin(&request, RTM_NEWLINK, 0, sizeof(*link));

	if (changes->bridge && !master)
		return failure_set(failure, ENODEV, name,
				   "make it, start the network it belongs to, or name another",
				   "there is no bridge %s", changes->bridge);
	link->ifi_index = (int)link_find(name);
	if (!link->ifi_index)
		return tell(ENODEV, name, "change it", failure);
	if (changes->rename && !name_fits(changes->rename))
		return tell(ENAMETOOLONG, name, "rename it", failure);
	if (changes->rename)
		mnl_attr_put_strz(request.header, IFLA_IFNAME, changes->rename);
	if (master)
		mnl_attr_put_u32(request.header, IFLA_MASTER, master);
	if (changes->mtu)
		mnl_attr_put_u32(request.header, IFLA_MTU, changes->mtu);
	if (changes->mac)
		mnl_attr_put(request.header, IFLA_ADDRESS, 6, changes->mac);
	link->ifi_change = IFF_UP;
	link->ifi_flags = changes->up ? IFF_UP : 0;
	return tell(ask(&request), name, "set it up", failure);
}

/* One VLAN of a bridge's port: RTM_SETLINK puts it in, RTM_DELLINK takes it out. */
static int change_vlan(const char *name, uint16_t type, uint16_t vlan, uint16_t flags)
{
	const struct bridge_vlan_info info = {.flags = flags, .vid = vlan};
	struct request request;
	struct ifinfomsg *link = begin(&request, type, 0, sizeof(*link));
	struct nlattr *list;

	link->ifi_family = AF_BRIDGE;
	link->ifi_index = (int)link_find(name);
	list = mnl_attr_nest_start(request.header, IFLA_AF_SPEC);
	mnl_attr_put(request.header, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
	mnl_attr_nest_end(request.header, list);
	return ask(&request);
}

int link_set_vlan(const char *name, uint16_t vlan, struct failure *failure)
{
	const uint16_t of_all = 1; /* what a port is in to begin with */
	int error = change_vlan(name, RTM_SETLINK, vlan,
				BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);

	if (!error && vlan != of_all)
		error = change_vlan(name, RTM_DELLINK, of_all, 0);
	return tell(error == ENOENT ? 0 : error, name, "put it into its VLAN", failure);
}

int link_add_address(const char *name, uint32_t address, unsigned int prefix,
		     struct failure *failure)
{
	struct request request;
	struct ifaddrmsg *body =
		begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*body));
	int error;

	body->ifa_family = AF_INET;
	body->ifa_prefixlen = (uint8_t)prefix;
	body->ifa_index = link_find(name);
	mnl_attr_put_u32(request.header, IFA_LOCAL, address);
	mnl_attr_put_u32(request.header, IFA_ADDRESS, address);
	if (prefix < 31)
		mnl_attr_put_u32(request.header, IFA_BROADCAST,
				 address | htonl(0xffffffffu >> prefix));
	error = ask(&request);
	return error == EEXIST ? 0 : tell(error, name, "give it its address", failure);
}
