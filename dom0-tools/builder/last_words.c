/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/last_words.c - last_words.h says what it is for. */
#include "dom0-tools/builder/last_words.h"

#include <stdio.h>
#include <string.h>

#include "dom0-tools/lib/console_drain.h"
#include "dom0-tools/lib/text.h"

void guest_save_last_words(struct hypervisor *hypervisor, const struct domain_info *info)
{
	/* The process's, so that many guests that end without the daemon wait for it once. */
	static struct console_drain_asker asker = {CONSOLE_DRAIN_SOCKET, CONSOLE_DRAIN_PATIENCE_MS};
	struct console_drain_question question = {.domid = info->domid};
	char uuid[UUID_TEXT];

	if (info->dying)
		return;
	/* One that will not be paused is about to be destroyed all the same. */
	if (!info->shut_down && !info->paused)
		(void)!domain_pause(hypervisor, info->domid, NULL);
	memcpy(question.uuid, info->uuid, sizeof(question.uuid));
	if (console_drain_ask(&asker, &question))
		fprintf(stderr,
			"enso: domain %u, %s: enso-consoled does not answer; what it wrote last "
			"may be missing in its log\n",
			info->domid, uuid_write(uuid, info->uuid));
}
