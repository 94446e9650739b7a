/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/devices.c - devices.h says what it is for. */
#include "dom0-tools/enso/devices.h"
#include "dom0-tools/builder/present.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/config/xlcfg.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/lib/progress.h"
#include "dom0-tools/lib/store_batch.h"
#include "dom0-tools/lib/text.h"

#define DETACH_SECONDS 10

int devices_find_guest(struct invocation *invocation, struct guest *guest)
{
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_find_guest(invocation, invocation->arguments.words[0], guest);
	if (!result && (guest->info.dying || guest->info.shut_down))
		result = failure_set(&invocation->failure, EBUSY, guest_label(guest), NULL,
				     "it is %s", guest_state_of(&guest->info).name);
	return result;
}

int devices_read_driver(struct invocation *invocation, enum guest_driver *driver)
{
	const char *word = arguments_value(&invocation->arguments, "driver");

	if (!word || guest_driver_parse(word, driver))
		return 0;
	return invocation_misused(invocation, "--driver is kernel, enso or default, not '%s'",
				  word);
}

/* The words with commas between, as one string of an xl.cfg; NULL when one does not fit there. */
static char *join_words(const char *key, const char *const *words)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool fits = out != NULL;

	if (!out)
		return NULL;
	fprintf(out, "name=\"x\"\nkernel=\"/x\"\nmemory=64\n%s=[\"", key);
	for (size_t i = 0; words[i]; i++) {
		fits &= !words[i][strcspn(words[i], "\"\\\n")];
		fprintf(out, "%s%s", i ? "," : "", words[i]);
	}
	fprintf(out, "\"]\n");
	fits &= fclose(out) == 0;
	if (fits)
		return text;
	free(text);
	return NULL;
}

int devices_read_words(struct invocation *invocation, const char *key, struct guest_config **config)
{
	struct diagnostics diagnostics;
	char *text = join_words(key, invocation->arguments.words + 1);
	int result;

	*config = NULL;
	if (!text)
		return invocation_misused(
			invocation, "a word has a quote, a backslash or an end of line in it");
	diagnostics_init(&diagnostics);
	result = xlcfg_read_memory("command line", text, strlen(text), config, &diagnostics,
				   &invocation->failure);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	free(text);
	if (result) {
		guest_config_free(*config);
		*config = NULL;
	}
	return result;
}

const char *device_state_name(unsigned int state)
{
	static const char *const names[] = {
		[XenbusStateUnknown] = "unknown",	[XenbusStateInitialising] = "starting",
		[XenbusStateInitWait] = "waiting",	[XenbusStateInitialised] = "waiting",
		[XenbusStateConnected] = "connected",	[XenbusStateClosing] = "closing",
		[XenbusStateClosed] = "closed",		[XenbusStateReconfiguring] = "changing",
		[XenbusStateReconfigured] = "changing",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static int read_facts_of(struct device_facts *facts, const char *const names[],
			 struct failure *failure)
{
	char paths[DEVICE_FACTS][DEVICE_PATH + 32], back[DEVICE_PATH];
	const char *pointers[DEVICE_FACTS];
	size_t count = 0;

	device_back_path(back, &facts->device);
	for (; count < DEVICE_FACTS && names[count]; count++) {
		snprintf(paths[count], sizeof(paths[count]), "%s/%s", back, names[count]);
		pointers[count] = paths[count];
	}
	return store_read_many(pointers, count, facts->values, failure);
}

int devices_read_facts(struct invocation *invocation, const struct guest *guest,
		       enum device_class class, const char *const names[],
		       struct device_facts **facts, size_t *count)
{
	struct device *devices;
	size_t all;
	int result = devices_list(invocation->store, guest->info.domid, &devices, &all,
				  &invocation->failure);

	*count = 0;
	*facts = NULL;
	if (result)
		return result;
	*facts = calloc(all + 1, sizeof(**facts));
	if (!*facts)
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	for (size_t i = 0; !result && i < all; i++) {
		struct device_facts *one = &(*facts)[*count];

		if (devices[i].class != class)
			continue;
		one->device = devices[i];
		result = read_facts_of(one, names, &invocation->failure);
		*count += !result;
	}
	free(devices);
	if (result) {
		devices_free_facts(*facts, *count);
		*facts = NULL;
		*count = 0;
	}
	return result;
}

void devices_free_facts(struct device_facts *facts, size_t count)
{
	for (size_t i = 0; facts && i < count; i++)
		for (size_t j = 0; j < DEVICE_FACTS; j++)
			free(facts[i].values[j]);
	free(facts);
}

int devices_arrive(struct invocation *invocation, const struct device_wishes *wishes,
		   uint32_t *first_handle)
{
	struct progress progress = {.runs = false};
	int result;

	progress_begin(&progress, "waiting for the backend", 0);
	result = devices_attach(invocation->store, wishes, first_handle, &invocation->failure);
	progress_end(&progress);
	return result;
}

int devices_detach(struct invocation *invocation, const struct guest *guest,
		   const struct device *device, const char *what)
{
	const struct arguments *arguments = &invocation->arguments;
	uint64_t seconds = MIN(arguments_number(arguments, "timeout", DETACH_SECONDS), 86400ul * 7);
	struct progress progress = {.runs = false};
	int result;

	progress_begin(&progress, "waiting for the guest to let it go", 0);
	result = device_detach(invocation->hypervisor, invocation->store, device,
			       (unsigned int)seconds * 1000, arguments_has(arguments, "force"),
			       &invocation->failure);
	progress_end(&progress);
	if (result != -ETIMEDOUT || invocation->failure.error)
		return result;
	return failure_set(&invocation->failure, ETIMEDOUT, guest_label(guest),
			   "it goes when the guest lets it; --force takes it away all the same",
			   "the guest has not let %s go after %lu s", what, (unsigned long)seconds);
}
