/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/backends.c - backends.h says what it is for. */
#include "dom0-tools/ensod/backends.h"
#include "dom0-tools/builder/present.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "dom0-tools/builder/attach.h"
#include "dom0-tools/ensod/backend_past.h"
#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/spawn.h"

/* A process whose nodes are gone ends by itself, or is ended. */
#define ORPHAN_MS 2000
#define AGAIN_MS  20
#define LOOK_MS	  1000 /* when the store could not be asked */

struct backend {
	struct device device;
	pid_t pid;   /* 0: none runs                                  */
	int process; /* its pidfd                                     */
	struct backend_past past;
	uint64_t orphan_ms; /* since when its nodes are gone; 0: they are there */
	bool seen;	    /* in the present look                               */
};

struct backends {
	int ends; /* an epoll of all processes */
	struct backend *all;
	size_t count, room;
	bool hint;
};

/* "disk 51712 of domain 7" */
static const char *label(const struct device *device)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s %u of domain %u",
		 device->class == DEVICE_DISK ? "disk" : "network", device->number, device->domid);
	return text;
}

struct backends *backends_new(void)
{
	struct backends *backends = calloc(1, sizeof(*backends));

	if (!backends)
		return NULL;
	if (mkdir(BACKENDS_FOLDER, 0700) != 0 && errno != EEXIST)
		log_line(LOG_LEVEL_WARNING, BACKENDS_FOLDER ": %s", strerror(errno));
	backends->hint = true;
	backends->ends = epoll_create1(EPOLL_CLOEXEC);
	if (backends->ends >= 0)
		return backends;
	free(backends);
	return NULL;
}

void backends_free(struct backends *backends)
{
	if (!backends)
		return;
	for (size_t i = 0; i < backends->count; i++)
		if (backends->all[i].pid)
			close(backends->all[i].process);
	close(backends->ends);
	free(backends->all);
	free(backends);
}

int backends_descriptor(const struct backends *backends)
{
	return backends->ends;
}

static void folder_path(char path[DEVICE_PATH], enum device_class class)
{
	snprintf(path, DEVICE_PATH, "/local/domain/0/backend/%s",
		 device_backend_folder(class, false));
}

int backends_watch(struct store *store, struct failure *failure)
{
	int result = 0;

	for (int class = 0; !result && class < DEVICE_CLASSES; class ++) {
		char path[DEVICE_PATH];

		folder_path(path, class);
		result = store_watch(store, path, "ensod", failure);
	}
	return result;
}

/* A device that comes or goes, and its two nodes that say how it is; no others. */
void backends_hint(struct backends *backends, const char *path)
{
	for (int class = 0; class < DEVICE_CLASSES; class ++) {
		char folder[DEVICE_PATH];
		const char *rest, *node;
		int slashes = 0;

		folder_path(folder, class);
		if (strncmp(path, folder, strlen(folder)) != 0)
			continue;
		rest = path + strlen(folder);
		for (const char *at = rest; *at; at++)
			slashes += *at == '/';
		node = strrchr(rest, '/');
		if (slashes < 3 || !strcmp(node, "/online") || !strcmp(node, "/state"))
			backends->hint = true;
	}
}

/* ---- processes ------------------------------------------------------------------- */

static void watch_process(struct backends *backends, struct backend *backend, pid_t pid)
{
	struct epoll_event event = {.events = EPOLLIN};

	backend->process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (backend->process < 0)
		return;
	backend->pid = pid;
	if (epoll_ctl(backends->ends, EPOLL_CTL_ADD, backend->process, &event) != 0)
		log_line(LOG_LEVEL_ERROR, "%s: its backend's end will go unnoticed: %s",
			 label(&backend->device), strerror(errno));
}

/* Says in the store why the device cannot be served, for whoever waits for it. */
static void refuse_device(struct store *store, const struct device *device, const char *why)
{
	char path[DEVICE_PATH];

	device_back_path(path, device);
	if (store_write_below(store, path, "enso-error", NULL, "%s", why))
		return;
	(void)!store_write_below(store, path, "state", NULL, "%d", XenbusStateClosed);
}

static void start(struct backends *backends, struct store *store, struct backend *backend,
		  uint64_t now_ms)
{
	const char *found = device_program(backend->device.class);
	/* One that is not there cannot be started, which is then told. */
	const char *program = found				     ? found
			      : backend->device.class == DEVICE_DISK ? "/usr/lib/enso/enso-blkback"
								     : "/usr/lib/enso/enso-netback";
	char domid[12], number[12], why[256];
	char *const words[] = {(char *)program, domid, number, NULL};
	pid_t pid;
	int error;

	snprintf(domid, sizeof(domid), "%u", backend->device.domid);
	snprintf(number, sizeof(number), "%u", backend->device.number);
	error = spawn_program(program, words, &pid);
	backend_past_started(&backend->past, now_ms);
	if (!error) {
		watch_process(backends, backend, pid);
		return;
	}
	snprintf(why, sizeof(why),
		 "%s cannot be started: %s; install it, or give the device <driver name='%s'>",
		 program, strerror(error), backend->device.class == DEVICE_DISK ? "phy" : "kernel");
	log_line(LOG_LEVEL_ERROR, "%s: %s", label(&backend->device), why);
	backend->past.failed = true;
	refuse_device(store, &backend->device, why);
}

/* How it ended: of a process that was not started by us nobody can say. */
static enum backend_end reap(const struct backend *backend)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)backend->process, &info, WEXITED | WNOHANG) != 0)
		return BACKEND_END_DIED;
	return backend_end_of(info.si_code == CLD_EXITED, info.si_status);
}

static void tell_end(const struct backend *backend, enum backend_end end, uint64_t now_ms)
{
	uint64_t pause_ms = backend->past.due_ms - now_ms;

	if (end == BACKEND_END_FAILED)
		log_line(LOG_LEVEL_ERROR,
			 "%s: its backend cannot serve it; see enso-error in the store",
			 label(&backend->device));
	else if (end == BACKEND_END_DIED)
		log_line(LOG_LEVEL_WARNING, "%s: its backend, process %d, died; started again%s",
			 label(&backend->device), backend->pid, pause_ms ? " after a pause" : "");
}

static void look_at_process(struct backends *backends, struct backend *backend, uint64_t now_ms)
{
	struct pollfd ended = {.fd = backend->process, .events = POLLIN};
	struct epoll_event event;
	enum backend_end end;

	if (!backend->pid || poll(&ended, 1, 0) != 1)
		return;
	end = reap(backend);
	/* It found that another serves the device already: one we shall find, too. */
	if (end == BACKEND_END_FAILED && device_backend_process(&backend->device))
		end = BACKEND_END_DIED;
	backend_past_ended(&backend->past, end, now_ms);
	if (!backend->orphan_ms)
		tell_end(backend, end, now_ms);
	epoll_ctl(backends->ends, EPOLL_CTL_DEL, backend->process, &event);
	close(backend->process);
	backend->pid = 0;
	backends->hint = true;
}

/* ---- devices --------------------------------------------------------------------- */

static struct backend *find_or_add(struct backends *backends, const struct device *device)
{
	struct backend *backend;

	for (size_t i = 0; i < backends->count; i++) {
		backend = &backends->all[i];
		if (backend->device.class == device->class &&
		    backend->device.domid == device->domid &&
		    backend->device.number == device->number)
			return backend;
	}
	if (backends->count == backends->room) {
		size_t room = backends->room + 32;
		void *more = realloc(backends->all, room * sizeof(*backend));

		if (!more)
			return NULL;
		backends->all = more;
		backends->room = room;
	}
	backend = &backends->all[backends->count++];
	*backend = (struct backend){.device = *device};
	return backend;
}

/* Closed and not wanted any more, as one look: somebody may attach another just now. */
static int remove_closed(struct store *store, store_transaction_t transaction, void *context,
			 struct failure *failure)
{
	const struct device *device = context;
	char path[DEVICE_PATH];
	uint64_t online, state;

	device_back_path(path, device);
	if (store_read_number(store, transaction, &online, NULL, "%s/online", path) ||
	    store_read_number(store, transaction, &state, NULL, "%s/state", path) || online ||
	    state != XenbusStateClosed)
		return 1;
	if (store_remove(store, transaction, failure, "%s", path))
		return 1;
	device_front_path(path, device);
	return store_remove(store, transaction, failure, "%s", path);
}

static void look_at_device(struct backends *backends, struct store *store,
			   const struct device *device, uint64_t now_ms, uint64_t *wake_ms)
{
	uint64_t online = 0, state = 0;
	struct backend *backend;
	char path[DEVICE_PATH];
	pid_t pid;

	device_back_path(path, device);
	if (store_read_number(store, STORE_NOW, &online, NULL, "%s/online", path) ||
	    store_read_number(store, STORE_NOW, &state, NULL, "%s/state", path))
		return;
	backend = find_or_add(backends, device);
	if (!backend) {
		log_line(LOG_LEVEL_ERROR, "out of memory: %s is not served", label(device));
		return;
	}
	backend->seen = true;
	backend->orphan_ms = 0;
	/* Others of its number have failed, this one is new. */
	if (backend->past.failed && state == XenbusStateInitialising)
		backend->past = (struct backend_past){0};
	if (backend->pid)
		return;
	pid = device_backend_process(device);
	if (pid) {
		watch_process(backends, backend, pid);
		/* It ended just now, and its lock is about to: once more in a moment. */
		if (!backend->pid) {
			backends->hint = true;
			if (!*wake_ms || now_ms + AGAIN_MS < *wake_ms)
				*wake_ms = now_ms + AGAIN_MS;
		}
		return;
	}
	if (!online) {
		if (state == XenbusStateClosed &&
		    store_transact(store, remove_closed, (void *)device, NULL) == 0) {
			device_lock_path(path, device);
			(void)!unlink(path);
		}
		return;
	}
	if (backend->past.failed || state == XenbusStateClosed)
		return;
	if (now_ms >= backend->past.due_ms)
		start(backends, store, backend, now_ms);
	else if (!*wake_ms || backend->past.due_ms < *wake_ms)
		*wake_ms = backend->past.due_ms;
}

/* What is not in the store any more: forgotten when its process has ended, too. */
static void look_at_orphans(struct backends *backends, uint64_t now_ms, uint64_t *wake_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < backends->count; i++) {
		struct backend *backend = &backends->all[i];

		if (!backend->seen && !backend->pid)
			continue;
		if (!backend->seen) {
			if (!backend->orphan_ms)
				backend->orphan_ms = now_ms;
			if (now_ms - backend->orphan_ms >= ORPHAN_MS)
				(void)!syscall(SYS_pidfd_send_signal, backend->process, SIGKILL,
					       NULL, 0);
			if (!*wake_ms || now_ms + LOOK_MS < *wake_ms)
				*wake_ms = now_ms + LOOK_MS;
			backends->hint = true;
		}
		backends->all[kept++] = *backend;
	}
	backends->count = kept;
}

void backends_look(struct backends *backends, struct store *store, uint64_t now_ms,
		   uint64_t *wake_ms)
{
	struct device *devices;
	size_t count;

	*wake_ms = 0;
	for (size_t i = 0; i < backends->count; i++) {
		look_at_process(backends, &backends->all[i], now_ms);
		backends->all[i].seen = false;
		/* One that waits for its time is looked at whoever woke us. */
		backends->hint |= !backends->all[i].pid && backends->all[i].past.due_ms != 0 &&
				  !backends->all[i].past.failed;
	}
	if (!backends->hint || !store)
		return;
	backends->hint = false;
	if (devices_list(store, DEVICES_OF_ALL, &devices, &count, NULL)) {
		backends->hint = true;
		*wake_ms = now_ms + LOOK_MS;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!devices[i].by_kernel)
			look_at_device(backends, store, &devices[i], now_ms, wake_ms);
	free(devices);
	look_at_orphans(backends, now_ms, wake_ms);
}
