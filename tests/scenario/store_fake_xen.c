/* SPDX-License-Identifier: MIT */
/*
 * tests/scenario/store_fake_xen.c - a hypervisor of files, preloaded into a
 * store daemon so that it runs on any Linux with "guests" that are Python.
 *
 * In $FAKE_XEN_DIR: ring.N is the ring page of domain N; `domains` has a line
 * "DOMID FLAGS" for each domain that exists (FLAGS as in getdomaininfo), events
 * reach the daemon as datagrams of one uint32 (its local port) sent to
 * `events`, and it notifies domain N by a datagram to events.N.  With a file `idle`
 * the CPUs do nothing, else it is not known what they do.  Local port 1
 * is VIRQ_DOM_EXC; the port towards domain N is 100 + N.  Debian's xenstored
 * runs on this as well, which makes it the model to compare with.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <xencall.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/xen.h>

#define PORT_VIRQ   1
#define PORT_DOMAIN 100

static int event_socket = -1;

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_XEN_DIR"), name);
	return path;
}

static struct sockaddr_un address_of(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_folder(name));
	return address;
}

/* Event channels. */

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	struct sockaddr_un address = address_of("events");

	(void)logger;
	(void)flags;
	unlink(address.sun_path);
	event_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (event_socket < 0 || bind(event_socket, (struct sockaddr *)&address, sizeof(address)))
		return NULL;
	return (xenevtchn_handle *)&event_socket;
}

int xenevtchn_close(xenevtchn_handle *handle)
{
	(void)handle;
	return close(event_socket);
}

int xenevtchn_fd(xenevtchn_handle *handle)
{
	(void)handle;
	return event_socket;
}

int xenevtchn_notify(xenevtchn_handle *handle, evtchn_port_t port)
{
	char name[32], byte = 0;
	struct sockaddr_un address;

	(void)handle;
	snprintf(name, sizeof(name), "events.%u", port - PORT_DOMAIN);
	address = address_of(name);
	sendto(event_socket, &byte, 1, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof(address));
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *handle, uint32_t domid,
						     evtchn_port_t port)
{
	(void)handle;
	(void)port;
	return PORT_DOMAIN + (int)domid;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *handle, unsigned int virq)
{
	(void)handle;
	(void)virq;
	return PORT_VIRQ;
}

int xenevtchn_unbind(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	(void)port;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *handle)
{
	uint32_t port;

	(void)handle;
	return recv(event_socket, &port, sizeof(port), 0) == sizeof(port) ? (int)port : -1;
}

int xenevtchn_unmask(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	(void)port;
	return 0;
}

/* Ring pages. */

static void *map_ring(uint32_t domid)
{
	char name[32];
	void *page;
	int file;

	snprintf(name, sizeof(name), "ring.%u", domid);
	file = open(in_folder(name), O_RDWR);
	if (file < 0)
		return NULL;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	return page == MAP_FAILED ? NULL : page;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xengnttab_handle *)&event_socket;
}

int xengnttab_close(xengnttab_handle *handle)
{
	(void)handle;
	return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *handle, uint32_t grants)
{
	(void)handle;
	(void)grants;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *handle, uint32_t domid, uint32_t ref, int prot)
{
	(void)handle;
	(void)ref;
	(void)prot;
	return map_ring(domid);
}

int xengnttab_unmap(xengnttab_handle *handle, void *start, uint32_t count)
{
	(void)handle;
	return munmap(start, 4096ul * count);
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	errno = ENOSYS;
	return NULL;
}

/* Domains. */

/* The first domain at or after `first` in the file; -1: there is none. */
static int next_domain(uint32_t first, uint32_t *flags)
{
	FILE *file = fopen(in_folder("domains"), "r");
	int found = -1;
	unsigned int domid, its_flags;

	while (file && fscanf(file, "%u %x", &domid, &its_flags) == 2) {
		if (domid >= first && (found < 0 || domid < (unsigned int)found)) {
			found = (int)domid;
			*flags = its_flags;
		}
	}
	if (file)
		fclose(file);
	return found;
}

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned flags)
{
	(void)logger;
	(void)flags;
	return (xencall_handle *)&event_socket;
}

void *xencall_alloc_buffer(xencall_handle *handle, size_t bytes)
{
	(void)handle;
	return calloc(1, bytes);
}

void xencall_free_buffer(xencall_handle *handle, void *buffer)
{
	(void)handle;
	free(buffer);
}

static int list_domains(struct xen_sysctl_getdomaininfolist *list)
{
	uint32_t first = list->first_domain, flags = 0;
	int domid;

	list->num_domains = 0;
	while (list->num_domains < list->max_domains && (domid = next_domain(first, &flags)) >= 0) {
		xen_domctl_getdomaininfo_t *info = &list->buffer.p[list->num_domains++];

		memset(info, 0, sizeof(*info));
		info->domain = (domid_t)domid;
		info->flags = flags;
		first = (uint32_t)domid + 1;
	}
	return 0;
}

/* With a file "idle" a CPU that never does anything, else none that can be asked. */
static int tell_cpus(struct xen_sysctl_getcpuinfo *cpus)
{
	struct timespec time;

	if (access(in_folder("idle"), F_OK)) {
		errno = ENOSYS;
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &time);
	cpus->nr_cpus = 1;
	cpus->info.p[0].idletime = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
	return 0;
}

int xencall1(xencall_handle *handle, unsigned int op, uint64_t argument)
{
	struct xen_sysctl *sysctl = (void *)argument;
	struct xen_domctl *domctl = (void *)argument;
	uint32_t flags = 0;
	int domid;

	(void)handle;
	if (op == __HYPERVISOR_sysctl && sysctl->cmd == XEN_SYSCTL_getdomaininfolist)
		return list_domains(&sysctl->u.getdomaininfolist);
	if (op == __HYPERVISOR_sysctl && sysctl->cmd == XEN_SYSCTL_getcpuinfo)
		return tell_cpus(&sysctl->u.getcpuinfo);
	if (op != __HYPERVISOR_domctl || domctl->cmd != XEN_DOMCTL_getdomaininfo) {
		errno = ENOSYS;
		return -1;
	}
	domid = next_domain(domctl->domain, &flags);
	if (domid < 0) {
		errno = ESRCH;
		return -1;
	}
	domctl->domain = (domid_t)domid;
	domctl->u.getdomaininfo.domain = (domid_t)domid;
	domctl->u.getdomaininfo.flags = flags;
	return 0;
}

xc_interface *xc_interface_open(struct xentoollog_logger *logger,
				struct xentoollog_logger *builder_logger, unsigned flags)
{
	(void)logger;
	(void)builder_logger;
	(void)flags;
	return (xc_interface *)&event_socket;
}

int xc_interface_close(xc_interface *handle)
{
	(void)handle;
	return 0;
}

int xc_domain_getinfo(xc_interface *handle, uint32_t first, unsigned int most, xc_dominfo_t *info)
{
	uint32_t flags = 0;
	int domid = next_domain(first, &flags);

	(void)handle;
	(void)most;
	if (domid < 0)
		return 0;
	memset(info, 0, sizeof(*info));
	info->domid = (uint32_t)domid;
	info->dying = !!(flags & XEN_DOMINF_dying);
	info->shutdown = !!(flags & XEN_DOMINF_shutdown);
	return 1;
}

/* dom0's own ring is found through two files of /proc/xen. */
static const char *redirected(const char *path)
{
	if (strcmp(path, "/proc/xen/xsd_port") == 0)
		return in_folder("port.0");
	if (strcmp(path, "/proc/xen/xsd_kva") == 0)
		return in_folder("ring.0");
	return path;
}

int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return real(redirected(path), flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
