/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/index.h - a hash index whose entries live in the things
 * indexed, so that finding, adding and removing cost the same however many
 * there are.  What makes two things equal is its user's to say.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct index_entry {
	struct index_entry *next;
	uint64_t hash;
};

struct index {
	struct index_entry **buckets;
	size_t nr_buckets; /* a power of two, or 0 before the first entry */
	size_t count;
};

/* The thing of type `type` that `entry`, its member `member`, is part of. */
#define index_thing(entry, type, member) ((type *)(void *)((char *)(entry)-offsetof(type, member)))

/* 0, or -ENOMEM when not even the first buckets can be had.  Does not check for duplicates. */
int index_add(struct index *index, struct index_entry *entry, uint64_t hash);
/* `entry` is in the index. */
void index_remove(struct index *index, struct index_entry *entry);
/* The first entry of this hash or the next after `entry`; NULL: no more. */
struct index_entry *index_first(const struct index *index, uint64_t hash);
struct index_entry *index_next(const struct index_entry *entry);
/* Frees the buckets; the entries are their owners'. */
void index_free(struct index *index);

/*
 * Hashes are made byte by byte, so that a path's prefixes are hashed on the
 * way.  `seed` is random per process: guests choose names, not buckets.
 */
extern uint64_t index_seed;

static inline uint64_t hash_start(void)
{
	return index_seed ^ 0xcbf29ce484222325u;
}

static inline uint64_t hash_byte(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x100000001b3u;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = hash_byte(hash, ((const uint8_t *)bytes)[i]);
	return hash;
}

/* Spreads what hash_byte() has gathered over all bits. */
static inline uint64_t hash_end(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ (hash >> 32);
}

static inline uint64_t hash_number(uint64_t number)
{
	return hash_end(index_seed ^ (number * 0x9e3779b97f4a7c15u));
}
