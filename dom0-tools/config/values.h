/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/values.h - the small words of a configuration and their
 * spellings: actions, sizes, CPU sets, uuids, MAC addresses.  Pure.
 *
 * The parsers take all of a text or refuse it, without touching the result.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dom0-tools/config/guest_config.h"
#include "xen-like/base/abi.h"

/* "destroy", "restart", "preserve", "rename-restart", "coredump-destroy", "coredump-restart" */
MUST_CHECK
bool guest_action_parse(const char *text, enum guest_action *action);
const char *guest_action_name(enum guest_action action);
const char *guest_driver_name(enum guest_driver driver); /* "default", "enso", "kernel" */
MUST_CHECK
bool guest_driver_parse(const char *text, enum guest_driver *driver);
const char *guest_disk_backend_name(enum guest_disk_backend backend); /* "file", "block", "nbd" */
MUST_CHECK
bool guest_disk_backend_parse(const char *text, enum guest_disk_backend *backend);
const char *guest_type_name(enum guest_type type); /* "pv", "pvh", "hvm" */
MUST_CHECK
bool guest_type_parse(const char *text, enum guest_type *type);

/* A whole number of the base (0: C's prefixes), blanks around it allowed, no sign. */
MUST_CHECK
bool guest_number_parse(const char *text, unsigned int base, uint64_t *number);
MUST_CHECK
bool guest_signed_parse(const char *text, int64_t *number);

/*
 * A number in libvirt's units: b, bytes, KB, k, KiB, MB, M, MiB, GB, G, GiB, TB,
 * T, TiB; NULL or "" is KiB.  The result is in KiB, rounded up to whole pages.
 */
MUST_CHECK
bool guest_size_parse(const char *text, const char *unit, uint64_t *kib);

/*
 * "0-3,^2,8", "all", "all,^0": CPUs named less those with a caret, wherever it
 * stands.  False also for an empty set and for CPUs of GUEST_CPUS_MAX and more.
 */
MUST_CHECK
bool guest_cpu_set_parse(const char *text, struct guest_cpu_set *set);
#define GUEST_CPU_SET_TEXT 1024 /* the longest set's text and its end fit */
/* "0-1,3,8" into `text`; its length, which is under GUEST_CPU_SET_TEXT. */
size_t guest_cpu_set_print(const struct guest_cpu_set *set, char *text, size_t room);
bool guest_cpu_set_has(const struct guest_cpu_set *set, unsigned int cpu);
bool guest_cpu_set_full(const struct guest_cpu_set *set);

#define GUEST_UUID_TEXT 37
/* 32 hexadecimal digits, hyphens anywhere between pairs, as libvirt takes it. */
MUST_CHECK
bool guest_uuid_parse(const char *text, uint8_t uuid[16]);
void guest_uuid_print(const uint8_t uuid[16], char text[GUEST_UUID_TEXT]);
/* A random one (RFC 4122, version 4) of 16 bytes of entropy. */
void guest_uuid_of_entropy(uint8_t uuid[16]);

#define GUEST_MAC_TEXT 18
MUST_CHECK
bool guest_mac_parse(const char *text, uint8_t mac[6]);
void guest_mac_print(const uint8_t mac[6], char text[GUEST_MAC_TEXT]);

/*
 * "10Mb/s", "250KB/s@20ms": at least one byte a second; *interval is the text from the '@'
 * on, which is a number of s, ms or us, or the end.
 */
MUST_CHECK
bool guest_rate_parse(const char *text, uint64_t *bytes_per_second, const char **interval);

/*
 * Which of `count` words one who wrote `word` may have meant: the nearest, when
 * a third of its letters or fewer differ (two letters swapped count as one);
 * NULL when none is near.
 */
const char *guest_word_near(const char *word, const char *const *words, size_t count);
