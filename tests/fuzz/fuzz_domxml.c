/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_domxml.c - any bytes as a domain's XML: read within bounds, or
 * told why not; what is read without an error is the same when written and read
 * again, as XML and as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef int config_reader(const char *, const char *, size_t, struct guest_config **,
			  struct diagnostics *, struct failure *);
typedef int config_writer(const struct guest_config *, FILE *, struct failure *);

static void check_again(const struct guest_config *config, config_writer *writer,
			config_reader *reader)
{
	struct guest_config *again = NULL;
	struct failure failure = {0};
	struct diagnostics said;
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	diagnostics_init(&said);
	if (writer(config, out, &failure))
		abort();
	fclose(out);
	if (reader("again", text, bytes, &again, &said, &failure) || said.warnings ||
	    !guest_config_equal(config, again))
		abort();
	guest_config_free(again);
	diagnostics_free(&said);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct guest_config *config = NULL;
	struct failure failure = {0};
	struct diagnostics said;
	char *text = malloc(bytes + 1);
	int error;

	memcpy(text, data, bytes);
	text[bytes] = 0;
	diagnostics_init(&said);
	error = domxml_read_memory("fuzz", text, bytes, &config, &said, &failure);
	if ((error != 0) != (said.errors != 0) || (!error && !config) || !error != !failure.error)
		abort();
	if (!error) {
		check_again(config, domxml_write, domxml_read_memory);
		check_again(config, json_write, json_read_memory);
	}
	guest_config_free(config);
	diagnostics_free(&said);
	free(text);
	return 0;
}
