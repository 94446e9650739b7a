/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/detach.c - devices going.  A guest's device goes in the order
 * that Linux' drivers ask for: dom0 says `online` 0 and state Closing, the frontend
 * closes, the backend closes, the nodes go.  Of a guest that runs no more there is
 * no frontend to wait for.
 */
#include "dom0-tools/builder/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "dom0-tools/builder/present.h"
#include "dom0-tools/lib/domain.h"
#include "dom0-tools/lib/store_batch.h"
#include "dom0-tools/lib/text.h"
#include "dom0-tools/lib/timing.h"

/* A backend whose guest is gone has nothing to wait for. */
#define BACKEND_END_MS 1000
/* One that was killed has ended when the kernel has taken it apart, and waited for what was
 * under way on a medium that may be slow. */
#define KILLED_MS 30000
/* What Linux does with its last piece of a device takes milliseconds; others may never do it. */
#define LET_GO_MS   2000
#define LOOK_MS	    20
#define WATCH_TOKEN "enso-detach"

/* ---- the end of a backend --------------------------------------------------------- */

pid_t device_backend_process(const struct device *device)
{
	char path[DEVICE_PATH], text[24] = "";
	uint64_t pid = 0;
	int file;

	device_lock_path(path, device);
	file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return 0;
	if (flock(file, LOCK_SH | LOCK_NB) != 0 && read(file, text, sizeof(text) - 1) > 0) {
		text[strcspn(text, "\n")] = 0;
		if (!text_parse_number(text, 2, INT32_MAX, &pid))
			pid = 0;
	}
	close(file);
	return (pid_t)pid;
}

static bool has_ended(int process, int timeout_ms)
{
	struct pollfd ready = {.fd = process, .events = POLLIN};

	return poll(&ready, 1, timeout_ms) == 1;
}

/* An image's daemon has the lock of its backend, which it outlives by a moment. */
static bool lock_is_free(const struct device *device)
{
	uint64_t end_ns = timing_now_ns() + KILLED_MS * 1000000ull;

	while (device_backend_process(device)) {
		if (timing_now_ns() >= end_ns)
			return false;
		usleep(LOOK_MS * 1000 / 4);
	}
	return true;
}

/* Waits for the backend's process, kills it when it takes too long, removes its lock. */
static int end_backend(const struct device *device, struct failure *failure)
{
	pid_t pid = device_backend_process(device);
	char path[DEVICE_PATH];
	bool ended = true;
	int process;

	process = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	/* Its number may have become another's: it counts only while the lock is its own. */
	if (process >= 0 && !has_ended(process, BACKEND_END_MS) &&
	    device_backend_process(device) == pid) {
		(void)!syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
		ended = has_ended(process, KILLED_MS);
	}
	if (process >= 0)
		close(process);
	device_lock_path(path, device);
	if (!ended || !lock_is_free(device))
		return failure_set(failure, EBUSY, path, "see what the kernel logs",
				   "the backend, process %d, cannot be killed", pid);
	(void)!unlink(path);
	return 0;
}

static void remove_nodes(struct store_batch *batch, const struct device *device)
{
	char path[DEVICE_PATH];

	device_front_path(path, device);
	store_batch_remove(batch, path);
	device_back_path(path, device);
	store_batch_remove(batch, path);
	snprintf(path, sizeof(path), "/local/domain/0/error/backend/%s/%u/%u",
		 device_backend_folder(device->class, true), device->domid, device->number);
	store_batch_remove(batch, path);
}

/* The guest's folder among the backends, when it was the last. */
static void remove_folder(struct store *store, const struct device *device)
{
	char path[DEVICE_PATH];
	uint64_t *numbers;
	size_t count;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
		 device_backend_folder(device->class, device->by_kernel), device->domid);
	if (device_list_numbers(store, path, UINT32_MAX, &numbers, &count, NULL))
		return;
	free(numbers);
	if (!count)
		(void)!store_remove(store, STORE_NOW, NULL, "%s", path);
}

/* Says that the device goes: no backend is started for it any more. */
static int put_offline(struct store_batch *batch, const struct device *device, bool close)
{
	char path[DEVICE_PATH], node[DEVICE_PATH + 16];

	device_back_path(path, device);
	snprintf(node, sizeof(node), "%s/online", path);
	store_batch_write(batch, node, "0");
	snprintf(node, sizeof(node), "%s/state", path);
	if (close)
		store_batch_write(batch, node, "%d", XenbusStateClosing);
	return 0;
}

/* The frontend's nodes gone, a backend has nobody left to serve. */
static int part(struct store *store, const struct device *devices, size_t count,
		struct failure *failure)
{
	struct store_batch *batch = store_batch_new();
	char path[DEVICE_PATH];
	int result;

	for (size_t i = 0; i < count; i++) {
		device_front_path(path, &devices[i]);
		put_offline(batch, &devices[i], false);
		store_batch_remove(batch, path);
	}
	result = store_batch_commit(batch, failure);
	store_batch_free(batch);
	if (result)
		return result;
	for (size_t i = 0; !result && i < count; i++)
		if (!devices[i].by_kernel)
			result = end_backend(&devices[i], failure);
	batch = store_batch_new();
	for (size_t i = 0; i < count; i++)
		remove_nodes(batch, &devices[i]);
	if (!result)
		result = store_batch_commit(batch, failure);
	store_batch_free(batch);
	for (size_t i = 0; i < count; i++)
		remove_folder(store, &devices[i]);
	return result;
}

/* The kernel's backend lives as long as its device in /sys. */
static void await_kernel(const struct device *device)
{
	uint64_t end_ns = timing_now_ns() + KILLED_MS * 1000000ull;
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s-%u-%u",
		 device_backend_folder(device->class, true), device->domid, device->number);
	while (access(path, F_OK) == 0 && timing_now_ns() < end_ns)
		usleep(LOOK_MS * 1000 / 4);
}

static int remove_device(struct store *store, const struct device *device, struct failure *failure)
{
	int result = part(store, device, 1, failure);

	if (!result && device->by_kernel)
		await_kernel(device);
	return result;
}

int device_remove(struct store *store, const struct device *device, struct failure *failure)
{
	int result = device_doubt(store, device, failure);

	return result ? result : remove_device(store, device, failure);
}

int devices_remove_all(struct store *store, uint16_t domid, struct failure *failure)
{
	struct device *devices;
	size_t count;
	int result = devices_list(store, domid, &devices, &count, failure);

	if (!result && count)
		result = part(store, devices, count, failure);
	for (size_t i = 0; !result && i < count; i++)
		if (devices[i].by_kernel)
			await_kernel(&devices[i]);
	free(devices);
	return result;
}

/* ---- of a running guest ------------------------------------------------------------- */

/* Waits until the backend has closed: 1, 0 when time is over, or a negative errno. */
static int await_closed(struct store *store, const struct device *device, unsigned int timeout_ms,
			struct failure *failure)
{
	uint64_t end_ns = timing_now_ns() + timeout_ms * 1000000ull;
	char path[DEVICE_PATH];

	device_back_path(path, device);
	for (;;) {
		struct store_event event;
		uint64_t state, now_ns;
		int result = store_read_number(store, STORE_NOW, &state, NULL, "%s/state", path);

		if (result == -ENOENT || (!result && state == XenbusStateClosed))
			return 1;
		if (result)
			return result;
		/* A backend about to connect wrote over what we said: the frontend is told again.
		 */
		if (state < XenbusStateClosing)
			(void)!store_write_below(store, path, "state", NULL, "%d",
						 XenbusStateClosing);
		now_ns = timing_now_ns();
		if (now_ns >= end_ns)
			return 0;
		result = store_next_event(store, (int)((end_ns - now_ns) / 1000000 + 1), &event,
					  failure);
		if (result < 0)
			return result;
		if (result)
			store_event_free(&event);
	}
}

/* A port that the guest's end uses; 0: it has none. */
static uint32_t front_port(struct store *store, const struct device *device)
{
	static const char *const nodes[] = {
		"event-channel",
		"event-channel-tx",
		"queue-0/event-channel",
		"queue-0/event-channel-tx",
	};
	char path[DEVICE_PATH];
	uint64_t port = 0;

	device_front_path(path, device);
	for (size_t i = 0; !port && i < ARRAY_SIZE(nodes); i++)
		if (store_read_number(store, STORE_NOW, &port, NULL, "%s/%s", path, nodes[i]) ||
		    port > UINT32_MAX)
			port = 0;
	return (uint32_t)port;
}

/*
 * The guest has closed, its nodes are gone, and it has yet to see that: a device of the same
 * name, attached now, Linux would take for the old one, and never look at (mended in 2026 for
 * a backend's crash, Linux e2dcf9066553).  With the old one it closes the port that the backend
 * had the other end of.  False: it is not known.
 */
static bool has_let_go(struct hypervisor *hypervisor, const struct device *device, uint32_t port)
{
	uint64_t end_ns = timing_now_ns() + LET_GO_MS * 1000000ull;
	bool waits = port;

	while (waits && timing_now_ns() < end_ns) {
		waits = domain_port_is_unbound(hypervisor, device->domid, port, 0);
		if (waits)
			usleep(LOOK_MS * 1000 / 4);
	}
	return port && !waits;
}

int device_detach(struct hypervisor *hypervisor, struct store *store, const struct device *device,
		  unsigned int timeout_ms, bool force, struct failure *failure)
{
	uint32_t port = front_port(store, device);
	int result = device_doubt(store, device, failure);
	struct store_batch *batch;
	char path[DEVICE_PATH];
	bool closed;

	if (result)
		return result;
	batch = store_batch_new();
	put_offline(batch, device, true);
	device_back_path(path, device);
	result = store_batch_commit(batch, failure);
	store_batch_free(batch);
	if (!result)
		result = store_watch(store, path, WATCH_TOKEN, failure);
	if (result)
		return result;
	result = await_closed(store, device, timeout_ms, failure);
	(void)!store_unwatch(store, path, WATCH_TOKEN, NULL);
	if (result < 0)
		return result;
	closed = result == 1;
	if (!closed && !force)
		return -ETIMEDOUT;
	result = remove_device(store, device, failure);
	if (!result && closed && has_let_go(hypervisor, device, port))
		device_clear_doubt(store, device);
	return result;
}
