/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/present.c - present.h says what it is for. */
#include "dom0-tools/builder/present.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/lib/store_batch.h"
#include "dom0-tools/lib/text.h"

/* ---- what there is ---------------------------------------------------------------- */

struct found {
	struct device *devices;
	size_t count, room;
};

static int add(struct found *found, const struct device *device)
{
	if (found->count == found->room) {
		size_t room = found->room + 16;
		void *more = realloc(found->devices, room * sizeof(*device));

		if (!more)
			return -ENOMEM;
		found->devices = more;
		found->room = room;
	}
	found->devices[found->count++] = *device;
	return 0;
}

int device_list_numbers(struct store *store, const char *path, uint64_t most, uint64_t **numbers,
			size_t *count, struct failure *failure)
{
	struct failure why = {0};
	char **names = NULL;
	size_t all = 0;
	int result = store_list(store, STORE_NOW, &names, &all, &why, "%s", path);

	*count = 0;
	*numbers = NULL;
	if (result == -ENOENT)
		return 0;
	if (!result)
		*numbers = calloc(all + 1, sizeof(**numbers));
	if (!result && !*numbers)
		result = failure_set(&why, ENOMEM, "store", NULL, "out of memory");
	for (size_t i = 0; !result && i < all; i++)
		*count += text_parse_number(names[i], 0, most, &(*numbers)[*count]);
	free(names);
	if (result && failure && !failure->error)
		*failure = why;
	return result;
}

static int find_of_guest(struct store *store, const struct device *kind, struct found *found,
			 struct failure *failure)
{
	char path[DEVICE_PATH];
	uint64_t *numbers;
	size_t count;
	int result;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
		 device_backend_folder(kind->class, kind->by_kernel), kind->domid);
	result = device_list_numbers(store, path, UINT32_MAX, &numbers, &count, failure);
	for (size_t i = 0; !result && i < count; i++) {
		struct device device = *kind;

		device.number = (uint32_t)numbers[i];
		if (add(found, &device))
			result = failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	}
	free(numbers);
	return result;
}

static int find_of_kind(struct store *store, struct device *kind, bool all, struct found *found,
			struct failure *failure)
{
	char path[DEVICE_PATH];
	uint64_t *domids;
	size_t count;
	int result;

	if (!all)
		return find_of_guest(store, kind, found, failure);
	snprintf(path, sizeof(path), "/local/domain/0/backend/%s",
		 device_backend_folder(kind->class, kind->by_kernel));
	result = device_list_numbers(store, path, UINT16_MAX, &domids, &count, failure);
	for (size_t i = 0; !result && i < count; i++) {
		kind->domid = (uint16_t)domids[i];
		result = find_of_guest(store, kind, found, failure);
	}
	free(domids);
	return result;
}

int devices_list(struct store *store, uint16_t domid, struct device **devices, size_t *count,
		 struct failure *failure)
{
	struct found found = {NULL, 0, 0};
	int result = 0;

	for (int kind = 0; !result && kind < 2 * DEVICE_CLASSES; kind++) {
		struct device device = {.class = kind / 2, .by_kernel = kind % 2, .domid = domid};

		result = find_of_kind(store, &device, domid == DEVICES_OF_ALL, &found, failure);
	}
	if (result) {
		free(found.devices);
		found = (struct found){NULL, 0, 0};
	}
	*devices = found.devices;
	*count = found.count;
	return result;
}

/* ---- handles in doubt ------------------------------------------------------------- */

/*
 * Of a guest: the handles of interfaces that went, as long as it is not known whether the guest
 * has seen it.  They are not given again; a disk's number is its user's to choose.
 */
#define DOUBTFUL "/local/domain/%u/enso/doubtful-handles"

static void doubt_path(char path[DEVICE_PATH], const struct device *device)
{
	snprintf(path, DEVICE_PATH, DOUBTFUL "/%u", device->domid, device->number);
}

/* As one look: of a guest that has gone by now nothing is made again. */
static int write_doubt(struct store *store, store_transaction_t transaction, void *context,
		       struct failure *failure)
{
	const struct device *device = context;
	char path[DEVICE_PATH];
	int result =
		store_exists(store, transaction, failure, "/local/domain/%u/domid", device->domid);

	if (result != 1)
		return result < 0 ? result : 1;
	doubt_path(path, device);
	return store_write(store, transaction, path, failure, "%s", "");
}

int device_doubt(struct store *store, const struct device *device, struct failure *failure)
{
	int result = 0;

	if (device->class == DEVICE_NETWORK)
		result = store_transact(store, write_doubt, (void *)device, failure);
	return result < 0 ? result : 0;
}

void device_clear_doubt(struct store *store, const struct device *device)
{
	char path[DEVICE_PATH];

	doubt_path(path, device);
	if (device->class == DEVICE_NETWORK)
		(void)!store_remove(store, STORE_NOW, NULL, "%s", path);
}

int device_require_other_disk(struct store *store, const struct device *device, const char *target,
			      const char *object, struct failure *failure)
{
	char path[DEVICE_PATH];
	int result;

	device_front_path(path, device);
	result = store_exists(store, STORE_NOW, failure, "%s", path);
	if (result <= 0)
		return result;
	return failure_set(failure, EEXIST, object, "choose another name",
			   "it has a disk %s already", target);
}

/* Whether an interface has this MAC address; negative: an error. */
static int has_mac(const struct device *device, const char *mac, struct failure *failure)
{
	char back[DEVICE_PATH], path[DEVICE_PATH + 8], *its = NULL;
	const char *paths[] = {path};
	int result;

	if (device->class != DEVICE_NETWORK)
		return 0;
	device_back_path(back, device);
	snprintf(path, sizeof(path), "%s/mac", back);
	result = store_read_many(paths, 1, &its, failure);
	if (!result)
		result = its && !strcasecmp(its, mac);
	free(its);
	return result;
}

int device_require_other_mac(struct store *store, uint16_t domid, const uint8_t mac[6],
			     const char *object, struct failure *failure)
{
	char text[GUEST_MAC_TEXT];
	struct device *devices;
	size_t count;
	int result = devices_list(store, domid, &devices, &count, failure);

	guest_mac_print(mac, text);
	for (size_t i = 0; !result && i < count; i++)
		result = has_mac(&devices[i], text, failure);
	free(devices);
	if (result <= 0)
		return result;
	return failure_set(failure, EEXIST, object, "choose another", "it has the mac %s already",
			   text);
}

int device_handles_taken(struct store *store, uint16_t domid, uint64_t **handles, size_t *count,
			 struct failure *failure)
{
	struct device *devices;
	char path[DEVICE_PATH];
	uint64_t *more;
	size_t all;
	int result = devices_list(store, domid, &devices, &all, failure);

	if (result)
		return result;
	snprintf(path, sizeof(path), DOUBTFUL, domid);
	result = device_list_numbers(store, path, UINT32_MAX - 1, handles, count, failure);
	more = result ? NULL : realloc(*handles, (*count + all + 1) * sizeof(**handles));
	if (!result && !more) {
		free(*handles);
		result = failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	}
	if (!result) {
		*handles = more;
		for (size_t i = 0; i < all; i++)
			if (devices[i].class == DEVICE_NETWORK)
				more[(*count)++] = devices[i].number;
	}
	free(devices);
	return result;
}
