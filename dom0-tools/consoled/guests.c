/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/guests.c - which guests there are: the hypervisor says who
 * lives, the store where their consoles are.  The store's daemon may go and come
 * back at any time; consoles that are open work on without it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dom0-tools/consoled/consoled.h"
#include "dom0-tools/lib/domain.h"

#define TOKEN "console"

/* Tells everybody where the terminal is, as xenconsole and `enso console` look for it. */
static int publish(struct consoled *daemon, const struct console *console, struct failure *failure)
{
	char path[64];

	int result;

	snprintf(path, sizeof(path), "/local/domain/%u", console->domid);
	result = store_write_below(daemon->store, path, "console/tty", failure, "%s",
				   console->terminal.name);
	/* Its nodes have gone: it is about to. */
	return result == -ENOENT ? 0 : result;
}

/* A node that may be missing: 1 read, 0 not there, negative errno. */
static int read_optional(struct store *store, uint16_t domid, const char *node, char **value)
{
	int result = store_read(store, STORE_NOW, value, NULL, "/local/domain/%u/%s", domid, node);

	return result == -ENOENT ? 0 : result < 0 ? result : 1;
}

/* Whether somebody else (a device model) serves this console. */
static bool is_others(struct store *store, uint16_t domid)
{
	char *type = NULL;
	bool others = false;

	if (read_optional(store, domid, "console/type", &type) == 1) {
		others = strcmp(type, "xenconsoled") != 0;
		free(type);
	}
	return others;
}

static void name_of(struct store *store, uint16_t domid, char *name, size_t room)
{
	char *value = NULL;

	if (read_optional(store, domid, "name", &value) == 1 && *value)
		snprintf(name, room, "%s", value);
	else
		snprintf(name, room, "domain-%u", domid);
	free(value);
}

/* What the store says of a console: 1 all there, 0 not (yet), negative errno. */
static int find_place(struct store *store, const struct domain_info *domain,
		      struct console_place *place)
{
	uint16_t domid = domain->domid;
	uint64_t port;

	*place = (struct console_place){.domid = domid};
	memcpy(place->uuid, domain->uuid, sizeof(place->uuid));
	if (store_read_number(store, STORE_NOW, &place->frame, NULL,
			      "/local/domain/%u/console/ring-ref", domid) ||
	    store_read_number(store, STORE_NOW, &port, NULL, "/local/domain/%u/console/port",
			      domid) ||
	    port > UINT32_MAX)
		return 0;
	place->port = (uint32_t)port;
	if (store_read_number(store, STORE_NOW, &place->limit, NULL,
			      "/local/domain/%u/console/limit", domid))
		place->limit = 0;
	name_of(store, domid, place->name, sizeof(place->name));
	return 1;
}

/* The nodes are not whole: be told when they are written to. */
static void watch_nodes(struct consoled *daemon, uint16_t domid)
{
	char path[64];

	if (daemon->watched[domid])
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	daemon->watched[domid] = store_watch(daemon->store, path, TOKEN, NULL) == 0;
}

static void unwatch_nodes(struct consoled *daemon, uint16_t domid)
{
	char path[64];

	if (!daemon->watched[domid] || !daemon->store)
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	(void)!store_unwatch(daemon->store, path, TOKEN, NULL);
	daemon->watched[domid] = false;
}

/* A guest's log is called as the guest is: tell us of a change. */
static void watch_name(struct consoled *daemon, struct console *console)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", console->domid);
	if (store_watch(daemon->store, path, TOKEN, NULL))
		daemon_log("warning", "guest %s: if it is renamed its log is not", console->name);
}

static void unwatch_name(struct consoled *daemon, const struct console *console)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", console->domid);
	if (daemon->store)
		(void)!store_unwatch(daemon->store, path, TOKEN, NULL);
}

/* Consoles that were told of as renamed, and those that have this name (NULL: none). */
static void follow_names(struct consoled *daemon, const char *name)
{
	for (uint16_t domid = 1; domid < DOMAINS_MAX; domid++) {
		struct console *console = daemon->consoles[domid];
		char *value;

		if (!console || !(console->renamed || (name && !strcmp(console->name, name))))
			continue;
		console->renamed = false;
		if (read_optional(daemon->store, domid, "name", &value) != 1)
			continue;
		if (*value)
			console_rename(console, value);
		free(value);
	}
}

static void try_to_open(struct consoled *daemon, const struct domain_info *domain)
{
	struct failure failure = {0};
	struct console_place place;
	struct console *console;

	/* A domain that is still being built is told of when it is introduced. */
	if (!store_is_introduced(daemon->store, domain->domid))
		return;
	if (!find_place(daemon->store, domain, &place)) {
		watch_nodes(daemon, domain->domid);
		return;
	}
	if (is_others(daemon->store, domain->domid))
		return;
	unwatch_nodes(daemon, domain->domid);
	/* Whoever had the name before may be called otherwise by now: its log is not the new one's.
	 */
	follow_names(daemon, place.name);
	console = console_open(daemon, &place, &failure);
	if (console)
		watch_name(daemon, console);
	if (console && publish(daemon, console, &failure) == 0)
		return;
	daemon_log("warning", "%s: %s", failure.object, failure.cause);
}

/* Lets go of the console of a domain that is gone, or whose number another one has. */
static void close_if_gone(struct consoled *daemon, struct console *console,
			  const struct domain_info *domain)
{
	/* A dead one that is kept has got another uuid, and a name to it (ensod's rename-restart).
	 */
	if (domain && domain->shut_down && !domain->dying && daemon->store &&
	    memcmp(domain->uuid, console->uuid, sizeof(console->uuid)) != 0) {
		memcpy(console->uuid, domain->uuid, sizeof(console->uuid));
		console->renamed = true;
		follow_names(daemon, NULL);
	}
	if (!domain || domain->dying ||
	    memcmp(domain->uuid, console->uuid, sizeof(console->uuid)) != 0) {
		unwatch_name(daemon, console);
		console_close(daemon, console);
	}
}

void guests_look(struct consoled *daemon)
{
	struct failure failure = {0};
	struct domain_info *domains;
	size_t count, index = 0;

	daemon->look_needed = false;
	if (daemon->store)
		follow_names(daemon, NULL);
	if (domain_list(daemon->hypervisor, &domains, &count, &failure)) {
		daemon_log("error", "%s: %s", failure.object, failure.cause);
		return;
	}
	/* Both are in ascending order. */
	for (uint16_t domid = 1; domid < DOMAINS_MAX; domid++) {
		const struct domain_info *domain;

		while (index < count && domains[index].domid < domid)
			index++;
		domain = index < count && domains[index].domid == domid ? &domains[index] : NULL;
		if (daemon->consoles[domid])
			close_if_gone(daemon, daemon->consoles[domid], domain);
		if (!domain && daemon->watched[domid])
			unwatch_nodes(daemon, domid);
		if (domain && !domain->dying && !daemon->consoles[domid] && daemon->store)
			try_to_open(daemon, domain);
	}
	free(domains);
}

void guests_disconnect(struct consoled *daemon)
{
	if (!daemon->store)
		return;
	(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, store_descriptor(daemon->store), NULL);
	store_close(daemon->store);
	daemon->store = NULL;
	memset(daemon->watched, 0, sizeof(daemon->watched));
	daemon_log("warning", "the store's daemon has gone; guests without a console yet wait");
}

static int begin(struct consoled *daemon, struct failure *failure)
{
	int result = store_watch(daemon->store, "@introduceDomain", TOKEN, failure);

	if (!result)
		result = store_watch(daemon->store, "@releaseDomain", TOKEN, failure);
	if (!result)
		result = daemon_listen(daemon, store_descriptor(daemon->store), WAKE_STORE, 0);
	for (uint32_t domid = 1; domid < DOMAINS_MAX && !result; domid++)
		if (daemon->consoles[domid]) {
			result = publish(daemon, daemon->consoles[domid], failure);
			watch_name(daemon, daemon->consoles[domid]);
		}
	return result;
}

bool guests_connect(struct consoled *daemon)
{
	struct failure failure = {0};

	if (store_open(&daemon->store, &failure))
		return false;
	if (begin(daemon, &failure)) {
		store_close(daemon->store);
		daemon->store = NULL;
		return false;
	}
	daemon->look_needed = true;
	return true;
}

void guests_hear(struct consoled *daemon)
{
	struct store_event event;
	uint16_t domid;
	char node[5];
	int result;

	while ((result = store_next_event(daemon->store, 0, &event, NULL)) == 1) {
		daemon->look_needed = true;
		if (sscanf(event.path, "/local/domain/%hu/%4s", &domid, node) == 2 &&
		    !strcmp(node, "name") && domid < DOMAINS_MAX && daemon->consoles[domid])
			daemon->consoles[domid]->renamed = true;
		store_event_free(&event);
	}
	if (result < 0)
		guests_disconnect(daemon);
}
