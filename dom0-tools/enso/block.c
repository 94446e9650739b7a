/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/block.c - the commands about guests' disks: block-attach and so on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/builder/media.h"
#include "dom0-tools/enso/devices.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/kept.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/nbd_address.h"
#include "dom0-tools/lib/text.h"

enum { DISK_TARGET, DISK_STATE, DISK_MODE, DISK_SOURCE, DISK_PHYSICAL, DISK_FORMAT };
static const char *const disk_nodes[] = {"dev",	   "state", "mode", "params", "physical-device",
					 "format", NULL};

static const char *fact(const struct device_facts *facts, int which)
{
	return facts->values[which] ? facts->values[which] : "";
}

static const char *state_of(const struct device_facts *facts)
{
	return device_state_name((unsigned int)strtoul(fact(facts, DISK_STATE), NULL, 10));
}

static void describe(const struct device_facts *facts, struct json_object *object)
{
	char path[DEVICE_PATH];

	device_back_path(path, &facts->device);
	output_add_text(object, "target", fact(facts, DISK_TARGET));
	output_add_number(object, "number", facts->device.number);
	output_add_text(object, "mode", fact(facts, DISK_MODE));
	output_add_text(object, "driver", facts->device.by_kernel ? "kernel" : "enso");
	output_add_text(object, "source", fact(facts, DISK_SOURCE));
	output_add_text(object, "state", state_of(facts));
	output_add_text(object, "backend", path);
}

/* The guest's disk by its name or number; the facts are the caller's to free. */
static int find_disk(struct invocation *invocation, const struct guest *guest, const char *word,
		     struct device_facts **facts, size_t *count, struct device_facts **found)
{
	uint32_t number = UINT32_MAX;
	uint64_t given;
	int result = devices_read_facts(invocation, guest, DEVICE_DISK, disk_nodes, facts, count);

	if (result)
		return result;
	if (!device_number_of_target(word, &number) &&
	    text_parse_number(word, 0, UINT32_MAX - 1, &given))
		number = (uint32_t)given;
	for (size_t i = 0; i < *count; i++) {
		*found = &(*facts)[i];
		if ((*found)->device.number == number)
			return 0;
	}
	return failure_set(&invocation->failure, ENOENT, guest_label(guest),
			   "`enso block-list` shows its disks", "it has no disk %s", word);
}

/* ---- block-attach ------------------------------------------------------------------ */

/* Takes the disk of this number out of the configuration; whether it was there. */
static bool drop_disk(struct guest_config *config, uint32_t number)
{
	for (size_t i = 0; i < config->disk_count; i++) {
		struct guest_disk_config *disk = &config->disks[i], gone = *disk;
		uint32_t its;

		if (!device_number_of_target(disk->target, &its) || its != number)
			continue;
		config->disk_count--;
		memmove(disk, disk + 1, (config->disk_count - i) * sizeof(*disk));
		free(gone.target);
		free(gone.source);
		free(gone.format);
		return true;
	}
	return false;
}

/* Into a kept configuration: the next start shall have it, too. */
static int keep_disk(struct guest_config *config, void *context, struct failure *failure)
{
	struct guest_disk_config *disk = context, *more;
	uint32_t number;

	/* One that was detached only for now is in there still. */
	if (device_number_of_target(disk->target, &number))
		(void)drop_disk(config, number);
	more = guest_config_add_disk(config);
	if (!more)
		return failure_set(failure, ENOMEM, "enso", NULL, "out of memory");
	/* Its strings move over. */
	*more = *disk;
	memset(disk, 0, sizeof(*disk));
	return 1;
}

static int attach(struct invocation *invocation, const struct guest *guest,
		  const struct guest_disk_config *disk)
{
	const struct device_wishes wishes = {
		.domid = guest->info.domid,
		.object = guest_label(guest),
		.disks = disk,
		.disk_count = 1,
	};

	return devices_arrive(invocation, &wishes, NULL);
}

static int print_disk(struct invocation *invocation, const struct guest *guest, const char *target)
{
	struct json_object *document;
	struct device_facts *facts, *found;
	size_t count;
	int result = find_disk(invocation, guest, target, &facts, &count, &found);

	if (!result) {
		document = output_begin(invocation);
		guest_describe(guest, output_add_object(document, "guest"));
		describe(found, output_add_object(document, "disk"));
		result = output_print(invocation, document);
	}
	devices_free_facts(facts, count);
	return result;
}

int command_block_attach(struct invocation *invocation)
{
	struct guest_config *config = NULL;
	char target[16] = "";
	struct guest guest;
	int result = devices_read_words(invocation, "disk", &config);

	if (!result)
		result = devices_read_driver(invocation, &config->disks[0].driver);
	if (!result)
		device_choose_disk_driver(&config->disks[0]);
	if (!result)
		result = devices_find_guest(invocation, &guest);
	if (!result)
		result = attach(invocation, &guest, &config->disks[0]);
	if (!result) {
		snprintf(target, sizeof(target), "%s", config->disks[0].target);
		if (!arguments_has(&invocation->arguments, "now"))
			result = kept_change(invocation, &guest, keep_disk, &config->disks[0]);
	}
	guest_config_free(config);
	return result || !invocation->json ? result : print_disk(invocation, &guest, target);
}

/* ---- block-detach ------------------------------------------------------------------ */

/* The next start shall not have it either. */
static int forget_disk(struct guest_config *config, void *context, struct failure *failure)
{
	(void)failure;
	return drop_disk(config, *(uint32_t *)context);
}

static int print_target(struct invocation *invocation, const struct guest *guest,
			const struct device_facts *facts, const uint64_t *bytes)
{
	struct json_object *document = output_begin(invocation);

	guest_describe(guest, output_add_object(document, "guest"));
	output_add_text(document, "target", fact(facts, DISK_TARGET));
	output_add_number(document, "number", facts->device.number);
	if (bytes)
		output_add_number(document, "bytes", *bytes);
	return output_print(invocation, document);
}

int command_block_detach(struct invocation *invocation)
{
	struct device_facts *facts = NULL, *found = NULL;
	size_t count = 0;
	struct guest guest;
	char what[48];
	int result = devices_find_guest(invocation, &guest);

	if (!result)
		result = find_disk(invocation, &guest, invocation->arguments.words[1], &facts,
				   &count, &found);
	if (!result && !arguments_has(&invocation->arguments, "now"))
		result = kept_change(invocation, &guest, forget_disk, &found->device.number);
	if (!result) {
		snprintf(what, sizeof(what), "disk %.32s", fact(found, DISK_TARGET));
		result = devices_detach(invocation, &guest, &found->device, what);
	}
	if (!result && invocation->json)
		result = print_target(invocation, &guest, found, NULL);
	devices_free_facts(facts, count);
	return result;
}

/* ---- block-list -------------------------------------------------------------------- */

static void print_row(const struct invocation *invocation, const struct guest *guest,
		      const struct device_facts *facts)
{
	char path[DEVICE_PATH];

	device_back_path(path, &facts->device);
	if (invocation->like_xl)
		printf("%-5u %-3d %-6u %-5s %-6s %-8s %-30s\n", facts->device.number, 0,
		       facts->device.domid, fact(facts, DISK_STATE), "-1", "-1", path);
	else
		printf("%-16s %-8s %-10s %-5s %-7s %s\n", guest->name, fact(facts, DISK_TARGET),
		       state_of(facts), fact(facts, DISK_MODE),
		       facts->device.by_kernel ? "kernel" : "enso", fact(facts, DISK_SOURCE));
}

static int list_disks(struct invocation *invocation, const struct guest *guest,
		      struct json_object *array)
{
	struct device_facts *facts;
	size_t count;
	int result = devices_read_facts(invocation, guest, DEVICE_DISK, disk_nodes, &facts, &count);

	for (size_t i = 0; !result && i < count; i++) {
		struct json_object *object = array ? output_append_object(array) : NULL;

		if (!array) {
			print_row(invocation, guest, &facts[i]);
			continue;
		}
		output_add_text(object, "guest", guest->name);
		output_add_number(object, "id", guest->info.domid);
		describe(&facts[i], object);
	}
	devices_free_facts(facts, count);
	return result;
}

int command_block_list(struct invocation *invocation)
{
	struct json_object *document = NULL, *array = NULL;
	struct guest *guests = NULL;
	size_t count = 0;
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_selected(invocation, &guests, &count);
	if (result)
		return result;
	if (invocation->json) {
		document = output_begin(invocation);
		array = output_add_array(document, "disks");
	} else if (invocation->like_xl) {
		printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle", "state",
		       "evt-ch", "ring-ref", "BE-path");
	} else {
		printf("%-16s %-8s %-10s %-5s %-7s %s\n", "GUEST", "TARGET", "STATE", "MODE",
		       "DRIVER", "SOURCE");
	}
	for (size_t i = 0; !result && i < count; i++)
		result = list_disks(invocation, &guests[i], array);
	free(guests);
	if (!result && document)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}

/* ---- block-resize ------------------------------------------------------------------ */

/* Only its own program can make an image larger, and whoever serves it would not notice. */
static int refuse_image(struct invocation *invocation, const struct device_facts *facts)
{
	const struct guest_disk_config disk = {
		.format = (char *)(*fact(facts, DISK_FORMAT) ? fact(facts, DISK_FORMAT) : NULL),
	};
	struct nbd_address nbd;

	if (!medium_is_image(&disk) && !nbd_address_parse(fact(facts, DISK_SOURCE), &nbd))
		return 0;
	return failure_set(&invocation->failure, EOPNOTSUPP, fact(facts, DISK_TARGET),
			   "detach it, `qemu-img resize`, and attach it again",
			   "images and NBD disks cannot be resized in use");
}

/* Makes a plain file as large as asked for; *bytes is what the medium has then. */
static int size_medium(struct invocation *invocation, const char *source, const char *word,
		       uint64_t *bytes)
{
	struct failure *failure = &invocation->failure;
	uint64_t kib = 0;
	struct stat status;
	int file = open(source, (word ? O_RDWR : O_RDONLY) | O_CLOEXEC), result = 0;

	if (file < 0 || fstat(file, &status) != 0)
		result = failure_set(failure, errno, source, NULL, "%s", strerror(errno));
	else if (word && !argument_size(word, 'm', &kib))
		result = invocation_misused(invocation, "SIZE is like 512, 20g or 2t, not '%s'",
					    word);
	else if (word && !S_ISREG(status.st_mode))
		result = failure_set(failure, EINVAL, source, "leave SIZE out",
				     "a block device's size is not ours to set");
	else if (word && kib * 1024 < (uint64_t)status.st_size)
		result = failure_set(failure, EINVAL, source, "give a larger size",
				     "it has %lu KiB, and a disk is never made smaller",
				     (unsigned long)status.st_size / 1024);
	else if (word && ftruncate(file, (off_t)(kib * 1024)) != 0)
		result = failure_set(failure, errno, source, NULL, "cannot be made larger: %s",
				     strerror(errno));
	if (!result && fstat(file, &status) == 0)
		*bytes = (uint64_t)status.st_size;
	if (!result && S_ISBLK(status.st_mode) && ioctl(file, BLKGETSIZE64, bytes) != 0)
		result = failure_set(failure, errno, source, NULL, "its size cannot be read: %s",
				     strerror(errno));
	if (file >= 0)
		close(file);
	return result;
}

/* Tells whoever serves the disk. */
static int tell_backend(struct invocation *invocation, const struct device_facts *facts)
{
	unsigned int major_number, minor_number;
	char path[DEVICE_PATH], node[DEVICE_PATH + 16];
	uint64_t resizes = 0;

	if (facts->device.by_kernel) {
		if (sscanf(fact(facts, DISK_PHYSICAL), "%x:%x", &major_number, &minor_number) != 2)
			return failure_set(&invocation->failure, EIO, fact(facts, DISK_TARGET),
					   NULL, "dom0's kernel serves nothing for it");
		return medium_resize_loop(major_number, minor_number, &invocation->failure);
	}
	device_back_path(path, &facts->device);
	snprintf(node, sizeof(node), "%s/resize", path);
	(void)!store_read_number(invocation->store, STORE_NOW, &resizes, NULL, "%s", node);
	return store_write_below(invocation->store, path, "resize", &invocation->failure, "%lu",
				 (unsigned long)resizes + 1);
}

int command_block_resize(struct invocation *invocation)
{
	const char *const *words = invocation->arguments.words;
	struct device_facts *facts = NULL, *found = NULL;
	uint64_t bytes = 0;
	size_t count = 0;
	struct guest guest;
	int result = devices_find_guest(invocation, &guest);

	if (!result)
		result = find_disk(invocation, &guest, words[1], &facts, &count, &found);
	if (!result)
		result = refuse_image(invocation, found);
	if (!result)
		result = size_medium(invocation, fact(found, DISK_SOURCE), words[2], &bytes);
	if (!result)
		result = tell_backend(invocation, found);
	if (!result && invocation->json)
		result = print_target(invocation, &guest, found, &bytes);
	devices_free_facts(facts, count);
	return result;
}
