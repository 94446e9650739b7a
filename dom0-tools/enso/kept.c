/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/kept.c - kept.h says what it is for. */
#include "dom0-tools/enso/kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"

#define KEPT_PATH (sizeof(FILES_GUESTS) + UUID_TEXT + 8)

static void kept_path(const struct guest *guest, char path[KEPT_PATH])
{
	char uuid[UUID_TEXT];

	snprintf(path, KEPT_PATH, FILES_GUESTS "/%s.xml", uuid_write(uuid, guest->info.uuid));
}

/* 0 and a configuration, or -ENOENT without a word, or another errno told. */
static int read_file(struct invocation *invocation, const struct guest *guest,
		     struct guest_config **config)
{
	struct diagnostics diagnostics;
	struct failure failure = {0};
	char path[KEPT_PATH];
	int result;

	kept_path(guest, path);
	diagnostics_init(&diagnostics);
	result = domxml_read(path, config, &diagnostics, &failure);
	diagnostics_free(&diagnostics);
	if (result && result != -ENOENT)
		invocation->failure = failure;
	if (result) {
		guest_config_free(*config);
		*config = NULL;
	}
	return result;
}

/* What the hypervisor and the store know. */
static int observe(struct invocation *invocation, const struct guest *guest,
		   struct guest_config **config)
{
	const struct domain_info *info = &guest->info;
	struct guest_config *made = guest_config_new();

	if (made)
		made->name = guest->name[0] ? strdup(guest->name)
					    : text_format("domain-%u", info->domid);
	if (!made || !made->name) {
		guest_config_free(made);
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	}
	memcpy(made->uuid, info->uuid, sizeof(made->uuid));
	made->type = info->hvm ? GUEST_HVM : GUEST_PV;
	made->memory_kib = info->memory_pages * 4;
	made->memory_max_kib = MAX(info->max_pages * 4, made->memory_kib);
	if (info->max_pages > UINT32_MAX)
		made->memory_max_kib = made->memory_kib;
	made->vcpus = info->vcpus_online;
	made->vcpus_max = info->vcpus_max;
	*config = made;
	return 0;
}

int kept_read(struct invocation *invocation, const struct guest *guest,
	      struct guest_config **config, bool *kept)
{
	int result;

	*config = NULL;
	result = read_file(invocation, guest, config);
	*kept = result == 0;
	if (result != -ENOENT)
		return result;
	return observe(invocation, guest, config);
}

int kept_write(struct invocation *invocation, const struct guest *guest,
	       const struct guest_config *config)
{
	struct failure *failure = &invocation->failure;
	char path[KEPT_PATH], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result;

	if (!out)
		return failure_set(failure, ENOMEM, "enso", NULL, "out of memory");
	result = domxml_write(config, out, failure);
	if (fclose(out) && !result)
		result = failure_set(failure, ENOMEM, "enso", NULL, "out of memory");
	kept_path(guest, path);
	if (!result)
		result = files_write_whole(path, text, size, failure);
	free(text);
	return result;
}

int kept_rename(struct invocation *invocation, const struct guest *guest, const char *name)
{
	struct guest_config *config = NULL;
	int result = read_file(invocation, guest, &config);

	if (result)
		return result == -ENOENT ? 0 : result;
	free(config->name);
	config->name = strdup(name);
	result = config->name
			 ? kept_write(invocation, guest, config)
			 : failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	guest_config_free(config);
	return result;
}
