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

enum guest_disk_backend { GUEST_DISK_FILE, GUEST_DISK_BLOCK };

struct guest_disk_config {
	char *target; /* "xvda" */
	char *source; /* path in dom0; NULL: empty drive */
	char *format; /* "raw", "qcow2", ...             */
	enum guest_disk_backend backend;
	bool read_only, cdrom;
	uint64_t iops_limit, bytes_per_second_limit; /* 0: none */
};

struct guest_network_config {
	uint8_t mac[6];
	bool mac_given; /* false: the reader made one from the uuid and index */
	char *bridge, *network, *script, *address, *model;
	uint32_t mtu;			 /* 0: the bridge's */
	uint64_t bytes_per_second_limit; /* 0: none         */
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
