/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/create.c - the command create: from a file to a running guest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/build.h"
#include "dom0-tools/config/json.h"
#include "dom0-tools/enso/config_file.h"
#include "dom0-tools/enso/console.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/lib/timing.h"

static int find_built(struct invocation *invocation, const struct guest_config *config,
		      uint16_t domid, struct guest *guest)
{
	snprintf(guest->name, sizeof(guest->name), "%s", config->name);
	return domain_info(invocation->hypervisor, domid, &guest->info, &invocation->failure);
}

static void describe_timing(const struct timing *timing, struct json_object *array)
{
	for (unsigned int i = 0; i < timing->count; i++) {
		struct json_object *object = output_append_object(array);

		output_add_text(object, "step", timing->phases[i].name);
		output_add_number(object, "microseconds", timing->phases[i].wall_ns / 1000);
		output_add_number(object, "cpu_microseconds", timing->phases[i].cpu_ns / 1000);
	}
}

static int print_created(struct invocation *invocation, const struct guest *guest,
			 const struct diagnostics *diagnostics, const struct timing *timing)
{
	struct json_object *document = output_begin(invocation), *object;

	object = output_add_object(document, "guest");
	guest_describe(guest, object);
	output_add_text(object, "state", guest_state_of(&guest->info).name);
	output_add(document, "diagnostics", json_diagnostics(diagnostics));
	if (timing)
		describe_timing(timing, output_add_array(document, "timing"));
	return output_print(invocation, document);
}

/* From a whole configuration on. */
static int create(struct invocation *invocation, const struct guest_config *config,
		  const struct diagnostics *diagnostics, struct timing *timing)
{
	bool console = arguments_has(&invocation->arguments, "console");
	bool paused = arguments_has(&invocation->arguments, "paused");
	struct progress progress = {.runs = false};
	struct guest_build_options options = {
		.paused = paused || console, .progress = &progress, .timing = timing};
	struct guest guest;
	uint16_t domid;
	int result;

	timing_begin(timing, "opening hypervisor and store");
	result = invocation_need_both(invocation);
	if (!result)
		result = guest_build(invocation->hypervisor, invocation->store, config, &options,
				     &domid, &invocation->failure);
	timing_end(timing);
	if (timing && !invocation->json)
		timing_print(timing, stderr);
	if (result)
		return result;
	/* Who only wants it made is done: it may have run to its end already. */
	if (!invocation->json && !console)
		return 0;
	result = find_built(invocation, config, domid, &guest);
	if (result)
		return result;
	if (invocation->json)
		return print_created(invocation, &guest, diagnostics, timing);
	if (console)
		return console_attach(invocation, &guest, !paused, false);
	return 0;
}

int command_create(struct invocation *invocation)
{
	struct timing timing = {.count = 0};
	bool timed = arguments_has(&invocation->arguments, "timing");
	struct diagnostics diagnostics;
	struct guest_config *config;
	int result;

	if (invocation->json && arguments_has(&invocation->arguments, "console"))
		return invocation_misused(invocation, "--console prints no JSON");
	timing_begin(timed ? &timing : NULL, "reading the configuration");
	result = config_file_read(invocation, &config, &diagnostics);
	if (!invocation->json || result)
		diagnostics_print(&diagnostics, stderr);
	if (!result)
		result = create(invocation, config, &diagnostics, timed ? &timing : NULL);
	guest_config_free(config);
	diagnostics_free(&diagnostics);
	return result;
}
