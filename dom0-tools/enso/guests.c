/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/guests.c - guests.h says what it is for. */
#include "dom0-tools/enso/guests.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/store_batch.h"
#include "dom0-tools/lib/text.h"

#define NAME_PATH_ROOM 32

/* Names of `count` guests, all in one round trip. */
static int read_names(struct invocation *invocation, struct guest *guests, size_t count)
{
	char(*paths)[NAME_PATH_ROOM] = calloc(count + 1, sizeof(*paths));
	const char **pointers = calloc(count + 1, sizeof(*pointers));
	char **values = calloc(count + 1, sizeof(*values));
	int result = -ENOMEM;

	if (paths && pointers && values) {
		for (size_t i = 0; i < count; i++) {
			snprintf(paths[i], sizeof(paths[i]), "/local/domain/%u/name",
				 guests[i].info.domid);
			pointers[i] = paths[i];
		}
		result = store_read_many(pointers, count, values, &invocation->failure);
		if (result)
			invocation->exit = result == -EACCES ? EXIT_PERMISSION : EXIT_UNAVAILABLE;
	} else {
		(void)failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	}
	for (size_t i = 0; !result && i < count; i++) {
		const char *name = values[i] ? values[i] : guests[i].info.domid ? "" : "Domain-0";

		snprintf(guests[i].name, sizeof(guests[i].name), "%s", name);
		free(values[i]);
	}
	free(paths);
	free(pointers);
	free(values);
	return result;
}

/* The list without names. */
static int list_unnamed(struct invocation *invocation, struct guest **guests, size_t *count)
{
	struct domain_info *domains;
	int result = invocation_need_hypervisor(invocation);

	*guests = NULL;
	if (result)
		return result;
	result = domain_list(invocation->hypervisor, &domains, count, &invocation->failure);
	if (result)
		return result;
	*guests = calloc(*count + 1, sizeof(**guests));
	if (!*guests)
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	else
		for (size_t i = 0; i < *count; i++)
			(*guests)[i].info = domains[i];
	free(domains);
	return result;
}

int guests_list(struct invocation *invocation, struct guest **guests, size_t *count)
{
	int result = list_unnamed(invocation, guests, count);

	if (!result)
		result = read_names(invocation, *guests, *count);
	if (result) {
		free(*guests);
		*guests = NULL;
	}
	return result;
}

static int lookup_id(struct invocation *invocation, uint64_t domid, struct guest *guest)
{
	int result = invocation_need_hypervisor(invocation);

	if (!result)
		result = domain_lookup(invocation->hypervisor, (uint16_t)domid, &guest->info,
				       &invocation->failure);
	if (result != 1)
		return result;
	result = read_names(invocation, guest, 1);
	return result ? result : 1;
}

/* By uuid if `uuid` is given, else by name.  A dying one only if there is no other. */
static int lookup_in_list(struct invocation *invocation, const char *name, const uint8_t *uuid,
			  struct guest *guest)
{
	struct guest *guests;
	size_t count;
	int result = guests_list(invocation, &guests, &count);
	bool found = false;

	for (size_t i = 0; !result && i < count && !(found && !guest->info.dying); i++) {
		const struct guest *at = &guests[i];

		if (uuid ? memcmp(at->info.uuid, uuid, sizeof(at->info.uuid)) != 0
			 : strcmp(at->name, name) != 0)
			continue;
		*guest = *at;
		found = true;
	}
	free(guests);
	return result ? result : found;
}

int guests_lookup(struct invocation *invocation, const char *word, struct guest *guest)
{
	uint8_t uuid[UUID_BYTES];
	uint64_t domid;

	memset(guest, 0, sizeof(*guest));
	if (text_parse_number(word, 0, DOMID_FIRST_RESERVED - 1, &domid))
		return lookup_id(invocation, domid, guest);
	if (uuid_parse(word, uuid))
		return lookup_in_list(invocation, NULL, uuid, guest);
	return lookup_in_list(invocation, word, NULL, guest);
}

int guests_find(struct invocation *invocation, const char *word, struct guest *guest)
{
	int result = guests_lookup(invocation, word, guest);
	char object[128];

	if (result)
		return result < 0 ? result : 0;
	snprintf(object, sizeof(object), "guest %s", word);
	return failure_set(&invocation->failure, ESRCH, object, "`enso list` shows those there are",
			   "there is no such guest");
}

int guests_find_guest(struct invocation *invocation, const char *word, struct guest *guest)
{
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_find(invocation, word, guest);
	if (result || guest->info.domid != 0)
		return result;
	return failure_set(&invocation->failure, EPERM, "Domain-0", "name a guest",
			   "it is the domain you are in, and not to be handled so");
}

int guests_selected(struct invocation *invocation, struct guest **guests, size_t *count)
{
	const struct arguments *arguments = &invocation->arguments;
	int result = 0;

	if (arguments->count == 0)
		return guests_list(invocation, guests, count);
	*count = 0;
	*guests = calloc((size_t)arguments->count, sizeof(**guests));
	if (!*guests)
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	for (; !result && *count < (size_t)arguments->count; (*count)++)
		result = guests_find(invocation, arguments->words[*count], &(*guests)[*count]);
	if (result) {
		free(*guests);
		*guests = NULL;
	}
	return result;
}

const char *guest_label(const struct guest *guest)
{
	static char label[GUEST_NAME_MAX + 16];

	if (guest->name[0])
		snprintf(label, sizeof(label), "guest %s", guest->name);
	else
		snprintf(label, sizeof(label), "domain %u", guest->info.domid);
	return label;
}

void guest_describe(const struct guest *guest, struct json_object *object)
{
	char uuid[UUID_TEXT];

	output_add_number(object, "id", guest->info.domid);
	output_add_text(object, "name", guest->name[0] ? guest->name : NULL);
	output_add_text(object, "uuid", uuid_write(uuid, guest->info.uuid));
}

int guests_check_name(struct invocation *invocation, const char *name)
{
	size_t length = strlen(name);
	const char *why = NULL;

	if (length == 0 || length > GUEST_NAME_MAX)
		why = "a name has 1 to 127 characters";
	else if (!isalnum((unsigned char)name[0]))
		why = "a name begins with a letter or digit";
	else if (strspn(name, "0123456789") == length)
		why = "a name of only digits would be an id";
	for (size_t i = 0; !why && i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._+-", name[i]))
			why = "a name has letters, digits and . _ + - only";
	if (!why)
		return 0;
	invocation->exit = EXIT_USAGE;
	return failure_set(&invocation->failure, EINVAL, name, "choose another", "%s", why);
}
