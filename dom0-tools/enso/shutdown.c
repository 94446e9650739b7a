/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/shutdown.c - the commands that ask guests to end: shutdown and
 * reboot.  A guest is asked by a word in its part of the store, which it takes away
 * when it begins; that much is all one can see of its good will.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/build.h"
#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/kept.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/enso/waiting.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/progress.h"
#include "dom0-tools/lib/text.h"

/* While this is there ensod starts nothing again: the host goes down.  ensod removes it when it
 * starts. */
#define STOPPING_FILE FILES_RUN "/stopping"
#define TELL_EVERY_MS 5000
#define GOING	      "waiting for it to shut down"
/* Who takes a dead guest away needs a moment; where nobody does, it is down as it is. */
#define GONE_MS 5000

struct leaving {
	struct guest guest;
	bool goes;	   /* when it has ended, its domain is taken away */
	uint64_t ended_ms; /* passed when it was first seen ended, 0: not yet */
	bool asked, down, destroyed;
};

struct departure {
	struct invocation *invocation;
	const char *word; /* "poweroff" or "reboot" */
	struct leaving *guests;
	size_t count;
};

/* What was asked for its end says that its domain goes then: its name is free again. */
static bool does_go(struct departure *departure, const struct guest *guest)
{
	struct guest_config *config;
	enum guest_action action;
	bool kept;

	if (kept_read(departure->invocation, guest, &config, &kept))
		return false;
	action = strcmp(departure->word, "reboot") ? config->on_poweroff : config->on_reboot;
	guest_config_free(config);
	return kept && action != GUEST_ACTION_PRESERVE && action != GUEST_ACTION_RENAME_RESTART;
}

static int ask(struct departure *departure, struct leaving *leaving)
{
	struct invocation *invocation = departure->invocation;
	const struct domain_info *info = &leaving->guest.info;
	char path[64];
	int result;

	if (info->dying || info->shut_down) {
		leaving->down = true;
		return 0;
	}
	leaving->goes = does_go(departure, &leaving->guest);
	snprintf(path, sizeof(path), "/local/domain/%u", info->domid);
	result = store_write_below(invocation->store, path, "control/shutdown",
				   &invocation->failure, "%s", departure->word);
	leaving->asked = result == 0;
	if (!result && info->paused)
		fprintf(stderr, "enso: %s: is paused and cannot answer; `enso unpause` lets it\n",
			guest_label(&leaving->guest));
	return result;
}

/*
 * Whether a guest has ended: the domain is gone, or dead and stays.  After a reboot,
 * ensod has made another domain of the same uuid, so that this one is gone.
 */
static int look(struct departure *departure, struct leaving *leaving, uint64_t passed_ms)
{
	struct invocation *invocation = departure->invocation;
	struct domain_info info;
	int result;

	if (leaving->down)
		return 0;
	result = domain_lookup(invocation->hypervisor, leaving->guest.info.domid, &info,
			       &invocation->failure);
	if (result < 0)
		return result;
	if (!result || memcmp(info.uuid, leaving->guest.info.uuid, sizeof(info.uuid)) != 0) {
		leaving->down = true;
	} else if (info.dying || info.shut_down) {
		if (!leaving->ended_ms)
			leaving->ended_ms = passed_ms + 1;
		leaving->down = !leaving->goes || passed_ms >= leaving->ended_ms + GONE_MS;
	}
	return 0;
}

static size_t late_count(const struct departure *departure)
{
	size_t late = 0;

	for (size_t i = 0; i < departure->count; i++)
		late += departure->guests[i].asked && !departure->guests[i].down;
	return late;
}

/* Who is late, and whether it has at least taken note. */
static void tell_late(struct departure *departure, uint64_t passed_ms)
{
	struct invocation *invocation = departure->invocation;

	for (size_t i = 0; i < departure->count; i++) {
		struct leaving *leaving = &departure->guests[i];
		char *word = NULL;

		if (!leaving->asked || leaving->down)
			continue;
		if (store_read(invocation->store, STORE_NOW, &word, NULL, "/local/domain/%u",
			       leaving->guest.info.domid))
			word = NULL;
		fprintf(stderr, "enso: %s: not down after %lu s; it has %s\n",
			guest_label(&leaving->guest), (unsigned long)(passed_ms / 1000),
			word && *word ? "not taken note of the request" : "begun to shut down");
		free(word);
	}
}

static int look_until_down(struct departure *departure, uint64_t seconds, struct progress *progress)
{
	struct waiting waiting;
	uint64_t told_ms = 0;
	int result = waiting_begin(&waiting, departure->invocation, seconds, 1000);

	while (!result) {
		for (size_t i = 0; !result && i < departure->count; i++)
			result =
				look(departure, &departure->guests[i], waiting_passed_ms(&waiting));
		if (result || !late_count(departure))
			return result;
		if (waiting_passed_ms(&waiting) >= told_ms + TELL_EVERY_MS) {
			told_ms = waiting_passed_ms(&waiting);
			progress_end(progress);
			tell_late(departure, told_ms);
			progress_begin(progress, GOING, 0);
		}
		result = waiting_next(&waiting);
		if (result == 0)
			return -ETIMEDOUT;
		result = result < 0 ? result : 0;
	}
	return result;
}

static int wait_for_all(struct departure *departure, uint64_t seconds)
{
	struct progress progress = {.runs = false};
	int result;

	progress_begin(&progress, GOING, 0);
	result = look_until_down(departure, seconds, &progress);
	progress_end(&progress);
	return result;
}

static int destroy_late(struct departure *departure)
{
	struct invocation *invocation = departure->invocation;
	int first = 0;

	for (size_t i = 0; i < departure->count; i++) {
		struct leaving *leaving = &departure->guests[i];
		int result;

		if (leaving->down)
			continue;
		result = guest_destroy(invocation->hypervisor, invocation->store,
				       leaving->guest.info.domid, &invocation->failure);
		leaving->down = leaving->destroyed = result == 0;
		first = first ? first : result;
	}
	return first;
}

/* Whether the domain that follows a rebooted one runs. */
static int look_for_successor(struct departure *departure, struct leaving *leaving)
{
	struct invocation *invocation = departure->invocation;
	char uuid[UUID_TEXT];
	struct guest guest;
	int result = guests_lookup(invocation, uuid_write(uuid, leaving->guest.info.uuid), &guest);

	if (result < 0)
		return result;
	leaving->down = result == 0 || guest.info.domid == leaving->guest.info.domid ||
			guest.info.dying || guest.info.shut_down || guest.info.paused;
	return 0;
}

static int wait_for_successors(struct departure *departure, uint64_t seconds)
{
	struct waiting waiting;
	int result = waiting_begin(&waiting, departure->invocation, seconds, 500);

	while (!result) {
		const struct leaving *missing = NULL;

		for (size_t i = 0; !result && i < departure->count; i++) {
			result = look_for_successor(departure, &departure->guests[i]);
			if (departure->guests[i].down)
				missing = &departure->guests[i];
		}
		if (result || !missing)
			return result;
		result = waiting_next(&waiting);
		if (result == 0)
			return failure_set(&departure->invocation->failure, ETIMEDOUT,
					   guest_label(&missing->guest),
					   "see that ensod runs, and what its log says",
					   "it is down, and not started again after %lu s",
					   (unsigned long)seconds);
		result = result < 0 ? result : 0;
	}
	return result;
}

static int fail_late(struct departure *departure, uint64_t seconds)
{
	const struct leaving *late = departure->guests;
	size_t count = late_count(departure);
	char cause[96] = "";

	while (late->down)
		late++;
	if (count > 1)
		snprintf(cause, sizeof(cause), ", nor are %zu others", count - 1);
	return failure_set(&departure->invocation->failure, ETIMEDOUT, guest_label(&late->guest),
			   "`enso console` shows what it does, `enso destroy` ends it",
			   "it is not down after %lu s%s", (unsigned long)seconds, cause);
}

static int print_guests(struct departure *departure)
{
	struct json_object *document = output_begin(departure->invocation);
	struct json_object *array = output_add_array(document, "guests");

	for (size_t i = 0; i < departure->count; i++) {
		const struct leaving *leaving = &departure->guests[i];
		struct json_object *object = output_append_object(array);

		guest_describe(&leaving->guest, object);
		output_add_flag(object, "asked", leaving->asked);
		output_add_flag(object, "down", leaving->down);
		output_add_flag(object, "destroyed", leaving->destroyed);
	}
	return output_print(departure->invocation, document);
}

/* Those named, or with --all every guest that is there. */
static int select_guests(struct departure *departure)
{
	struct invocation *invocation = departure->invocation;
	struct guest *guests;
	size_t count;
	bool all = arguments_has(&invocation->arguments, "all");
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_selected(invocation, &guests, &count);
	if (result)
		return result;
	departure->guests = calloc(count + 1, sizeof(*departure->guests));
	if (!departure->guests)
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	for (size_t i = 0; !result && i < count; i++) {
		if (guests[i].info.domid != 0)
			departure->guests[departure->count++].guest = guests[i];
		else if (!all)
			result = failure_set(&invocation->failure, EPERM, "Domain-0",
					     "use the host's own shutdown",
					     "it is the domain you are in");
	}
	free(guests);
	return result;
}

static int leave(struct departure *departure)
{
	const struct arguments *arguments = &departure->invocation->arguments;
	uint64_t seconds = arguments_number(arguments, "timeout", 60);
	int result = select_guests(departure), first = 0;

	if (result)
		return result;
	for (size_t i = 0; i < departure->count; i++) {
		result = ask(departure, &departure->guests[i]);
		first = first ? first : result;
	}
	if (first || !arguments_has(arguments, "wait"))
		return first;
	result = wait_for_all(departure, seconds);
	if (result == -ETIMEDOUT)
		result = arguments_has(arguments, "destroy") ? destroy_late(departure)
							     : fail_late(departure, seconds);
	else if (!result && !strcmp(departure->word, "reboot"))
		result = wait_for_successors(departure, seconds);
	return result;
}

static int stay_down(struct invocation *invocation)
{
	int result = files_make_directory(FILES_RUN, &invocation->failure);

	return result ? result : files_write_whole(STOPPING_FILE, "", 0, &invocation->failure);
}

static int depart(struct invocation *invocation, const char *word)
{
	struct departure departure = {.invocation = invocation, .word = word};
	int result = leave(&departure);

	if (!result && invocation->json)
		result = print_guests(&departure);
	free(departure.guests);
	return result;
}

int command_shutdown(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	bool all = arguments_has(arguments, "all");
	int result = 0;

	if (all == (arguments->count > 0))
		return invocation_misused(invocation, "name guests or give --all, one of both");
	if (arguments_has(arguments, "destroy") && !arguments_has(arguments, "wait"))
		return invocation_misused(invocation, "--destroy needs --wait");
	if (arguments_has(arguments, "stay-down")) {
		if (!all)
			return invocation_misused(invocation, "--stay-down needs --all");
		result = stay_down(invocation);
	}
	return result ? result : depart(invocation, "poweroff");
}

int command_reboot(struct invocation *invocation)
{
	return depart(invocation, "reboot");
}
