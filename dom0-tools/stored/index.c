/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/index.c - index.h says what it is for. */
#include "dom0-tools/stored/index.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_BUCKETS 64

uint64_t index_seed;

/* Doubles the buckets; without memory the chains just become longer. */
static void grow(struct index *index)
{
	size_t more = index->nr_buckets ? index->nr_buckets * 2 : FIRST_BUCKETS;
	struct index_entry **buckets = calloc(more, sizeof(struct index_entry *));

	if (!buckets)
		return;
	for (size_t i = 0; i < index->nr_buckets; i++) {
		struct index_entry *entry = index->buckets[i];

		while (entry) {
			struct index_entry *next = entry->next;
			struct index_entry **home = &buckets[entry->hash & (more - 1)];

			entry->next = *home;
			*home = entry;
			entry = next;
		}
	}
	free(index->buckets);
	index->buckets = buckets;
	index->nr_buckets = more;
}

int index_add(struct index *index, struct index_entry *entry, uint64_t hash)
{
	struct index_entry **home;

	if (index->count >= index->nr_buckets)
		grow(index);
	if (!index->nr_buckets)
		return -ENOMEM;
	home = &index->buckets[hash & (index->nr_buckets - 1)];
	entry->hash = hash;
	entry->next = *home;
	*home = entry;
	index->count++;
	return 0;
}

void index_remove(struct index *index, struct index_entry *entry)
{
	struct index_entry **place = &index->buckets[entry->hash & (index->nr_buckets - 1)];

	while (*place != entry)
		place = &(*place)->next;
	*place = entry->next;
	index->count--;
}

static struct index_entry *same_hash(struct index_entry *entry, uint64_t hash)
{
	while (entry && entry->hash != hash)
		entry = entry->next;
	return entry;
}

struct index_entry *index_first(const struct index *index, uint64_t hash)
{
	if (!index->nr_buckets)
		return NULL;
	return same_hash(index->buckets[hash & (index->nr_buckets - 1)], hash);
}

struct index_entry *index_next(const struct index_entry *entry)
{
	return same_hash(entry->next, entry->hash);
}

void index_free(struct index *index)
{
	free(index->buckets);
	*index = (struct index){0};
}
