/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/watch.c - watch.h says what it is for. */
#include "dom0-tools/stored/watch.h"

#include <stdlib.h>
#include <string.h>

static uint64_t path_hash(const char *path, size_t length)
{
	return hash_end(hash_bytes(hash_start(), path, length));
}

static uint64_t event_hash(const struct watch *watch, const char *path, size_t length)
{
	return hash_end(hash_bytes(hash_start() ^ (uintptr_t)watch, path, length));
}

static struct event *event_find(const struct watches *watches, const struct watch *watch,
				const char *path, size_t length)
{
	struct index_entry *entry = index_first(&watches->waiting, event_hash(watch, path, length));

	for (; entry; entry = index_next(entry)) {
		struct event *event = index_thing(entry, struct event, entry);

		if (event->watch == watch && event->path_length == length &&
		    memcmp(event->path, path, length) == 0)
			return event;
	}
	return NULL;
}

static void event_forget(struct watches *watches, struct event *event)
{
	struct watch_owner *owner = event->watch->owner;

	*(event->previous ? &event->previous->next : &owner->oldest) = event->next;
	*(event->next ? &event->next->previous : &owner->newest) = event->previous;
	owner->nr_events--;
	index_remove(&watches->waiting, &event->entry);
	free(event);
}

/* Without memory the watch's next event will tell; nothing else can be done. */
static void event_add(struct watches *watches, struct watch *watch, const char *path, size_t length)
{
	struct watch_owner *owner = watch->owner;
	struct event *event;

	if (watch->collapsed)
		return;
	if (owner->nr_events >= owner->most_events) {
		watch->collapsed = true;
		path = watch->path;
		length = watch->path_length;
	}
	if (event_find(watches, watch, path, length))
		return;
	event = malloc(sizeof(*event) + length + 1);
	if (!event)
		return;
	if (index_add(&watches->waiting, &event->entry, event_hash(watch, path, length))) {
		free(event);
		return;
	}
	event->watch = watch;
	event->path_length = (uint32_t)length;
	memcpy(event->path, path, length);
	event->path[length] = '\0';
	event->next = NULL;
	event->previous = owner->newest;
	*(owner->newest ? &owner->newest->next : &owner->oldest) = event;
	owner->newest = event;
	if (owner->nr_events++ == 0 && watches->awaken)
		watches->awaken(owner);
}

void watch_fire_one(struct watches *watches, struct watch *watch)
{
	event_add(watches, watch, watch->path, watch->path_length);
}

struct watch *watch_add(struct watches *watches, struct watch_owner *owner,
			const struct wire_path *path, struct text token, uint32_t depth, bool quiet)
{
	struct watch *watch = calloc(1, sizeof(*watch) + path->length + token.length + 2);

	if (!watch)
		return NULL;
	if (index_add(&watches->by_path, &watch->entry, path_hash(path->text, path->length))) {
		free(watch);
		return NULL;
	}
	watch->owner = owner;
	watch->depth = depth;
	watch->relative = (uint32_t)path->relative;
	watch->path_length = (uint32_t)path->length;
	memcpy(watch->path, path->text, path->length);
	watch->token = watch->path + path->length + 1;
	watch->token_length = (uint32_t)token.length;
	memcpy(watch->token, token.bytes, token.length);
	watch->next = owner->first;
	if (owner->first)
		owner->first->previous = watch;
	owner->first = watch;
	owner->nr_watches++;
	if (!quiet)
		watch_fire_one(watches, watch);
	return watch;
}

struct watch *watch_find(struct watches *watches, const struct watch_owner *owner,
			 const struct wire_path *path, struct text token)
{
	struct index_entry *entry =
		index_first(&watches->by_path, path_hash(path->text, path->length));

	for (; entry; entry = index_next(entry)) {
		struct watch *watch = index_thing(entry, struct watch, entry);

		if (watch->owner == owner && watch->path_length == path->length &&
		    memcmp(watch->path, path->text, path->length) == 0 &&
		    watch->token_length == token.length &&
		    memcmp(watch->token, token.bytes, token.length) == 0)
			return watch;
	}
	return NULL;
}

void watch_remove(struct watches *watches, struct watch *watch)
{
	struct watch_owner *owner = watch->owner;
	struct event *event = owner->oldest;

	while (event) {
		struct event *next = event->next;

		if (event->watch == watch)
			event_forget(watches, event);
		event = next;
	}
	*(watch->previous ? &watch->previous->next : &owner->first) = watch->next;
	if (watch->next)
		watch->next->previous = watch->previous;
	owner->nr_watches--;
	index_remove(&watches->by_path, &watch->entry);
	free(watch);
}

void watch_remove_all(struct watches *watches, struct watch_owner *owner)
{
	while (owner->oldest)
		event_forget(watches, owner->oldest);
	while (owner->first)
		watch_remove(watches, owner->first);
}

static bool may_hear(const struct watches *watches, const struct watch_owner *owner,
		     const struct witness *now, const struct witness *before)
{
	if (now && (perms_access(watches->accounts, now->perms, now->generation, owner->domid) &
		    ACCESS_READ))
		return true;
	return before &&
	       (perms_access(watches->accounts, before->perms, before->generation, owner->domid) &
		ACCESS_READ);
}

/* Those that watch the first `length` bytes of `path`, `depth` levels above its end. */
static void fire_at(struct watches *watches, uint64_t hash, const char *path, size_t length,
		    size_t whole, uint32_t depth, const struct witness *now,
		    const struct witness *before)
{
	struct index_entry *entry = index_first(&watches->by_path, hash);

	for (; entry; entry = index_next(entry)) {
		struct watch *watch = index_thing(entry, struct watch, entry);

		if (watch->path_length == length && memcmp(watch->path, path, length) == 0 &&
		    depth <= watch->depth && may_hear(watches, watch->owner, now, before))
			event_add(watches, watch, path, whole);
	}
}

static uint32_t levels(const char *path, size_t length)
{
	uint32_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += path[i] == '/';
	return length > 1 ? count : 0;
}

void watch_fire(struct watches *watches, const char *path, size_t length, bool exact,
		const struct witness *now, const struct witness *before)
{
	uint32_t depth = levels(path, length);
	uint64_t hash = hash_start();

	if (exact || path[0] == '@') {
		fire_at(watches, path_hash(path, length), path, length, length, 0, now, before);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		/* Before each '/' a path above ends; the root is its '/'. */
		if (path[i] == '/' && i > 0)
			fire_at(watches, hash_end(hash), path, i, length, --depth, now, before);
		hash = hash_byte(hash, (uint8_t)path[i]);
		if (i == 0 && length > 1)
			fire_at(watches, hash_end(hash), path, 1, length, depth, now, before);
	}
	fire_at(watches, hash_end(hash), path, length, length, 0, now, before);
}

size_t event_length(const struct watch_owner *owner)
{
	const struct event *event = owner->oldest;

	if (!event)
		return 0;
	return event->path_length - event->watch->relative + 1u + event->watch->token_length + 1u;
}

void event_take(struct watches *watches, struct watch_owner *owner, char *payload)
{
	struct event *event = owner->oldest;
	struct watch *watch = event->watch;
	size_t length = event->path_length - watch->relative;

	memcpy(payload, event->path + watch->relative, length);
	payload[length] = '\0';
	memcpy(payload + length + 1, watch->token, watch->token_length);
	payload[length + 1 + watch->token_length] = '\0';
	if (event->path_length == watch->path_length)
		watch->collapsed = false;
	event_forget(watches, event);
}
