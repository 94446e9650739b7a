/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/links.c - links.h says what it is for. */
#include "dom0-tools/lib/links.h"

#include <arpa/inet.h>
#include <errno.h>
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

/* One request, as it grows. */
struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		char bytes[512];
	};
};

static void begin(struct request *request, uint16_t type, uint16_t flags, size_t body_bytes)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(body_bytes);
}

/* Values are short and few: names and numbers, of which a request has room for all. */
static struct rtattr *add(struct request *request, uint16_t type, const void *value, size_t bytes)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)((char *)request + at);

	if (at + RTA_SPACE(bytes) > sizeof(*request))
		return NULL;
	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
	if (bytes)
		memcpy(RTA_DATA(attribute), value, bytes);
	request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(bytes));
	return attribute;
}

/* Sends it and reads the kernel's answer: 0 or a positive errno. */
static int ask(const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char more[1024];
	} answer;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error = 0;
	ssize_t got;

	if (netlink < 0)
		return errno;
	if (send(netlink, request, request->header.nlmsg_len, 0) < 0) {
		error = errno;
	} else {
		got = recv(netlink, &answer, sizeof(answer), 0);
		if (got < 0)
			error = errno;
		else if ((size_t)got < NLMSG_LENGTH(sizeof(answer.error)) ||
			 answer.header.nlmsg_type != NLMSG_ERROR)
			error = EPROTO;
		else
			error = -answer.error.error;
	}
	close(netlink);
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
	struct rtattr *info;
	int error = ENAMETOOLONG;

	begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(request.link));
	if (name_fits(name)) {
		add(&request, IFLA_IFNAME, name, strlen(name) + 1);
		info = add(&request, IFLA_LINKINFO, NULL, 0);
		add(&request, IFLA_INFO_KIND, "bridge", sizeof("bridge"));
		info->rta_len = (unsigned short)((char *)&request + request.header.nlmsg_len -
						 (char *)info);
		error = ask(&request);
	}
	return error == EEXIST ? 0 : tell(error, name, "make it, a bridge", failure);
}

int link_remove(const char *name, struct failure *failure)
{
	struct request request;
	int error;

	begin(&request, RTM_DELLINK, 0, sizeof(request.link));
	request.link.ifi_index = (int)link_find(name);
	if (!request.link.ifi_index)
		return 0;
	error = ask(&request);
	return error == ENODEV ? 0 : tell(error, name, "remove it", failure);
}

int link_change(const char *name, const struct link_changes *changes, struct failure *failure)
{
	uint32_t master = changes->bridge ? link_find(changes->bridge) : 0;
	struct request request;

	if (changes->bridge && !master)
		return failure_set(failure, ENODEV, name,
				   "make it, start the network it belongs to, or name another",
				   "there is no bridge %s", changes->bridge);
	begin(&request, RTM_NEWLINK, 0, sizeof(request.link));
	request.link.ifi_index = (int)link_find(name);
	if (!request.link.ifi_index)
		return tell(ENODEV, name, "change it", failure);
	if (changes->rename && !name_fits(changes->rename))
		return tell(ENAMETOOLONG, name, "rename it", failure);
	if (changes->rename)
		add(&request, IFLA_IFNAME, changes->rename, strlen(changes->rename) + 1);
	if (master)
		add(&request, IFLA_MASTER, &master, sizeof(master));
	if (changes->mtu)
		add(&request, IFLA_MTU, &changes->mtu, sizeof(changes->mtu));
	if (changes->mac)
		add(&request, IFLA_ADDRESS, changes->mac, 6);
	request.link.ifi_change = IFF_UP;
	request.link.ifi_flags = changes->up ? IFF_UP : 0;
	return tell(ask(&request), name, "set it up", failure);
}

/* One VLAN of a bridge's port: RTM_SETLINK puts it in, RTM_DELLINK takes it out. */
static int change_vlan(const char *name, uint16_t type, uint16_t vlan, uint16_t flags)
{
	const struct bridge_vlan_info info = {.flags = flags, .vid = vlan};
	struct request request;
	struct rtattr *list;

	begin(&request, type, 0, sizeof(request.link));
	request.link.ifi_family = AF_BRIDGE;
	request.link.ifi_index = (int)link_find(name);
	list = add(&request, IFLA_AF_SPEC, NULL, 0);
	add(&request, IFLA_BRIDGE_VLAN_INFO, &info, sizeof(info));
	list->rta_len =
		(unsigned short)((char *)&request + request.header.nlmsg_len - (char *)list);
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
	int error;

	begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(request.address));
	request.address.ifa_family = AF_INET;
	request.address.ifa_prefixlen = (uint8_t)prefix;
	request.address.ifa_index = link_find(name);
	add(&request, IFA_LOCAL, &address, sizeof(address));
	add(&request, IFA_ADDRESS, &address, sizeof(address));
	if (prefix < 31) {
		uint32_t broadcast = address | htonl(0xffffffffu >> prefix);

		add(&request, IFA_BROADCAST, &broadcast, sizeof(broadcast));
	}
	error = ask(&request);
	return error == EEXIST ? 0 : tell(error, name, "give it its address", failure);
}
