/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/guest_config.h - what a guest shall be, whatever file it
 * was written in.  Readers (domxml, xlcfg) fill it, the builder acts on it, and
 * ensod keeps it to build the guest again.  No defaults are left implicit: a
 * reader leaves every field as a builder may use it.
 *
 * Strings are owned by the configuration; NULL means "not given".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_NAME_MAX	127
#define GUEST_VCPUS_MAX 64
#define GUEST_CPUS_MAX	256 /* physical CPUs an affinity can name */

/* What to do when a guest ends, by the way it ended. */
enum guest_action {
	GUEST_ACTION_DESTROY,
	GUEST_ACTION_RESTART,
	GUEST_ACTION_PRESERVE,	     /* keep the dead guest to look at           */
	GUEST_ACTION_RENAME_RESTART, /* keep it under another name, start afresh */
	GUEST_ACTION_DUMP_DESTROY,   /* write its core, then destroy             */
	GUEST_ACTION_DUMP_RESTART,
};

enum guest_type { GUEST_PV, GUEST_PVH, GUEST_HVM };

struct guest_cpu_set {
	uint64_t bits[GUEST_CPUS_MAX / 64];
};

struct guest_vcpu_config {
	bool pinned; /* false: any CPU */
	struct guest_cpu_set cpus;
};

/* Where a disk's blocks are: a file, a block device, behind an NBD address. */
enum guest_disk_backend { GUEST_DISK_FILE, GUEST_DISK_BLOCK, GUEST_DISK_NBD };

/* Who serves a device: whoever is Enso's default, Enso's own program, dom0's kernel. */
enum guest_driver { GUEST_DRIVER_DEFAULT, GUEST_DRIVER_ENSO, GUEST_DRIVER_KERNEL };

struct guest_disk_config {
	char *target; /* "xvda" */
	char *source; /* path in dom0 or "nbd://..."; NULL: empty drive */
	char *format; /* "raw", "qcow2", "vhdx"; NULL: raw              */
	enum guest_disk_backend backend;
	enum guest_driver driver;
	bool read_only, cdrom;
	bool shareable;				     /* others may write to it too         */
	bool no_discard;			     /* the guest is not offered discard   */
	uint32_t sector_bytes;			     /* 512, 4096; 0: the medium's own     */
	uint64_t iops_limit, bytes_per_second_limit; /* 0: none */
};

/* What an interface is on that names no bridge and no network. */
#define GUEST_NETWORK_DEFAULT "default"

struct guest_network_config {
	uint8_t mac[6];
	bool mac_given; /* false: the reader made one from the uuid and index */
	enum guest_driver driver;
	char *bridge, *network, *script, *address, *model; /* address: IPs, by spaces */
	char *device;					   /* its name in dom0 */
	uint32_t mtu;					   /* 0: the bridge's */
	uint32_t vlan;					   /* 1..4094; 0: none */
	uint32_t queues;				   /* 0: the backend's default */
	bool spoof_check;		 /* drop frames not from its mac and address */
	uint64_t bytes_per_second_limit; /* 0: none; whole KiB */
};

struct guest_config {
	char *name;	  /* 1..GUEST_NAME_MAX characters, no '/' */
	uint8_t uuid[16]; /* made by the reader when not given    */
	char *title, *description;
	enum guest_type type;

	uint64_t memory_kib, memory_max_kib; /* memory_kib <= memory_max_kib */
	uint32_t vcpus, vcpus_max;	     /* online at start; at most     */
	uint32_t vcpu_config_count;	     /* of vcpu[], by vCPU number    */
	struct guest_vcpu_config vcpu[GUEST_VCPUS_MAX];
	uint32_t weight; /* 1..65535, 256 usual                       */
	uint32_t cap;	 /* per cent of one CPU; 0: none              */

	char *kernel, *ramdisk, *command_line; /* paths in dom0 */
	char *bootloader;		       /* refused by the builder when set */
	enum guest_action on_poweroff, on_reboot, on_crash, on_watchdog;

	int64_t time_offset_seconds; /* guest's clock minus UTC */
	uint32_t max_grant_frames, max_maptrack_frames, max_event_channels; /* 0: default */

	struct guest_disk_config *disks;
	size_t disk_count;
	struct guest_network_config *networks;
	size_t network_count;
};

/* An empty configuration with the usual values; NULL when out of memory. */
struct guest_config *guest_config_new(void);
void guest_config_free(struct guest_config *config);

/*
 * One more disk or network at the end, zeroed; NULL when out of memory.  What
 * was returned before may have moved.
 */
struct guest_disk_config *guest_config_add_disk(struct guest_config *config);
struct guest_network_config *guest_config_add_network(struct guest_config *config);

/* The network that the interface is part of; NULL: it is on a bridge of dom0's own. */
const char *guest_network_name(const struct guest_network_config *network);

/* Whether two configurations make the same guest; the uuid belongs to it. */
bool guest_config_equal(const struct guest_config *left, const struct guest_config *right);

/*
 * What a reader does last.  Blanks around the command line go; networks' limits
 * become whole KiB; a uuid of zeros is "not given", a random one is made; a
 * network without a mac gets 00:16:3e and 24 bits of the guest's uuid and its
 * index, the same each time.
 */
void guest_config_complete(struct guest_config *config);

/*
 * What can be wrong with a configuration whoever made it.  A reader knows in
 * which line it met each of these.  Fields of a disk or a network go with its
 * index, GUEST_FIELD_VCPU with the vCPU's.
 */
enum guest_field {
	GUEST_FIELD_NAME,
	GUEST_FIELD_UUID,
	GUEST_FIELD_TITLE,
	GUEST_FIELD_DESCRIPTION,
	GUEST_FIELD_TYPE,
	GUEST_FIELD_MEMORY,
	GUEST_FIELD_MEMORY_MAX,
	GUEST_FIELD_VCPUS,
	GUEST_FIELD_VCPUS_MAX,
	GUEST_FIELD_VCPU,
	GUEST_FIELD_WEIGHT,
	GUEST_FIELD_CAP,
	GUEST_FIELD_KERNEL,
	GUEST_FIELD_RAMDISK,
	GUEST_FIELD_COMMAND_LINE,
	GUEST_FIELD_BOOTLOADER,
	GUEST_FIELD_TIME_OFFSET,
	GUEST_FIELD_GRANT_FRAMES,
	GUEST_FIELD_MAPTRACK_FRAMES,
	GUEST_FIELD_EVENT_CHANNELS,
	GUEST_FIELD_DISK,
	GUEST_FIELD_NETWORK,
	GUEST_FIELDS,
};

struct guest_config_fault {
	enum guest_field field;
	size_t index;	/* of a disk, a network, a vCPU; else 0 */
	char text[200]; /* what is wrong and what would be right, one sentence */
};

/*
 * Judges a whole configuration: ranges, characters, what contradicts what, what
 * Enso does not do.  Writes the first `room` faults and returns how many there
 * are; 0: a builder may use it.  Pure.
 */
size_t guest_config_check(const struct guest_config *config, struct guest_config_fault *faults,
			  size_t room);

/* The field's name in this structure ("memory_kib"), for messages without a file. */
const char *guest_field_name(enum guest_field field);
