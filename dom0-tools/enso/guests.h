/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/guests.h - guests as people name them: by name, id or uuid.
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/enso/invocation.h"
#include "dom0-tools/lib/domain.h"

struct json_object;

struct guest {
	struct domain_info info;
	char name[GUEST_NAME_MAX + 1]; /* "" for one that the store does not know */
};

/*
 * All guests by ascending id, Domain-0 first; the array is the caller's to free.
 * One call for the list, one round trip with the store for the names.
 */
int MUST_CHECK
guests_list(struct invocation *invocation, struct guest **guests, size_t *count);

/*
 * The guest a person means: a number is an id, then a uuid, then a name.  Of two
 * of one name, the one that is not being destroyed.  ESRCH told if there is none.
 */
int MUST_CHECK
guests_find(struct invocation *invocation, const char *word, struct guest *guest);

/* The same; 1 found, 0 none, or a negative errno. */
int MUST_CHECK
guests_lookup(struct invocation *invocation, const char *word, struct guest *guest);

/* The same, but never Domain-0: EPERM told.  The store is open after it. */
int MUST_CHECK
guests_find_guest(struct invocation *invocation, const char *word, struct guest *guest);

/*
 * The guests a command line names, or all (with Domain-0) when it names none.
 * The array is the caller's to free.
 */
int MUST_CHECK
guests_selected(struct invocation *invocation, struct guest **guests, size_t *count);

/* "guest web1", or "domain 7" when it has no name: a failure's object. */
const char *guest_label(const struct guest *guest);

/* id, name, uuid. */
void guest_describe(const struct guest *guest, struct json_object *object);

/* Whether a guest may be called so; tells why not. */
int MUST_CHECK
guests_check_name(struct invocation *invocation, const char *name);
