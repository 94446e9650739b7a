/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/events.c - the commands wait and events: what happens to guests,
 * found by comparing the list of domains before and after the store's word that
 * something did.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/enso/waiting.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"

/* Pausing and the like is nobody's to announce: then a look every so often. */
#define LOOK_MS	      2000
#define LOOK_CLOSE_MS 200
/* More than ensod lets that file become. */
#define ENDS_MOST (256 << 10)

static int print_waited(struct invocation *invocation, const struct waiting *waiting)
{
	struct json_object *document;

	if (!invocation->json)
		return 0;
	document = output_begin(invocation);
	output_add_text(document, "guest", invocation->arguments.words[0]);
	output_add_text(document, "state", invocation->arguments.words[1]);
	output_add_number(document, "waited_ms", waiting_passed_ms(waiting));
	return output_print(invocation, document);
}

/* It was there when the wait began, and is not now: only these are then still possible. */
static bool can_come_true(const char *state, bool there)
{
	return there || !strcmp(state, "absent") || !strcmp(state, "down") ||
	       !strcmp(state, "present") || !strcmp(state, "running");
}

static int wait_timed_out(struct invocation *invocation, const struct guest *guest, bool there)
{
	char object[128];

	snprintf(object, sizeof(object), "guest %s", invocation->arguments.words[0]);
	return failure_set(&invocation->failure, ETIMEDOUT, object, NULL,
			   "it is not %s after %s s, but %s", invocation->arguments.words[1],
			   arguments_value(&invocation->arguments, "timeout"),
			   there ? guest_state_of(&guest->info).name : "absent");
}

int command_wait(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	const char *state = arguments->words[1];
	struct waiting waiting;
	struct guest guest;
	int result;

	if (!guest_state_known(state))
		return invocation_misused(invocation, "there is no state '%s'", state);
	result = waiting_begin(&waiting, invocation, arguments_number(arguments, "timeout", 0),
			       LOOK_CLOSE_MS);
	while (!result) {
		int found = guests_lookup(invocation, arguments->words[0], &guest);

		if (found < 0)
			return found;
		if (guest_state_is(found ? &guest.info : NULL, state))
			return print_waited(invocation, &waiting);
		if (!can_come_true(state, found))
			return guests_find(invocation, arguments->words[0], &guest);
		result = waiting_next(&waiting);
		if (result == 0)
			return wait_timed_out(invocation, &guest, found);
		result = result < 0 ? result : 0;
	}
	return result;
}

/* All guests at one moment. */
struct look {
	struct guest *guests;
	size_t count;
};

struct stream {
	struct invocation *invocation;
	uint64_t left; /* events still to be printed */
};

static bool wanted(const struct stream *stream, const struct guest *guest)
{
	const struct arguments *arguments = &stream->invocation->arguments;
	char uuid[UUID_TEXT], id[16];

	if (guest->info.domid == 0)
		return false;
	if (arguments->count == 0)
		return true;
	uuid_write(uuid, guest->info.uuid);
	snprintf(id, sizeof(id), "%u", guest->info.domid);
	for (int i = 0; i < arguments->count; i++)
		if (!strcmp(arguments->words[i], guest->name) ||
		    !strcmp(arguments->words[i], uuid) || !strcmp(arguments->words[i], id))
			return true;
	return false;
}

static void write_time(char text[40])
{
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + strlen(text), 40 - strlen(text), ".%03ldZ", now.tv_nsec / 1000000);
}

static int print_event(struct stream *stream, const struct guest *guest,
		       const struct guest_event *event)
{
	struct json_object *document;
	char when[40];

	if (!stream->left || !wanted(stream, guest))
		return 0;
	stream->left--;
	write_time(when);
	if (!stream->invocation->json) {
		printf("%s %5u  %-9s  %-10s %s\n", when, guest->info.domid, event->name,
		       event->reason, guest->name[0] ? guest->name : "-");
		fflush(stdout);
		return 0;
	}
	document = output_begin(stream->invocation);
	output_add_text(document, "time", when);
	output_add_text(document, "event", event->name);
	output_add_number(document, "event_code", (uint64_t)event->code);
	guest_describe(guest, document);
	output_add_text(document, "reason", event->reason);
	output_add_number(document, "reason_code", (uint64_t)event->reason_code);
	return output_print_line(stream->invocation, document);
}

static int print_between(struct stream *stream, const struct guest *before,
			 const struct guest *after)
{
	struct guest_event event;
	int result = 0;

	for (unsigned int at = 0;
	     !result && guest_event_between(before ? &before->info : NULL,
					    after ? &after->info : NULL, at, &event);
	     at++)
		result = print_event(stream, after ? after : before, &event);
	return result;
}

/* How a guest ended that was gone before one looked: the last line about it in this file. */
static bool find_end(const struct domain_info *info, enum domain_end *end)
{
	char uuid[UUID_TEXT], start[UUID_TEXT + 16], *text, *line, *rest;
	bool found = false;
	uint64_t number;
	size_t count;

	if (files_read_whole(FILES_ENDS, ENDS_MOST, &text, &count, NULL))
		return false;
	snprintf(start, sizeof(start), "%u %s ", info->domid, uuid_write(uuid, info->uuid));
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (!strncmp(line, start, strlen(start)) &&
		    text_parse_number(line + strlen(start), 0, UINT8_MAX, &number)) {
			*end = (enum domain_end)number;
			found = true;
		}
	free(text);
	return found;
}

/*
 * A guest that has gone: ensod may have been quicker than we, and destroyed one that had
 * powered off.  Then its end is told too.
 */
static int print_going(struct stream *stream, const struct guest *before)
{
	struct guest ended = *before;
	int result = 0;

	if (!before->info.shut_down && !before->info.dying &&
	    find_end(&before->info, &ended.info.end)) {
		ended.info.shut_down = true;
		result = print_between(stream, before, &ended);
	}
	return result ? result : print_between(stream, &ended, NULL);
}

/* Both lists are by ascending id, so that one pass finds who came, stayed and went. */
static int print_differences(struct stream *stream, const struct look *before,
			     const struct look *after)
{
	size_t i = 0, j = 0;
	int result = 0;

	while (!result && (i < before->count || j < after->count)) {
		const struct guest *was = i < before->count ? &before->guests[i] : NULL;
		const struct guest *is = j < after->count ? &after->guests[j] : NULL;

		if (was && is && was->info.domid != is->info.domid) {
			if (was->info.domid < is->info.domid)
				is = NULL;
			else
				was = NULL;
		}
		i += was != NULL;
		j += is != NULL;
		result = was && (!is || is->info.dying) ? print_going(stream, was)
							: print_between(stream, was, is);
	}
	return result;
}

/* What there is at the start: the reader need not ask for it. */
static int print_present(struct stream *stream, const struct look *look)
{
	static const struct guest_event defined = {"defined", 0, "added", 0};
	int result = 0;

	for (size_t i = 0; !result && i < look->count; i++)
		result = print_event(stream, &look->guests[i], &defined);
	return result;
}

/* All but those without a name: they are half built, or nobody's. */
static int take_look(struct stream *stream, struct look *look)
{
	size_t kept = 0;
	int result = guests_list(stream->invocation, &look->guests, &look->count);

	for (size_t i = 0; !result && i < look->count; i++)
		if (look->guests[i].name[0])
			look->guests[kept++] = look->guests[i];
	look->count = kept;
	return result;
}

static int look_again(struct stream *stream, struct look *before)
{
	struct look after;
	int result = take_look(stream, &after);

	if (result)
		return result;
	result = print_differences(stream, before, &after);
	free(before->guests);
	*before = after;
	return result;
}

int command_events(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct stream stream = {invocation, arguments_number(arguments, "count", UINT64_MAX)};
	struct look look = {NULL, 0};
	struct waiting waiting;
	int result;

	result = waiting_begin(&waiting, invocation, arguments_number(arguments, "timeout", 0),
			       LOOK_MS);
	if (!result)
		result = take_look(&stream, &look);
	if (!result)
		result = print_present(&stream, &look);
	while (!result && stream.left) {
		result = waiting_next(&waiting);
		if (result == 0)
			break;
		result = result < 0 ? result : look_again(&stream, &look);
	}
	free(look.guests);
	return result;
}
