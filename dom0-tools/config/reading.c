/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/reading.c - reading.h says what it is for. */
#include "dom0-tools/config/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int load(int fd, const char *path, char **text, size_t *bytes, struct failure *failure)
{
	size_t length = 0, room = 64 << 10;
	char *buffer = malloc(room + 1);

	while (buffer) {
		ssize_t got = read(fd, buffer + length, room - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(buffer);
			return failure_set(failure, errno, path, NULL, "cannot be read: %m");
		}
		if (got == 0) {
			buffer[length] = 0;
			*text = buffer;
			*bytes = length;
			return 0;
		}
		length += (size_t)got;
		if (length > GUEST_FILE_MAX) {
			free(buffer);
			return failure_set(failure, EFBIG, path, "name a guest's file",
					   "has more than %u MiB: no guest's file is that long",
					   GUEST_FILE_MAX >> 20);
		}
		if (length == room) {
			char *grown = realloc(buffer, 2 * room + 1);

			if (!grown)
				free(buffer);
			buffer = grown;
			room *= 2;
		}
	}
	return failure_set(failure, ENOMEM, path, NULL, "out of memory");
}

int reading_load(const char *path, char **text, size_t *bytes, struct failure *failure)
{
	/* Not blocking: to open a pipe that nobody writes to would take for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;
	struct stat status;

	if (fd < 0)
		return failure_set(failure, errno, path, errno == ENOENT ? "check the name" : NULL,
				   "cannot be opened: %m");
	if (fstat(fd, &status) < 0)
		error = failure_set(failure, errno, path, NULL, "cannot be looked at: %m");
	else if (S_ISDIR(status.st_mode))
		error = failure_set(failure, EISDIR, path, "name a file in it", "is a folder");
	else if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		error = failure_set(failure, EINVAL, path, "name a guest's file",
				    "is neither a file nor a pipe");
	else if (fcntl(fd, F_SETFL, 0) < 0)
		error = failure_set(failure, errno, path, NULL, "cannot be read: %m");
	else
		error = load(fd, path, text, bytes, failure);
	close(fd);
	return error;
}

/* How many bytes the UTF-8 character at `at` has; 0: it is none. */
static size_t character_bytes(const unsigned char *at, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = at[0] < 0x80		 ? 1
			: (at[0] & 0xe0) == 0xc0 ? 2
			: (at[0] & 0xf0) == 0xe0 ? 3
			: (at[0] & 0xf8) == 0xf0 ? 4
						 : 0;
	uint32_t code;

	if (length < 2 || length > left)
		return length > left ? 0 : length;
	code = at[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return length;
}

bool reading_check_text(struct reading *reading)
{
	const unsigned char *text = (const unsigned char *)reading->text;
	size_t offset = 0, step;

	for (; offset < reading->bytes; offset += step) {
		step = character_bytes(text + offset, reading->bytes - offset);
		if (!step) {
			reading_error(reading, reading_place(reading, offset), "",
				      "byte 0x%02x is not UTF-8: save the file as UTF-8",
				      text[offset]);
			return false;
		}
		if (text[offset] == 0) {
			reading_error(reading, reading_place(reading, offset), "",
				      "there is a NUL byte: this is no text file");
			return false;
		}
	}
	return true;
}

struct place reading_place(const struct reading *reading, size_t offset)
{
	struct place place = {1, 1};
	const char *text = reading->text, *end = text + MIN(offset, reading->bytes), *line = text;

	while ((line = memchr(line, '\n', (size_t)(end - line)))) {
		text = ++line;
		place.line++;
	}
	place.column = (unsigned int)(end - text) + 1;
	return place;
}

static void add(struct reading *reading, enum severity severity, struct place place,
		const char *what, const char *format, va_list arguments)
{
	char text[DIAGNOSTIC_TEXT];

	vsnprintf(text, sizeof(text), format, arguments);
	diagnostics_add(reading->diagnostics, severity, reading->file, place, what, "%s", text);
}

void reading_error(struct reading *reading, struct place place, const char *what,
		   const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(reading, SEVERITY_ERROR, place, what, format, arguments);
	va_end(arguments);
}

void reading_warning(struct reading *reading, struct place place, const char *what,
		     const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(reading, SEVERITY_WARNING, place, what, format, arguments);
	va_end(arguments);
}

void reading_check_action(struct reading *reading, struct place place, const char *what,
			  enum guest_action action)
{
	if (action == GUEST_ACTION_DUMP_DESTROY)
		reading_warning(reading, place, what,
				"core dumps are not written: the guest is destroyed without one; "
				"\"preserve\" keeps it to be looked at");
	if (action == GUEST_ACTION_DUMP_RESTART)
		reading_warning(reading, place, what,
				"core dumps are not written: the guest is restarted without one; "
				"\"rename-restart\" keeps the dead one to be looked at");
}

/* Where the places of a field with an index are kept; NULL: it has only one. */
static struct place *indexed(struct reading *reading, enum guest_field field)
{
	switch (field) {
	case GUEST_FIELD_DISK:
		return reading->disks;
	case GUEST_FIELD_NETWORK:
		return reading->networks;
	case GUEST_FIELD_VCPU:
		return reading->vcpus;
	default:
		return NULL;
	}
}

void reading_note(struct reading *reading, enum guest_field field, size_t index, struct place place)
{
	struct place *places = indexed(reading, field);

	if (places && index < READING_PLACES)
		places[index] = place;
	reading->fields[field] = place;
}

void reading_set(struct reading *reading, char **slot, const char *text)
{
	free(*slot);
	*slot = text && *text ? strdup(text) : NULL;
	if (text && *text && !*slot)
		reading->out_of_memory = true;
}

static struct place place_of(struct reading *reading, const struct guest_config_fault *fault)
{
	struct place *places = indexed(reading, fault->field), place = {0};

	if (places && fault->index < READING_PLACES)
		place = places[fault->index];
	if (!place.line)
		place = reading->fields[fault->field];
	if (!place.line && fault->field == GUEST_FIELD_MEMORY_MAX)
		place = reading->fields[GUEST_FIELD_MEMORY];
	if (!place.line && fault->field == GUEST_FIELD_VCPUS_MAX)
		place = reading->fields[GUEST_FIELD_VCPUS];
	return place.line ? place : reading->root;
}

/* An error of that very place is told already: what follows from it is not news. */
static bool is_told(const struct reading *reading, size_t known, struct place place)
{
	if (place.line == reading->root.line && place.column == reading->root.column)
		return false;
	for (size_t i = 0; i < known; i++) {
		const struct diagnostic *entry = &reading->diagnostics->kept[i];

		if (entry->severity == SEVERITY_ERROR && entry->place.line == place.line &&
		    entry->place.column == place.column)
			return true;
	}
	return false;
}

static void check(struct reading *reading)
{
	struct guest_config_fault faults[DIAGNOSTICS_KEPT];
	size_t count = guest_config_check(reading->config, faults, ARRAY_SIZE(faults));
	size_t known = reading->diagnostics->kept_count;

	for (size_t i = 0; i < MIN(count, ARRAY_SIZE(faults)); i++) {
		const char *word =
			reading->field_words ? reading->field_words[faults[i].field] : NULL;
		struct place place = place_of(reading, &faults[i]);

		if (!is_told(reading, known, place))
			reading_error(reading, place,
				      word ? word : guest_field_name(faults[i].field), "%s",
				      faults[i].text);
	}
}

int reading_finish(struct reading *reading, bool usable, struct guest_config **config,
		   struct failure *failure)
{
	*config = NULL;
	if (reading->out_of_memory) {
		guest_config_free(reading->config);
		return failure_set(failure, ENOMEM, reading->file, NULL, "out of memory");
	}
	if (usable) {
		guest_config_complete(reading->config);
		check(reading);
		diagnostics_sort(reading->diagnostics, reading->file);
		*config = reading->config;
	} else {
		guest_config_free(reading->config);
	}
	return diagnostics_fail(reading->diagnostics, failure);
}
