/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/diagnostics.c - diagnostics.h says what it is for. */
#include "dom0-tools/config/diagnostics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void diagnostics_init(struct diagnostics *diagnostics)
{
	memset(diagnostics, 0, sizeof(*diagnostics));
}

void diagnostics_free(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->kept_count; i++) {
		free(diagnostics->kept[i].file);
		free(diagnostics->kept[i].what);
		free(diagnostics->kept[i].text);
	}
	diagnostics_init(diagnostics);
}

/* A file's own bytes are in messages: none may move the cursor or ring the bell. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
		/* The controls of U+0080 on: terminals obey those too. */
		if ((unsigned char)*text == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80)
			text[0] = text[1] = '?';
	}
}

/* A text cut at `room` may end inside a UTF-8 character; takes what is left of it away. */
static void trim_character(char *text, size_t room)
{
	size_t length = strlen(text), begin = length;

	if (length + 1 < room)
		return;
	while (begin && ((unsigned char)text[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (begin && ((unsigned char)text[begin - 1] & 0xc0) == 0xc0)
		text[begin - 1] = 0;
}

static char *printable_copy(const char *text)
{
	char *copy = strndup(text, DIAGNOSTIC_TEXT);

	if (copy) {
		trim_character(copy, DIAGNOSTIC_TEXT + 1);
		make_printable(copy);
	}
	return copy;
}

/* The error goes before warnings when the list is full: it is what stops the guest. */
static struct diagnostic *room_for(struct diagnostics *diagnostics, enum severity severity)
{
	struct diagnostic *entry;

	if (diagnostics->kept_count < DIAGNOSTICS_KEPT)
		return &diagnostics->kept[diagnostics->kept_count++];
	entry = &diagnostics->kept[DIAGNOSTICS_KEPT - 1];
	if (severity != SEVERITY_ERROR || diagnostics->errors > 1)
		return NULL;
	free(entry->file);
	free(entry->what);
	free(entry->text);
	return entry;
}

void diagnostics_add(struct diagnostics *diagnostics, enum severity severity, const char *file,
		     struct place place, const char *what, const char *format, ...)
{
	char text[DIAGNOSTIC_TEXT];
	struct diagnostic *entry;
	va_list arguments;

	if (severity == SEVERITY_ERROR)
		diagnostics->errors++;
	else
		diagnostics->warnings++;
	entry = room_for(diagnostics, severity);
	if (!entry)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	trim_character(text, sizeof(text));
	*entry = (struct diagnostic){
		.file = strdup(file),
		.place = place,
		.severity = severity,
		.what = printable_copy(what ? what : ""),
		.text = printable_copy(text),
	};
}

static bool stands_before(struct place left, struct place right)
{
	return left.line < right.line || (left.line == right.line && left.column < right.column);
}

void diagnostics_sort(struct diagnostics *diagnostics, const char *file)
{
	struct diagnostic *kept = diagnostics->kept;
	size_t first = diagnostics->kept_count;

	while (first && kept[first - 1].file && strcmp(kept[first - 1].file, file) == 0)
		first--;
	for (size_t i = first + 1; i < diagnostics->kept_count; i++) {
		struct diagnostic moved = kept[i];
		size_t to = i;

		for (; to > first && stands_before(moved.place, kept[to - 1].place); to--)
			kept[to] = kept[to - 1];
		kept[to] = moved;
	}
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void print_place(char *text, size_t room, const struct diagnostic *entry)
{
	if (entry->place.line && entry->place.column)
		snprintf(text, room, "%s:%u:%u", or_empty(entry->file), entry->place.line,
			 entry->place.column);
	else if (entry->place.line)
		snprintf(text, room, "%s:%u", or_empty(entry->file), entry->place.line);
	else
		snprintf(text, room, "%s", or_empty(entry->file));
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *out)
{
	size_t all = diagnostics->errors + diagnostics->warnings;

	for (size_t i = 0; i < diagnostics->kept_count; i++) {
		const struct diagnostic *entry = &diagnostics->kept[i];
		char place[4096 + 32];

		print_place(place, sizeof(place), entry);
		fprintf(out, "%s: %s: %s%s%s\n", place,
			entry->severity == SEVERITY_ERROR ? "error" : "warning",
			or_empty(entry->what), entry->what && *entry->what ? ": " : "",
			entry->text ? entry->text : "out of memory");
	}
	if (all > diagnostics->kept_count)
		fprintf(out, "%zu more messages are not shown\n", all - diagnostics->kept_count);
}

int diagnostics_fail(const struct diagnostics *diagnostics, struct failure *failure)
{
	const struct diagnostic *first = NULL;
	char place[sizeof(failure->object)], remedy[sizeof(failure->remedy)] = "";

	if (!diagnostics->errors)
		return 0;
	for (size_t i = 0; i < diagnostics->kept_count && !first; i++)
		if (diagnostics->kept[i].severity == SEVERITY_ERROR)
			first = &diagnostics->kept[i];
	if (!first)
		return failure_set(failure, EINVAL, "guest's file", NULL, "%zu errors",
				   diagnostics->errors);
	print_place(place, sizeof(place), first);
	if (diagnostics->errors > 1)
		snprintf(remedy, sizeof(remedy), "`enso check` shows this and %zu more",
			 diagnostics->errors - 1);
	return failure_set(failure, EINVAL, place, remedy, "%s%s%s", or_empty(first->what),
			   first->what && *first->what ? ": " : "", or_empty(first->text));
}
