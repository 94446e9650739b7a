/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/attach.c - devices coming, in three steps: media and links are
 * looked for, all nodes are written as one, and every backend is waited for.
 */
#include "dom0-tools/builder/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "dom0-tools/builder/media.h"
#include "dom0-tools/builder/networks.h"
#include "dom0-tools/builder/present.h"
#include "dom0-tools/builder/sharing.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/links.h"
#include "dom0-tools/lib/store_batch.h"
#include "dom0-tools/lib/timing.h"

/* Longer than any backend needs that will ever serve. */
#define BACKEND_MS  30000
#define LOOK_MS	    20 /* what no event tells of is looked for so often */
#define WATCH_TOKEN "enso-attach"

/* One device on its way. */
struct arrival {
	struct device_nodes nodes;
	struct medium medium;
	const struct guest_network_config *network; /* NULL: a disk */
	char what[48];				    /* "disk xvda", "network 0" */
	char link[16], bridge[16];
	bool ready;
};

struct attachment {
	struct store *store;
	const struct device_wishes *wishes;
	struct arrival *arrivals;
	size_t count;
	uint32_t first_handle;
	struct failure *failure;
};

void device_lock_path(char path[DEVICE_PATH], const struct device *device)
{
	snprintf(path, DEVICE_PATH, BACKENDS_FOLDER "/%s-%u-%u",
		 device_backend_folder(device->class, true), device->domid, device->number);
}

const char *device_program(enum device_class class)
{
	static const char *const programs[DEVICE_CLASSES][2] = {
		[DEVICE_DISK] = {"/usr/lib/enso/enso-blkback", "/usr/bin/enso-blkback"},
		[DEVICE_NETWORK] = {"/usr/lib/enso/enso-netback", "/usr/bin/enso-netback"},
	};

	for (int i = 0; i < 2; i++)
		if (access(programs[class][i], X_OK) == 0)
			return programs[class][i];
	return NULL;
}

void device_choose_disk_driver(struct guest_disk_config *disk)
{
	if (disk->driver == GUEST_DRIVER_DEFAULT)
		disk->driver =
			device_program(DEVICE_DISK) ? GUEST_DRIVER_ENSO : GUEST_DRIVER_KERNEL;
}

void device_choose_network_driver(struct guest_network_config *network)
{
	bool only_ours = network->vlan || network->queues || network->mtu || network->spoof_check;
	bool kernel = access("/sys/bus/xen-backend/drivers/vif", F_OK) == 0;

	if (network->driver == GUEST_DRIVER_DEFAULT)
		network->driver = device_program(DEVICE_NETWORK) && (only_ours || !kernel)
					  ? GUEST_DRIVER_ENSO
					  : GUEST_DRIVER_KERNEL;
}

/* ---- 1: media and links -------------------------------------------------------- */

static int prepare_disk(struct attachment *attachment, const struct guest_disk_config *wish,
			struct arrival *arrival)
{
	struct guest_disk_config chosen = *wish, *disk = &chosen;
	const struct device_wishes *wishes = attachment->wishes;
	struct device device;
	int result;

	arrival->medium.loop = -1;
	device_choose_disk_driver(disk);
	snprintf(arrival->what, sizeof(arrival->what), "disk %.32s", disk->target);
	if (!device_of_disk(disk, wishes->domid, &device))
		return failure_set(attachment->failure, EINVAL, wishes->object,
				   "name it xvda, xvdb, ...", "disk %s: there is no such disk",
				   disk->target);
	result = wishes->is_new
			 ? 0
			 : device_require_other_disk(attachment->store, &device, disk->target,
						     wishes->object, attachment->failure);
	if (!result)
		result =
			sharing_check(attachment->store, disk, wishes->object, attachment->failure);
	if (!result)
		result = medium_open(disk, wishes->object, &arrival->medium, attachment->failure);
	if (!result && device_nodes_of_disk(&arrival->nodes, &device, disk, &arrival->medium.facts))
		result = failure_set(attachment->failure, ENOMEM, wishes->object, NULL,
				     "out of memory");
	return result;
}

static int prepare_network(struct attachment *attachment, size_t index, struct arrival *arrival)
{
	const struct device_wishes *wishes = attachment->wishes;
	struct guest_network_config chosen = wishes->networks[index], *network = &chosen;
	struct device_link link = {NULL, ""};
	struct device device;
	int result;

	arrival->medium.loop = -1;
	arrival->network = &wishes->networks[index];
	device_choose_network_driver(network);
	device_of_network(network, wishes->domid, attachment->first_handle + (uint32_t)index,
			  &device);
	snprintf(arrival->what, sizeof(arrival->what), "network %u", device.number);
	result = wishes->is_new
			 ? 0
			 : device_require_other_mac(attachment->store, wishes->domid, network->mac,
						    wishes->object, attachment->failure);
	if (!result)
		result = network_bridge_of(network, wishes->object, arrival->bridge,
					   attachment->failure);
	if (result)
		return result;
	device_link_name(network, &device, link.name);
	memcpy(arrival->link, link.name, sizeof(arrival->link));
	link.bridge = arrival->bridge;
	if (device_nodes_of_network(&arrival->nodes, &device, network, &link))
		result = failure_set(attachment->failure, ENOMEM, wishes->object, NULL,
				     "out of memory");
	return result;
}

/* Whether the numbers have one of [first, first + count); *last is then the last of those. */
static bool has_one_of(const uint64_t *numbers, size_t all, uint64_t first, size_t count,
		       uint64_t *last)
{
	bool found = false;

	for (size_t i = 0; i < all; i++)
		if (numbers[i] >= first && numbers[i] < first + count) {
			*last = found ? MAX(*last, numbers[i]) : numbers[i];
			found = true;
		}
	return found;
}

/* The first handles that the guest neither has nor may still take for an interface that went. */
static int choose_handles(struct attachment *attachment)
{
	const struct device_wishes *wishes = attachment->wishes;
	uint64_t *taken, first = 0, last;
	size_t count;
	int result;

	if (wishes->is_new)
		return 0;
	result = device_handles_taken(attachment->store, wishes->domid, &taken, &count,
				      attachment->failure);
	if (result)
		return result;
	while (has_one_of(taken, count, first, wishes->network_count, &last))
		first = last + 1;
	free(taken);
	attachment->first_handle = (uint32_t)first;
	return 0;
}

static int prepare(struct attachment *attachment)
{
	const struct device_wishes *wishes = attachment->wishes;
	int result = wishes->network_count ? choose_handles(attachment) : 0;

	if (result)
		return result;
	attachment->arrivals =
		calloc(wishes->disk_count + wishes->network_count, sizeof(struct arrival));
	if (!attachment->arrivals)
		return failure_set(attachment->failure, ENOMEM, wishes->object, NULL,
				   "out of memory");
	for (size_t i = 0; !result && i < wishes->disk_count; i++)
		result = prepare_disk(attachment, &wishes->disks[i],
				      &attachment->arrivals[attachment->count++]);
	for (size_t i = 0; !result && i < wishes->network_count; i++)
		result = prepare_network(attachment, i, &attachment->arrivals[attachment->count++]);
	return result;
}

int devices_check(const struct device_wishes *wishes, struct failure *failure)
{
	int result = 0;

	for (size_t i = 0; !result && i < wishes->disk_count; i++) {
		struct guest_disk_config disk = wishes->disks[i];
		struct medium medium;

		device_choose_disk_driver(&disk);
		result = medium_check(&disk, wishes->object, &medium, failure);
	}
	for (size_t i = 0; !result && i < wishes->network_count; i++) {
		char bridge[16];

		result = network_bridge_of(&wishes->networks[i], wishes->object, bridge, failure);
	}
	return result;
}

/* ---- 2: nodes -------------------------------------------------------------------- */

static void write_end(struct store_batch *batch, const char *path, const struct device_node *nodes,
		      size_t count, const struct store_permission permissions[2])
{
	/* Of one whose end nobody saw. */
	store_batch_remove(batch, path);
	store_batch_make(batch, path);
	store_batch_permit(batch, path, permissions, 2);
	for (size_t i = 0; i < count; i++) {
		char node[DEVICE_PATH + 48];

		snprintf(node, sizeof(node), "%s/%s", path, nodes[i].name);
		store_batch_write(batch, node, "%s", nodes[i].value);
	}
}

static void write_device(struct store_batch *batch, const struct device_nodes *nodes)
{
	const uint16_t domid = nodes->device.domid;
	const struct store_permission guests[] = {{.domid = domid}, {.domid = 0, .read = true}};
	const struct store_permission dom0s[] = {{.domid = 0}, {.domid = domid, .read = true}};
	char path[DEVICE_PATH];

	/* The frontend's end last: it wakes the guest, which looks at the other. */
	device_back_path(path, &nodes->device);
	write_end(batch, path, nodes->back, nodes->back_count, dom0s);
	device_front_path(path, &nodes->device);
	write_end(batch, path, nodes->front, nodes->front_count, guests);
}

static int write_nodes(struct attachment *attachment)
{
	struct store_batch *batch = store_batch_new();
	int result;

	for (size_t i = 0; i < attachment->count; i++)
		write_device(batch, &attachment->arrivals[i].nodes);
	result = store_batch_commit(batch, attachment->failure);
	store_batch_free(batch);
	return result;
}

/* ---- 3: backends ------------------------------------------------------------------ */

static bool is_ensod_running(void)
{
	int file = open(FILES_RUN "/ensod.pid", O_RDONLY | O_CLOEXEC);
	bool running;

	if (file < 0)
		return false;
	running = flock(file, LOCK_SH | LOCK_NB) != 0;
	close(file);
	return running;
}

/* What a backend says is wrong: Enso's in its own node, the kernel's in error/. */
static int tell_backend_failure(struct attachment *attachment, const struct arrival *arrival)
{
	const struct device *device = &arrival->nodes.device;
	char path[DEVICE_PATH], *said = NULL;

	device_back_path(path, device);
	if (store_read(attachment->store, STORE_NOW, &said, NULL, "%s/enso-error", path) &&
	    store_read(attachment->store, STORE_NOW, &said, NULL,
		       "/local/domain/0/error/backend/%s/%u/%u/error",
		       device_backend_folder(device->class, true), device->domid, device->number))
		said = NULL;
	failure_set(attachment->failure, EIO, attachment->wishes->object, NULL, "%s: %s",
		    arrival->what, said ? said : "its backend gave up without a word");
	free(said);
	return -EIO;
}

static int tell_late(struct attachment *attachment, const struct arrival *arrival)
{
	const struct device *device = &arrival->nodes.device;

	return failure_set(attachment->failure, ETIMEDOUT, attachment->wishes->object,
			   !device->by_kernel		  ? "see what ensod logs"
			   : device->class == DEVICE_DISK ? "`modprobe xen-blkback`"
							  : "`modprobe xen-netback`",
			   "%s: no backend has taken it up in %d seconds", arrival->what,
			   BACKEND_MS / 1000);
}

/* Whether the kernel has opened the loop device, which then lives without us. */
static bool kernel_has_disk(const struct device *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device",
		 device->domid, device->number);
	return access(path, F_OK) == 0;
}

/* The kernel's network interface has come: into its bridge, up, and said so. */
static int plug_kernel_network(struct attachment *attachment, struct arrival *arrival)
{
	const struct device *device = &arrival->nodes.device;
	char given[16], back[DEVICE_PATH];
	struct link_changes changes = {
		.bridge = *arrival->bridge ? arrival->bridge : NULL,
		.mtu = arrival->network->mtu,
		.up = true,
	};
	int result;

	snprintf(given, sizeof(given), "vif%u.%u", device->domid, device->number % 1000000);
	if (!link_find(given))
		return 0;
	if (strcmp(given, arrival->link) != 0)
		changes.rename = arrival->link;
	result = link_change(given, &changes, attachment->failure);
	if (result)
		return result;
	device_back_path(back, device);
	arrival->ready = true;
	return store_write_below(attachment->store, back, "hotplug-status", attachment->failure,
				 "connected");
}

/* Looks at one device; arrival->ready when it is there. */
static int look_at(struct attachment *attachment, struct arrival *arrival)
{
	const struct device *device = &arrival->nodes.device;
	char path[DEVICE_PATH];
	uint64_t state;
	int result;

	device_back_path(path, device);
	result = store_read_number(attachment->store, STORE_NOW, &state, attachment->failure,
				   "%s/state", path);
	if (result)
		return result;
	if (state == XenbusStateClosing || state == XenbusStateClosed)
		return tell_backend_failure(attachment, arrival);
	if (state < XenbusStateInitWait)
		return 0;
	if (!device->by_kernel)
		arrival->ready = true;
	else if (device->class == DEVICE_DISK)
		arrival->ready = kernel_has_disk(device);
	else
		result = plug_kernel_network(attachment, arrival);
	return result;
}

/* Until an event, or for a while when the kernel does something that none tells of. */
static int wait_for_event(struct attachment *attachment, bool by_kernel)
{
	struct store_event event;
	int result = store_next_event(attachment->store, by_kernel ? LOOK_MS : 1000, &event,
				      attachment->failure);

	if (result == 1)
		store_event_free(&event);
	return result < 0 ? result : 0;
}

static int await_backends(struct attachment *attachment)
{
	uint64_t end_ns = timing_now_ns() + BACKEND_MS * 1000000ull;
	int result = 0;

	for (;;) {
		struct arrival *missing = NULL;
		bool by_kernel = false;

		for (size_t i = 0; !result && i < attachment->count; i++) {
			struct arrival *arrival = &attachment->arrivals[i];

			if (!arrival->ready)
				result = look_at(attachment, arrival);
			if (!arrival->ready) {
				missing = arrival;
				by_kernel |= arrival->nodes.device.by_kernel;
			}
		}
		if (result || !missing)
			return result;
		if (timing_now_ns() > end_ns)
			return tell_late(attachment, missing);
		result = wait_for_event(attachment, by_kernel);
	}
}

static int kind_of(const struct device *device)
{
	return 2 * (int)device->class + device->by_kernel;
}

/* One watch a kind of device: what happens below wakes us. */
static int watch_backends(struct attachment *attachment, bool begin)
{
	int result = 0;

	for (int kind = 0; !result && kind < 2 * DEVICE_CLASSES; kind++) {
		char path[DEVICE_PATH];
		bool wanted = false;

		for (size_t i = 0; i < attachment->count; i++)
			wanted |= kind_of(&attachment->arrivals[i].nodes.device) == kind;
		if (!wanted)
			continue;
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
			 device_backend_folder(kind / 2, kind % 2), attachment->wishes->domid);
		if (begin)
			result = store_watch(attachment->store, path, WATCH_TOKEN,
					     attachment->failure);
		else
			(void)!store_unwatch(attachment->store, path, WATCH_TOKEN, NULL);
	}
	return result;
}

static int require_ensod(struct attachment *attachment)
{
	for (size_t i = 0; i < attachment->count; i++)
		if (!attachment->arrivals[i].nodes.device.by_kernel && !is_ensod_running())
			return failure_set(attachment->failure, ESRCH, attachment->wishes->object,
					   "start ensod, or give the device <driver name='kernel'>",
					   "%s: ensod, which runs its backend, does not run",
					   attachment->arrivals[i].what);
	return 0;
}

/* Whatever is there of them goes again; that their user hears of one failure is enough. */
static void take_away(struct attachment *attachment)
{
	for (size_t i = 0; i < attachment->count; i++)
		(void)!device_remove(attachment->store, &attachment->arrivals[i].nodes.device,
				     NULL);
}

int devices_attach(struct store *store, const struct device_wishes *wishes, uint32_t *first_handle,
		   struct failure *failure)
{
	struct attachment attachment = {.store = store, .wishes = wishes, .failure = failure};
	bool written = false;
	int result, lock = -1;

	if (!wishes->disk_count && !wishes->network_count)
		return 0;
	/* One at a time: nobody takes a medium between our look and our nodes. */
	result = files_lock(SHARING_LOCK, true, &lock, failure);
	if (!result)
		result = prepare(&attachment);
	if (!result)
		result = require_ensod(&attachment);
	/* Also when the store's answer is lost: the nodes may be there. */
	written = !result;
	if (!result)
		result = write_nodes(&attachment);
	files_release(lock);
	if (first_handle)
		*first_handle = attachment.first_handle;
	if (!result) {
		result = watch_backends(&attachment, true);
		if (!result)
			result = await_backends(&attachment);
		(void)!watch_backends(&attachment, false);
	}
	if (result && written && !wishes->is_new)
		take_away(&attachment);
	for (size_t i = 0; i < attachment.count; i++) {
		device_nodes_free(&attachment.arrivals[i].nodes);
		medium_close(&attachment.arrivals[i].medium);
	}
	free(attachment.arrivals);
	return result;
}
