/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/domains.c - domains.h says what it is for. */
#include "dom0-tools/stored/domains.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <xencall.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

#define LIST_MOST 256 /* domains asked for at once */
#define CPUS_MOST 256 /* CPUs asked for             */

static xencall_handle *hypervisor;

void domains_open(struct daemon *daemon)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &daemon->events};
	int port;

	hypervisor = xencall_open(NULL, 0);
	daemon->gnttab = xengnttab_open(NULL, 0);
	daemon->foreign = xenforeignmemory_open(NULL, 0);
	daemon->evtchn = xenevtchn_open(NULL, 0);
	if (!daemon->evtchn) {
		daemon_log("warning", "event channels: %s; only programs of this domain are served",
			   strerror(errno));
		return;
	}
	daemon->events = (struct source){.kind = SOURCE_EVENTS, .fd = xenevtchn_fd(daemon->evtchn)};
	fcntl(daemon->events.fd, F_SETFL, fcntl(daemon->events.fd, F_GETFL) | O_NONBLOCK);
	epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, daemon->events.fd, &event);
	port = xenevtchn_bind_virq(daemon->evtchn, VIRQ_DOM_EXC);
	if (port < 0)
		daemon_log("warning", "VIRQ_DOM_EXC: %s; ends of domains go unnoticed",
			   strerror(errno));
	else
		daemon->domain_virq = (evtchn_port_t)port;
}

/* Domains from `first` on, in order; how many, or a negative errno. */
static int list_domains(uint16_t first, xen_domctl_getdomaininfo_t *list)
{
	struct xen_sysctl *sysctl = xencall_alloc_buffer(hypervisor, sizeof(*sysctl));
	int count = -ENOMEM;

	if (!sysctl)
		return count;
	memset(sysctl, 0, sizeof(*sysctl));
	sysctl->cmd = XEN_SYSCTL_getdomaininfolist;
	sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	sysctl->u.getdomaininfolist.first_domain = first;
	sysctl->u.getdomaininfolist.max_domains = LIST_MOST;
	set_xen_guest_handle(sysctl->u.getdomaininfolist.buffer, list);
	if (xencall1(hypervisor, __HYPERVISOR_sysctl, (uintptr_t)sysctl) < 0)
		count = -errno;
	else
		count = (int)sysctl->u.getdomaininfolist.num_domains;
	xencall_free_buffer(hypervisor, sysctl);
	return count;
}

enum fate { FATE_GONE, FATE_SHUT_DOWN, FATE_RUNS };

static enum fate fate_of(const xen_domctl_getdomaininfo_t *info)
{
	if (info->flags & XEN_DOMINF_dying)
		return FATE_GONE;
	return info->flags & XEN_DOMINF_shutdown ? FATE_SHUT_DOWN : FATE_RUNS;
}

/* fates[domid] of every domain there is; -errno: it cannot be known. */
static int read_fates(uint8_t *fates)
{
	xen_domctl_getdomaininfo_t *list;
	uint32_t first = 0;
	int count;

	list = xencall_alloc_buffer(hypervisor, LIST_MOST * sizeof(*list));
	if (!list)
		return -ENOMEM;
	memset(fates, FATE_GONE, DOMID_FIRST_RESERVED);
	do {
		count = list_domains((uint16_t)first, list);
		for (int i = 0; i < count; i++) {
			if (list[i].domain < DOMID_FIRST_RESERVED)
				fates[list[i].domain] = (uint8_t)fate_of(&list[i]);
			first = list[i].domain + 1u;
		}
	} while (count == LIST_MOST && first < DOMID_FIRST_RESERVED);
	xencall_free_buffer(hypervisor, list);
	return count < 0 ? count : 0;
}

void domains_look(struct daemon *daemon)
{
	static uint8_t fates[DOMID_FIRST_RESERVED];
	struct store *store = &daemon->store;
	int error = hypervisor ? read_fates(fates) : -ENODEV;

	if (error) {
		daemon_log("warning", "list of domains: %s; their ends go unnoticed",
			   strerror(-error));
		return;
	}
	for (struct account *account = store->accounts.all; account; account = account->next) {
		enum fate fate = (enum fate)fates[account->domid & 0x7fff];

		if (!account->domid || account->domid >= DOMID_FIRST_RESERVED ||
		    (!account->introduced && !account->owned))
			continue;
		if (fate == FATE_GONE) {
			store_domain_gone(store, account);
		} else if (fate == FATE_SHUT_DOWN && account->introduced && !account->shut_down) {
			account->shut_down = true;
			record_add(&store->record, &(struct journal_item){
							   .kind = ITEM_SHUT_DOWN,
							   .domid = account->domid,
							   .port = 1,
						   });
			store_fire_special(store, "@releaseDomain");
		}
	}
}

uint64_t domains_idle_ns(void)
{
	struct xen_sysctl *sysctl;
	xen_sysctl_cpuinfo_t *list;
	uint64_t sum = 0;

	if (!hypervisor)
		return 0;
	sysctl = xencall_alloc_buffer(hypervisor, sizeof(*sysctl));
	list = xencall_alloc_buffer(hypervisor, CPUS_MOST * sizeof(*list));
	if (sysctl && list) {
		memset(sysctl, 0, sizeof(*sysctl));
		sysctl->cmd = XEN_SYSCTL_getcpuinfo;
		sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		sysctl->u.getcpuinfo.max_cpus = CPUS_MOST;
		set_xen_guest_handle(sysctl->u.getcpuinfo.info, list);
		if (xencall1(hypervisor, __HYPERVISOR_sysctl, (uintptr_t)sysctl) >= 0) {
			for (uint32_t i = 0; i < sysctl->u.getcpuinfo.nr_cpus && i < CPUS_MOST; i++)
				sum += list[i].idletime;
		}
	}
	xencall_free_buffer(hypervisor, list);
	xencall_free_buffer(hypervisor, sysctl);
	return sum;
}

static int introduce(struct store *store, struct account *account)
{
	return link_ring_attach(daemon_of(store), account, false);
}

static void release(struct store *store, struct account *account)
{
	struct daemon *daemon = daemon_of(store);

	if (account->connection->link)
		link_ring_detach(daemon, account->connection->link);
	link_destroy(daemon, account->connection);
	account->connection = NULL;
	record_add(&store->record,
		   &(struct journal_item){.kind = ITEM_RELEASE, .domid = account->domid});
}

static size_t describe(struct store *store, char *text, size_t room)
{
	const struct daemon *daemon = daemon_of(store);
	int length = snprintf(
		text, room,
		"journal: %s\njournal-bytes: %zu\njournal-snapshot: %zu\n"
		"journal-rotations: %llu\njournal-full: %s\n",
		daemon->journal.path, daemon->journal.length, daemon->journal.snapshot,
		(unsigned long long)daemon->journal.rotations, daemon->journal_full ? "yes" : "no");

	return (size_t)length < room ? (size_t)length : room - 1;
}

static bool has_room(struct store *store)
{
	return link_journal_room(daemon_of(store));
}

const struct store_ports domain_ports = {introduce, release, describe, has_room};

/* The port domain 0's kernel waits at; 0: it does not tell. */
static uint32_t own_port(void)
{
	char text[16] = "";
	int file = open("/proc/xen/xsd_port", O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return 0;
	if (read(file, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	close(file);
	return (uint32_t)strtoul(text, NULL, 10);
}

static void attach_domain0(struct daemon *daemon)
{
	struct account *account = account_get(&daemon->store.accounts, 0);
	uint32_t port = own_port();
	int error;

	if (!account || !port || !daemon->evtchn) {
		daemon_log("warning",
			   "/proc/xen/xsd_port: nothing there; this domain's kernel is not "
			   "served, mount xenfs on /proc/xen");
		if (account && account->connection)
			link_destroy(daemon, account->connection);
		if (account) {
			account->connection = NULL;
			account->introduced = false;
		}
		return;
	}
	account->port = port;
	error = link_ring_attach(daemon, account, account->connection != NULL);
	account->introduced = !error;
	if (error)
		daemon_log("error", "ring of this domain's kernel: %s", strerror(-error));
}

void domains_attach_all(struct daemon *daemon)
{
	struct store *store = &daemon->store;

	attach_domain0(daemon);
	for (struct account *account = store->accounts.all; account; account = account->next) {
		int error;

		if (!account->domid || !account->introduced)
			continue;
		error = link_ring_attach(daemon, account, true);
		if (error) {
			daemon_log("notice", "domain %u: its ring is gone: %s", account->domid,
				   strerror(-error));
			account->connection = NULL;
			store_domain_gone(store, account);
		}
	}
	/* Watchers cannot know what they have missed. */
	for (struct account *account = store->accounts.all; account; account = account->next) {
		struct watch *watch =
			account->connection ? account->connection->watches.first : NULL;

		for (; watch; watch = watch->next)
			watch_fire_one(&store->watches, watch);
	}
}
