/* SPDX-License-Identifier: MIT */
/* pv-drivers/common/device.c - device.h says what it is for. */
#include "pv-drivers/common/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "dom0-tools/lib/files.h"

#define DOMID_MOST 0x7fefu /* DOMID_FIRST_RESERVED - 1 */

static bool read_argument(const char *text, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && end != text && !*end && text[0] != '-' && *number <= most;
}

static void lock_path(char path[DEVICE_PATH_MAX], const struct pv_device *device)
{
	snprintf(path, DEVICE_PATH_MAX, BACKENDS_FOLDER "/%s-%u-%u", device->class, device->domid,
		 device->number);
}

/* One process a device; its number in the file tells a new ensod that it lives. */
static int take_lock(struct pv_device *device)
{
	char path[DEVICE_PATH_MAX];
	int length, result;

	if (mkdir("/run/enso", 0755) != 0 && errno != EEXIST)
		return -errno;
	if (mkdir(BACKENDS_FOLDER, 0700) != 0 && errno != EEXIST)
		return -errno;
	lock_path(path, device);
	result = files_lock(path, false, &device->lock, NULL);
	if (result)
		return result;
	/* The first line counts; what is behind it is device_map_memory's. */
	length = snprintf(path, sizeof(path), "%d\n", getpid());
	return pwrite(device->lock, path, (size_t)length, 0) == length ? 0 : -EIO;
}

/* Of a device that was taken away before its backend had begun: nobody else removes it then. */
static void drop_lock(struct pv_device *device)
{
	char path[DEVICE_PATH_MAX];

	lock_path(path, device);
	files_unlock_remove(path, device->lock);
	device->lock = -1;
}

void *device_map_memory(struct pv_device *device, size_t bytes)
{
	const off_t offset = 4096;
	void *memory;

	if (ftruncate(device->lock, offset + (off_t)bytes) != 0)
		return NULL;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, device->lock, offset);
	return memory == MAP_FAILED ? NULL : memory;
}

static int find_front(struct pv_device *device)
{
	char *front, expected[64];
	int result;

	result = store_read(device->store, STORE_NOW, &front, NULL, "%s/frontend", device->back);
	if (result)
		return result;
	snprintf(expected, sizeof(expected), "/local/domain/%u/", device->domid);
	if (strlen(front) >= sizeof(device->front) || strncmp(front, expected, strlen(expected)))
		result = -EINVAL;
	else
		memcpy(device->front, front, strlen(front) + 1);
	free(front);
	return result;
}

static int watch_both(struct pv_device *device)
{
	char path[DEVICE_PATH_MAX + 8];
	int result;

	result = store_watch(device->store, device->back, "back", NULL);
	if (result)
		return result;
	snprintf(path, sizeof(path), "%s/state", device->front);
	return store_watch(device->store, path, "front", NULL);
}

int device_open(struct pv_device *device, const char *class, int words, char **arguments)
{
	struct failure failure = {0};
	uint64_t domid, number;
	int result;

	*device = (struct pv_device){.class = class, .lock = -1};
	if (words != 3 || !read_argument(arguments[1], DOMID_MOST, &domid) ||
	    !read_argument(arguments[2], UINT32_MAX, &number)) {
		fprintf(stderr, "usage: enso-%s DOMID NUMBER\n",
			strcmp(class, "vbd") ? "netback" : "blkback");
		return -EINVAL;
	}
	device->domid = (uint16_t)domid;
	device->number = (uint32_t)number;
	snprintf(device->back, sizeof(device->back), "/local/domain/0/backend/enso-%s/%u/%u", class,
		 device->domid, device->number);
	result = take_lock(device);
	if (!result)
		result = store_open(&device->store, &failure);
	if (!result) {
		result = find_front(device);
		if (result == -ENOENT)
			drop_lock(device);
	}
	if (!result)
		result = watch_both(device);
	if (result)
		device_log(device, "cannot begin: %s", strerror(-result));
	return result;
}

static int read_state(struct pv_device *device, const char *path, int *state)
{
	uint64_t number = 0;
	int result = store_read_number(device->store, STORE_NOW, &number, NULL, "%s/state", path);

	/* The front's node is the guest's to fill: nonsense counts as none. */
	*state = result || number > XenbusStateReconfigured ? XenbusStateUnknown : (int)number;
	return result == -ENOENT || result == -EINVAL || result == -EACCES ? 0 : result;
}

int device_look(struct pv_device *device)
{
	int result = read_state(device, device->back, &device->states.back);

	if (!result)
		result = read_state(device, device->front, &device->states.front);
	device->states.online = device_back_number(device, "online", 0) != 0;
	return result;
}

int device_next_event(struct pv_device *device)
{
	struct store_event event;
	int result = store_next_event(device->store, 0, &event, NULL);

	if (result == 1)
		store_event_free(&event);
	return result;
}

static uint64_t number_below(struct pv_device *device, const char *path, const char *name,
			     uint64_t otherwise)
{
	uint64_t number;

	return store_read_number(device->store, STORE_NOW, &number, NULL, "%s/%s", path, name)
		       ? otherwise
		       : number;
}

uint64_t device_back_number(struct pv_device *device, const char *name, uint64_t otherwise)
{
	return number_below(device, device->back, name, otherwise);
}

uint64_t device_front_number(struct pv_device *device, const char *name, uint64_t otherwise)
{
	return number_below(device, device->front, name, otherwise);
}

static char *text_below(struct pv_device *device, const char *path, const char *name)
{
	char *text;

	return store_read(device->store, STORE_NOW, &text, NULL, "%s/%s", path, name) ? NULL : text;
}

char *device_back_text(struct pv_device *device, const char *name)
{
	return text_below(device, device->back, name);
}

char *device_front_text(struct pv_device *device, const char *name)
{
	return text_below(device, device->front, name);
}

int device_write(struct pv_device *device, const char *name, const char *format, ...)
{
	char value[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(value, sizeof(value), format, arguments);
	va_end(arguments);
	/* The toolstack may take the device away at any time: nothing is made anew then. */
	return store_write_below(device->store, device->back, name, NULL, "%s", value);
}

int device_set_state(struct pv_device *device, int state)
{
	int result = device_write(device, "state", "%d", state);

	if (!result)
		device->states.back = state;
	return result;
}

static uint32_t lines_this_minute(struct pv_device *device)
{
	struct timespec now;
	uint64_t minute;

	clock_gettime(CLOCK_MONOTONIC, &now);
	minute = (uint64_t)now.tv_sec / 60;
	if (minute != device->log_minute)
		device->log_lines = 0;
	device->log_minute = minute;
	return device->log_lines++;
}

void device_log(struct pv_device *device, const char *format, ...)
{
	uint32_t before = lines_this_minute(device);
	char text[512];
	va_list arguments;

	if (before > DEVICE_LOG_LINES)
		return;
	if (before == DEVICE_LOG_LINES)
		format = "more lines of this minute are left out";
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s %u of domain %u: %s\n", device->class, device->number, device->domid,
		text);
}

void device_refuse(struct pv_device *device, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	device_log(device, "%s", text);
	if (device_write(device, "enso-error", "%s", text) ||
	    device_set_state(device, XenbusStateClosed))
		device_log(device, "this could not be written to the store");
}
