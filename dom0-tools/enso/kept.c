/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/kept.c - kept.h says what it is for. */
#include "dom0-tools/enso/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/lib/text.h"

/* 0 and a configuration, or -ENOENT without a word, or another errno told. */
static int read_file(struct invocation *invocation, const struct guest *guest,
		     struct guest_config **config)
{
	struct diagnostics diagnostics;
	struct failure failure = {0};
	struct guest_files files;
	int result;

	guest_files_begin(&files, guest->info.uuid);
	diagnostics_init(&diagnostics);
	result = domxml_read(files.configuration_path, config, &diagnostics, &failure);
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

int kept_change(struct invocation *invocation, const struct guest *guest,
		guest_files_change_t change, void *context)
{
	struct guest_files files;

	guest_files_begin(&files, guest->info.uuid);
	return guest_files_change_configuration(&files, change, context, &invocation->failure);
}
