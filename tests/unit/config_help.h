/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/config_help.h - a text read by one of the readers of guests' files,
 * and what was said about it.
 */
#pragma once

#include <stdlib.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/json.h"
#include "dom0-tools/config/xlcfg.h"
#include "tests/unit/check.h"

typedef int config_reader(const char *, const char *, size_t, struct guest_config **,
			  struct diagnostics *, struct failure *);

struct config_result {
	int error;
	struct guest_config *config;
	struct diagnostics said;
	struct failure failure;
};

static inline void result_free(struct config_result *result)
{
	guest_config_free(result->config);
	diagnostics_free(&result->said);
	result->config = NULL;
}

/* Also checks what every reader promises, whatever the text is. */
static inline void read_bytes(struct config_result *result, config_reader *reader, const char *text,
			      size_t bytes)
{
	/* Readers promise to look no further than bytes, but for a 0 behind. */
	char *copy = malloc(bytes + 1);

	memcpy(copy, text, bytes);
	copy[bytes] = 0;
	memset(result, 0, sizeof(*result));
	result->error =
		reader("guest", copy, bytes, &result->config, &result->said, &result->failure);
	free(copy);
	EXPECT(result->error == 0 || result->error == -22);
	EXPECT((result->error == 0) == (result->said.errors == 0));
	EXPECT(result->error == 0 || strncmp(result->failure.object, "guest:", 6) == 0);
	EXPECT(result->error || result->config);
}

static inline void read_text(struct config_result *result, config_reader *reader, const char *text)
{
	read_bytes(result, reader, text, strlen(text));
}

/* Whether "LINE:COLUMN: SEVERITY: WHAT: ... `words` ..." was said. */
static inline bool was_said(const struct config_result *result, unsigned int line,
			    unsigned int column, enum severity severity, const char *words)
{
	for (size_t i = 0; i < result->said.kept_count; i++) {
		const struct diagnostic *entry = &result->said.kept[i];

		if (entry->place.line == line && entry->place.column == column &&
		    entry->severity == severity &&
		    (strstr(entry->text, words) || strstr(entry->what, words)))
			return true;
	}
	return false;
}

#define EXPECT_ERROR(result, line, column, words)                                                  \
	do {                                                                                       \
		if (!check_state.failed && !was_said(result, line, column, SEVERITY_ERROR, words)) \
			diagnostics_print(&(result)->said, stderr);                                \
		EXPECT(was_said(result, line, column, SEVERITY_ERROR, words));                     \
	} while (0)

#define EXPECT_WARNING(result, line, column, words)                                                \
	EXPECT(was_said(result, line, column, SEVERITY_WARNING, words))

/* A text that a writer makes of a configuration; the caller's to free. */
typedef int config_writer(const struct guest_config *, FILE *, struct failure *);

static inline char *write_text(config_writer *writer, const struct guest_config *config)
{
	struct failure failure = {0};
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	EXPECT(out && writer(config, out, &failure) == 0);
	if (out)
		fclose(out);
	return text;
}

/* Writes a configuration and reads it back: it must be the same, and nothing is said. */
static inline void expect_same_again(config_writer *writer, config_reader *reader,
				     const struct guest_config *config)
{
	char *text = write_text(writer, config);
	struct config_result again;

	read_text(&again, reader, text);
	EXPECT_EQUAL(again.error, 0);
	EXPECT_EQUAL(again.said.warnings, 0);
	EXPECT(again.config && guest_config_equal(config, again.config));
	if (check_state.failed) {
		fputs(text, stderr);
		diagnostics_print(&again.said, stderr);
	}
	result_free(&again);
	free(text);
}
