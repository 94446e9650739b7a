/* SPDX-License-Identifier: MIT */
/*
 * enso-blkback DOMID NUMBER - serves one disk of one guest: a file or a block device of
 * dom0's, or an NBD address.  ensod starts it, and starts it again when it dies: then it goes on
 * with the guest's rings as they are.  docs/adr/block-backend.md
 *
 * It sleeps in the medium's io_uring, where the guest's events and the store's are
 * polled too: one system call begins what is to be done and waits for what is done.
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xen/io/xenbus.h>

#include "pv-drivers/blkback/server.h"

enum tag { TAG_EVENTS = 1, TAG_STORE = 2, TAG_IMAGE = 3 };
_Static_assert(TAG_IMAGE < DISK_TAGS, "addresses of work are not taken for tags");

#define USER  "enso-block"
#define BATCH 32

static int map_memory(struct server *server)
{
	server->memory = device_map_memory(&server->device, sizeof(*server->memory));
	if (!server->memory)
		return -ENOMEM;
	for (uint32_t i = 0; i < QUEUES_MOST; i++) {
		server->queues[i].note = &server->memory->notes[i];
		server->queues[i].port = -1;
	}
	server->disk.flush_failed = &server->memory->flush_failed;
	/* What was written, and not flushed, went with the medium. */
	server->memory->flush_failed |= server->medium_gone;
	return 0;
}

/* Opens what the nodes of the device name; a sentence in `why` if it cannot be. */
static int open_source(struct server *server, const char *source, bool read_only,
		       char why[IMAGE_WHY])
{
	uint32_t sector_bytes = (uint32_t)device_back_number(&server->device, "sector-size", 0);
	char *format = device_back_text(&server->device, "format");
	const struct image_wish wish = {source, format, read_only, server->device.lock};
	int result = 0;

	server->disk.is_image = image_is_needed(source, format);
	if (server->disk.is_image)
		result = image_open(&server->image, &wish, why);
	free(format);
	if (result)
		return result;
	result = disk_open(&server->disk, server->disk.is_image ? server->image.path : source,
			   read_only, sector_bytes);
	if (result)
		snprintf(why, IMAGE_WHY, "%s; check the path, and who may read and write it",
			 strerror(-result));
	return result;
}

/*
 * A medium that went while a front uses it: every request is answered, with an error, as
 * long as there is no other; closing would leave in the ring what the front waits for.
 */
static enum device_exit go_on_without(struct server *server, const char *source, const char *why)
{
	struct pv_device *device = &server->device;

	device_log(device, "disk %s: cannot be opened any more: %s; its requests fail", source,
		   why);
	if (device_write(device, "enso-error", "disk %s: cannot be opened any more: %s", source,
			 why) ||
	    disk_open(&server->disk, "", true, 0))
		return DEVICE_EXIT_AGAIN;
	server->medium_gone = true;
	return DEVICE_EXIT_DONE;
}

/*
 * An image that a front uses already was good: its server may come back, or its old
 * daemon end.  DEVICE_EXIT_DONE: go on.
 */
static enum device_exit tell_unopened(struct server *server, const char *source, const char *why)
{
	struct pv_device *device = &server->device;
	bool is_used = !device_look(device) && device->states.back == XenbusStateConnected;

	if (is_used && !server->disk.is_image)
		return go_on_without(server, source, why);
	if (is_used) {
		device_log(device, "disk %s: cannot be opened: %s", source, why);
		return DEVICE_EXIT_AGAIN;
	}
	device_refuse(device, "disk %s: cannot be opened: %s", source, why);
	return DEVICE_EXIT_REFUSED;
}

static bool is_cdrom(struct pv_device *device)
{
	char *type = device_back_text(device, "device-type");
	bool is = type && !strcmp(type, "cdrom");

	free(type);
	return is;
}

static enum device_exit open_medium(struct server *server)
{
	struct pv_device *device = &server->device;
	char *path = device_back_text(device, "params"), *mode = device_back_text(device, "mode");
	bool read_only = !mode || strcmp(mode, "w") != 0;
	enum device_exit status = DEVICE_EXIT_DONE;
	char why[IMAGE_WHY] = "it has no path";

	if (!path || open_source(server, path, read_only, why))
		status = tell_unopened(server, path ? path : "?", why);
	server->limits = (struct request_limits){
		.sectors = server->disk.sectors,
		.sector_bytes = server->disk.sector_bytes,
		.read_only = read_only,
		.discard = !read_only && device_back_number(device, "discard-enable", 0),
	};
	server->is_cdrom = is_cdrom(device);
	server->requests.rate = device_back_number(device, "iops-limit", 0);
	server->bytes.rate = device_back_number(device, "bytes-per-second-limit", 0);
	server->resizes = device_back_number(device, "resize", 0);
	free(path);
	free(mode);
	return status;
}

static enum device_exit open_all(struct server *server)
{
	static const int calls[] = {SCMP_SYS(io_uring_enter), SCMP_SYS(ftruncate)};
	enum device_exit status = open_medium(server);
	int result;

	if (status != DEVICE_EXIT_DONE)
		return status;
	result = guest_open(&server->guest, server->device.domid);
	if (!result)
		result = map_memory(server);
	if (!result)
		result = queue_make_jobs(server);
	if (!result)
		result = device_drop_privileges(&server->device, USER, calls, ARRAY_SIZE(calls));
	if (!result)
		return DEVICE_EXIT_DONE;
	device_refuse(&server->device, "disk of domain %u: the backend cannot begin: %s",
		      server->device.domid, strerror(-result));
	return DEVICE_EXIT_REFUSED;
}

/* ---- sleeping and waking ----------------------------------------------------------- */

/* If there are more, the descriptor stays readable, and this comes again. */
static void take_guest_event(struct server *server)
{
	int port = guest_next_event(server->guest);

	/* Unmasked before the rings are looked at: what comes later is told again. */
	if (port >= 0)
		guest_unmask(server->guest, port);
	disk_poll(&server->disk, guest_events(server->guest), TAG_EVENTS);
}

/* False: the store has gone; the process ends, and its successor asks the next daemon. */
static bool take_store_events(struct server *server)
{
	int result;

	while ((result = device_next_event(&server->device)) == 1)
		;
	disk_poll(&server->disk, store_descriptor(server->device.store), TAG_STORE);
	return result == 0;
}

/* Hands the work over and waits until something is done, or a limit lets go on. */
static void sleep_until_done(struct server *server)
{
	struct io_uring *queue = &server->disk.queue;
	struct io_uring_cqe *first;
	struct __kernel_timespec pause = {0};
	struct timespec now;
	int64_t left;

	if (!server->wake_ns) {
		(void)!io_uring_submit_and_wait(queue, 1);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(server->wake_ns - (uint64_t)now.tv_sec * 1000000000) - now.tv_nsec;
	server->wake_ns = 0;
	if (left > 0) {
		pause.tv_sec = left / 1000000000;
		pause.tv_nsec = left % 1000000000;
	}
	(void)!io_uring_submit_and_wait_timeout(queue, &first, 1, &pause, NULL);
}

/* Takes what is done.  False: the store has gone, or the medium. */
static bool take_done(struct server *server, bool *look)
{
	struct io_uring_cqe *done[BATCH];
	unsigned int count = io_uring_peek_batch_cqe(&server->disk.queue, done, BATCH);
	bool store = false;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t data = io_uring_cqe_get_data64(done[i]);

		if (data == TAG_EVENTS)
			take_guest_event(server);
		else if (data == TAG_STORE)
			store = true;
		else if (data == TAG_IMAGE)
			server->disk.gone = true;
		else if (data >= DISK_TAGS)
			queue_finish(server, (struct job *)(uintptr_t)data, done[i]->res);
	}
	io_uring_cq_advance(&server->disk.queue, count);
	*look |= store;
	return !server->disk.gone && (!store || take_store_events(server));
}

static bool serve_all(struct server *server)
{
	for (uint32_t i = 0; i < server->queue_count; i++) {
		if (!queue_serve(server, &server->queues[i]))
			return false;
		queue_publish(server, &server->queues[i]);
	}
	return true;
}

static enum device_exit serve(struct server *server)
{
	enum device_exit status;
	bool look = true;

	disk_poll(&server->disk, guest_events(server->guest), TAG_EVENTS);
	disk_poll(&server->disk, store_descriptor(server->device.store), TAG_STORE);
	if (server->disk.is_image)
		disk_poll(&server->disk, server->image.process, TAG_IMAGE);
	for (;;) {
		if (look) {
			connect_resize(server);
			if (!connect_follow(server, &status))
				return status;
			look = server->draining;
		}
		if (!server->draining && !serve_all(server))
			connect_give_up(server, "its ring holds more requests than it has slots");
		sleep_until_done(server);
		if (!take_done(server, &look))
			return DEVICE_EXIT_AGAIN;
	}
}

int main(int words, char **arguments)
{
	static struct server server;
	enum device_exit status;
	int result = device_open(&server.device, "vbd", words, arguments);

	if (result)
		return result == -EINVAL ? DEVICE_EXIT_REFUSED : DEVICE_EXIT_AGAIN;
	signal(SIGPIPE, SIG_IGN);
	status = open_all(&server);
	return (int)(status == DEVICE_EXIT_DONE ? serve(&server) : status);
}
