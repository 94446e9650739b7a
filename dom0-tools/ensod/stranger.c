/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/stranger.c - stranger.h says what it is for. */
#include "dom0-tools/ensod/stranger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/config/config_read.h"
#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/state.h"

/* Debian's xl 4.17 leaves userdata-d.DOMID.UUID.xl there. */
#define LEFT_BY_XL "/var/lib/xen/userdata-d.%u.%s.xl"

struct guest_config *stranger_read_config(uint16_t domid, const uint8_t uuid[UUID_BYTES])
{
	struct diagnostics diagnostics;
	struct failure failure = {0};
	struct guest_config *config = NULL;
	char path[STATE_PATH], text[UUID_TEXT];
	int result;

	snprintf(path, sizeof(path), LEFT_BY_XL, domid, uuid_write(text, uuid));
	if (access(path, R_OK) != 0)
		return NULL;
	diagnostics_init(&diagnostics);
	result = guest_config_read(path, &config, &diagnostics, &failure);
	diagnostics_free(&diagnostics);
	if (result) {
		log_failure("what xl made a guest from cannot be read", &failure);
		guest_config_free(config);
		return NULL;
	}
	/* xl makes one up when the file has none. */
	memcpy(config->uuid, uuid, UUID_BYTES);
	return config;
}

int stranger_adopt(uint16_t domid, const uint8_t uuid[UUID_BYTES], struct failure *failure)
{
	struct guest_config *config = stranger_read_config(domid, uuid);
	int result;

	if (!config)
		return failure_set(failure, ENOENT, "guest", NULL,
				   "the configuration that xl left is gone");
	result = state_write_config(FILES_GUESTS, config, failure);
	guest_config_free(config);
	return result;
}
