/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/lifecycle.c - the commands that change what a guest does at once:
 * destroy, pause, unpause, rename, sysrq, trigger.  shutdown.c has those that ask.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/build.h"
#include "dom0-tools/builder/guest_files.h"
#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/kept.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/lib/progress.h"
#include "dom0-tools/lib/text.h"
#include "dom0-tools/lib/vcpu.h"

typedef int (*guest_action_t)(struct invocation *invocation, struct guest *guest);

/*
 * Does it to every guest named, all of which must be there before the first is
 * touched, and goes on after a failure: the first one is told in the end.
 */
static int for_each_named(struct invocation *invocation, guest_action_t action, bool with_state)
{
	struct json_object *document = NULL, *array = NULL;
	struct guest *guests;
	size_t count;
	int result = guests_selected(invocation, &guests, &count), first = 0;

	if (result)
		return result;
	if (invocation->json) {
		document = output_begin(invocation);
		array = output_add_array(document, "guests");
	}
	for (size_t i = 0; i < count; i++) {
		struct json_object *object;

		result = action(invocation, &guests[i]);
		first = first ? first : result;
		if (result || !array)
			continue;
		object = output_append_object(array);
		guest_describe(&guests[i], object);
		if (with_state)
			output_add_text(object, "state", guest_state_of(&guests[i].info).name);
	}
	free(guests);
	if (document && !first)
		return output_print(invocation, document);
	output_drop(document);
	return first;
}

static int refuse_dom0(struct invocation *invocation, const struct guest *guest, const char *what)
{
	if (guest->info.domid != 0)
		return 0;
	return failure_set(&invocation->failure, EPERM, "Domain-0", "name a guest",
			   "it cannot be %s: you are in it", what);
}

static int destroy_one(struct invocation *invocation, struct guest *guest)
{
	int result = refuse_dom0(invocation, guest, "destroyed");
	struct progress progress = {.runs = false};

	if (!result)
		result = invocation_need_store(invocation);
	if (result)
		return result;
	progress_begin(&progress, "destroying the guest", 0);
	result = guest_destroy(invocation->hypervisor, invocation->store, guest->info.domid,
			       &invocation->failure);
	progress_end(&progress);
	return result;
}

int command_destroy(struct invocation *invocation)
{
	return for_each_named(invocation, destroy_one, false);
}

static int pause_one(struct invocation *invocation, struct guest *guest)
{
	int result = refuse_dom0(invocation, guest, "paused");

	if (!result && guest->info.paused)
		result = failure_set(&invocation->failure, EALREADY, guest_label(guest),
				     "`enso unpause` lets it run", "it is paused already");
	if (!result)
		result = domain_pause(invocation->hypervisor, guest->info.domid,
				      &invocation->failure);
	guest->info.paused = true;
	return result;
}

int command_pause(struct invocation *invocation)
{
	return for_each_named(invocation, pause_one, true);
}

static int unpause_one(struct invocation *invocation, struct guest *guest)
{
	int result = refuse_dom0(invocation, guest, "unpaused");

	if (!result && !guest->info.paused)
		result = failure_set(&invocation->failure, EALREADY, guest_label(guest), NULL,
				     "it is not paused");
	if (!result)
		result = domain_unpause(invocation->hypervisor, guest->info.domid,
					&invocation->failure);
	guest->info.paused = false;
	return result;
}

int command_unpause(struct invocation *invocation)
{
	return for_each_named(invocation, unpause_one, true);
}

/* What one transaction of a renaming writes. */
struct renaming {
	const struct guest *guest;
	const char *name;
	char uuid[UUID_TEXT];
};

static int write_name(struct store *store, store_transaction_t transaction, void *context,
		      struct failure *failure)
{
	const struct renaming *renaming = context;
	char path[64], vm[80];
	int result;

	snprintf(path, sizeof(path), "/local/domain/%u/name", renaming->guest->info.domid);
	result = store_write(store, transaction, path, failure, "%s", renaming->name);
	if (result)
		return result;
	snprintf(vm, sizeof(vm), "/vm/%s/name", renaming->uuid);
	result = store_exists(store, transaction, failure, "%s", vm);
	if (result != 1)
		return result;
	return store_write(store, transaction, vm, failure, "%s", renaming->name);
}

static int change_name(struct guest_config *config, void *context, struct failure *failure)
{
	char *name = strdup(context);

	if (!name)
		return failure_set(failure, ENOMEM, "enso", NULL, "out of memory");
	free(config->name);
	config->name = name;
	return 1;
}

/* The name is free, and nobody else may take it meanwhile. */
static int rename_locked(struct invocation *invocation, const struct guest *guest,
			 struct renaming *renaming)
{
	struct guest other;
	int result = guests_lookup(invocation, renaming->name, &other);

	if (result < 0)
		return result;
	if (result && other.info.domid != guest->info.domid && !other.info.dying)
		return failure_set(&invocation->failure, EEXIST, guest_label(&other),
				   "choose another name", "there is a guest of this name, id %u",
				   other.info.domid);
	result = store_transact(invocation->store, write_name, renaming, &invocation->failure);
	return result ? result
		      : kept_change(invocation, guest, change_name, (void *)renaming->name);
}

static int print_renamed(struct invocation *invocation, struct guest *guest, const char *name)
{
	struct json_object *document = output_begin(invocation), *object;

	object = output_add_object(document, "guest");
	output_add_text(document, "old_name", guest->name);
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	guest_describe(guest, object);
	return output_print(invocation, document);
}

int command_rename(struct invocation *invocation)
{
	const char *const *words = invocation->arguments.words;
	struct renaming renaming = {.name = words[1]};
	struct guest guest;
	int result, lock = -1;

	result = guests_check_name(invocation, words[1]);
	if (!result)
		result = guests_find_guest(invocation, words[0], &guest);
	if (result)
		return result;
	renaming.guest = &guest;
	uuid_write(renaming.uuid, guest.info.uuid);
	result = guest_files_lock_name(words[1], &lock, &invocation->failure);
	if (!result)
		result = rename_locked(invocation, &guest, &renaming);
	guest_files_unlock_name(lock);
	return result || !invocation->json ? result : print_renamed(invocation, &guest, words[1]);
}

/* A guest that can be asked through the store. */
static int find_live(struct invocation *invocation, const char *word, struct guest *guest)
{
	int result = guests_find_guest(invocation, word, guest);

	if (!result && (guest->info.dying || guest->info.shut_down))
		result = failure_set(&invocation->failure, EBUSY, guest_label(guest), NULL,
				     "it is %s", guest_state_of(&guest->info).name);
	return result;
}

int command_sysrq(struct invocation *invocation)
{
	const char *key = invocation->arguments.words[1];
	struct json_object *document;
	struct guest guest;
	char path[64];
	int result;

	if (strlen(key) != 1)
		return invocation_misused(invocation, "KEY is one character, not '%s'", key);
	result = find_live(invocation, invocation->arguments.words[0], &guest);
	if (result)
		return result;
	snprintf(path, sizeof(path), "/local/domain/%u", guest.info.domid);
	result = store_write_below(invocation->store, path, "control/sysrq", &invocation->failure,
				   "%s", key);
	if (result || !invocation->json)
		return result;
	document = output_begin(invocation);
	guest_describe(&guest, output_add_object(document, "guest"));
	output_add_text(document, "key", key);
	return output_print(invocation, document);
}

int command_trigger(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct json_object *document;
	uint64_t vcpu = 0;
	struct guest guest;
	int result;

	if (strcmp(arguments->words[1], "nmi") != 0)
		return invocation_misused(invocation, "there is no event '%s', only nmi",
					  arguments->words[1]);
	if (arguments->count > 2 && !argument_number(arguments->words[2], &vcpu))
		return invocation_misused(invocation, "VCPU is a number, not '%s'",
					  arguments->words[2]);
	result = find_live(invocation, arguments->words[0], &guest);
	if (result)
		return result;
	if (vcpu >= guest.info.vcpus_max)
		return failure_set(&invocation->failure, ENOENT, guest_label(&guest), NULL,
				   "it has no vCPU %lu, only 0 to %u", (unsigned long)vcpu,
				   guest.info.vcpus_max - 1);
	result = vcpu_send_trigger(invocation->hypervisor, guest.info.domid, (uint32_t)vcpu,
				   VCPU_TRIGGER_NMI, &invocation->failure);
	if (result || !invocation->json)
		return result;
	document = output_begin(invocation);
	guest_describe(&guest, output_add_object(document, "guest"));
	output_add_text(document, "event", "nmi");
	output_add_number(document, "vcpu", vcpu);
	return output_print(invocation, document);
}
