/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/watch.h - watches, and the events they wait to tell.
 *
 * Watches are found by their path, so a change costs the depth of its path and
 * the number of watches that hear of it, not the number there are.  An event
 * that its client has not been told yet is not kept twice.  When a client has
 * too many of them waiting, a watch's events become one, for the watched path
 * itself: "look at everything again".  Pure.
 */
#pragma once

#include "dom0-tools/stored/tree.h"
#include "dom0-tools/stored/wire.h"

#define WATCH_DEPTH_ANY UINT32_MAX

struct watch_owner;

struct watch {
	struct index_entry entry;      /* in watches.by_path          */
	struct watch *next, *previous; /* of the same owner           */
	struct watch_owner *owner;
	uint32_t depth;	   /* levels below the path it hears of */
	uint32_t relative; /* bytes of the prefix its owner does not see */
	bool collapsed;	   /* one event stands for all    */
	uint32_t path_length, token_length;
	char *token;
	char path[];
};

struct event {
	struct index_entry entry;      /* in watches.waiting   */
	struct event *next, *previous; /* of the same owner    */
	struct watch *watch;
	uint32_t path_length;
	char path[];
};

/* A connection's watches and what waits for it. */
struct watch_owner {
	uint16_t domid;
	struct watch *first;
	struct event *oldest, *newest;
	uint32_t nr_watches, nr_events;
	uint32_t most_events;
};

struct watches {
	struct index by_path; /* watch, by path           */
	struct index waiting; /* event, by watch and path */
	const struct accounts *accounts;
	/* Told when an owner has something to hear that had nothing before. */
	void (*awaken)(struct watch_owner *owner);
};

/* Who may hear of a change: readers of the node as it is or as it was. */
struct witness {
	const struct perm_list *perms;
	uint64_t generation;
};

/* NULL: no memory.  The watch's first event is already waiting unless `quiet`. */
struct watch *watch_add(struct watches *watches, struct watch_owner *owner,
			const struct wire_path *path, struct text token, uint32_t depth,
			bool quiet);
/* NULL: the owner has no such watch. */
struct watch *watch_find(struct watches *watches, const struct watch_owner *owner,
			 const struct wire_path *path, struct text token);
/* Its waiting events go with it. */
void watch_remove(struct watches *watches, struct watch *watch);
void watch_remove_all(struct watches *watches, struct watch_owner *owner);

/*
 * `path` has changed.  Watches of it hear of it, and those of the paths above
 * it unless it is `exact`.  `now` and `before` may be NULL for "none".
 */
void watch_fire(struct watches *watches, const char *path, size_t length, bool exact,
		const struct witness *now, const struct witness *before);
/* The watched path itself: after it was set, and after a restart. */
void watch_fire_one(struct watches *watches, struct watch *watch);

/* The length of the oldest event's payload, 0: none waits. */
size_t event_length(const struct watch_owner *owner);
/* Writes that payload and forgets the event. */
void event_take(struct watches *watches, struct watch_owner *owner, char *payload);
