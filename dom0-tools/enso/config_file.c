/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/config_file.c - config_file.h says what it is for. */
#include "dom0-tools/enso/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/xlcfg.h"
#include "dom0-tools/lib/files.h"

/* Every KEY=VALUE, one after the other; takes `text` over. */
static int replace_all(struct invocation *invocation, char **text)
{
	const struct arguments *arguments = &invocation->arguments;

	for (int i = 1; i < arguments->count; i++) {
		char *replaced;

		if (!strchr(arguments->words[i], '=') || arguments->words[i][0] == '=')
			return invocation_misused(invocation, "'%s' is not KEY=VALUE",
						  arguments->words[i]);
		replaced = config_text_replace(*text, arguments->words[i]);
		if (!replaced)
			return failure_set(&invocation->failure, ENOMEM, "enso", NULL,
					   "out of memory");
		free(*text);
		*text = replaced;
	}
	return 0;
}

static int read_replaced(struct invocation *invocation, struct guest_config **config,
			 struct diagnostics *diagnostics)
{
	const char *path = invocation->arguments.words[0];
	size_t count;
	char *text;
	int result = files_read_whole(path, GUEST_FILE_MAX, &text, &count, &invocation->failure);

	if (result)
		return result;
	if (guest_config_format(text, count) != GUEST_FORMAT_XL)
		result = invocation_misused(
			invocation, "KEY=VALUE replaces lines of an xl.cfg, which %s is not", path);
	if (!result)
		result = replace_all(invocation, &text);
	if (!result)
		result = xlcfg_read_memory(path, text, strlen(text), config, diagnostics,
					   &invocation->failure);
	free(text);
	return result;
}

int config_file_read(struct invocation *invocation, struct guest_config **config,
		     struct diagnostics *diagnostics)
{
	*config = NULL;
	diagnostics_init(diagnostics);
	if (invocation->arguments.count > 1)
		return read_replaced(invocation, config, diagnostics);
	return guest_config_read(invocation->arguments.words[0], config, diagnostics,
				 &invocation->failure);
}
