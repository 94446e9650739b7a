/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/config_read.c - config_read.h says what it is for. */
#include "dom0-tools/config/config_read.h"

#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/json.h"
#include "dom0-tools/config/reading.h"
#include "dom0-tools/config/xlcfg.h"

enum guest_format guest_config_format(const char *text, size_t bytes)
{
	size_t at = bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < bytes && strchr(" \t\r\n", text[at]))
		at++;
	if (at < bytes && text[at] == '<')
		return GUEST_FORMAT_XML;
	return at < bytes && text[at] == '{' ? GUEST_FORMAT_JSON : GUEST_FORMAT_XL;
}

const char *guest_format_name(enum guest_format format)
{
	static const char *const names[] = {"xml", "xl", "json"};

	return (unsigned int)format < ARRAY_SIZE(names) ? names[format] : "?";
}

int guest_config_read(const char *path, struct guest_config **config,
		      struct diagnostics *diagnostics, struct failure *failure)
{
	static int (*const readers[])(const char *, const char *, size_t, struct guest_config **,
				      struct diagnostics *, struct failure *) = {
		[GUEST_FORMAT_XML] = domxml_read_memory,
		[GUEST_FORMAT_XL] = xlcfg_read_memory,
		[GUEST_FORMAT_JSON] = json_read_memory,
	};
	size_t bytes;
	char *text;
	int error;

	*config = NULL;
	error = reading_load(path, &text, &bytes, failure);
	if (error)
		return error;
	error = readers[guest_config_format(text, bytes)](path, text, bytes, config, diagnostics,
							  failure);
	free(text);
	return error;
}
