/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_xlcfg.c - any bytes as xl.cfg: read within bounds, or told why
 * not; what is read without an error is the same when written as libvirt's XML and
 * read again, and as xl.cfg, when nothing was said to be lost.
 */
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/xlcfg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Whether the written text reads as an equal configuration. */
static void check_read(const struct guest_config *config, const char *text, size_t bytes,
		       bool is_xml)
{
	struct guest_config *again = NULL;
	struct failure failure = {0};
	struct diagnostics said;

	diagnostics_init(&said);
	if ((is_xml ? domxml_read_memory : xlcfg_read_memory)("again", text, bytes, &again, &said,
							      &failure) ||
	    said.warnings || (is_xml && !guest_config_equal(config, again)))
		abort();
	guest_config_free(again);
	diagnostics_free(&said);
}

static void check_written(const struct guest_config *config, bool is_xml)
{
	struct failure failure = {0};
	struct diagnostics lost;
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	int error;

	diagnostics_init(&lost);
	error = is_xml ? domxml_write(config, out, &failure)
		       : xlcfg_write(config, out, &lost, &failure);
	fclose(out);
	if (error)
		abort();
	if (!lost.warnings)
		check_read(config, text, bytes, is_xml);
	diagnostics_free(&lost);
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
	error = xlcfg_read_memory("fuzz", text, bytes, &config, &said, &failure);
	if ((error != 0) != (said.errors != 0) || (!error && !config) || !error != !failure.error)
		abort();
	if (!error) {
		check_written(config, true);
		check_written(config, false);
	}
	guest_config_free(config);
	diagnostics_free(&said);
	free(text);
	return 0;
}
