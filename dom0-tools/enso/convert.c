/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/convert.c - the commands that only read and write configurations:
 * check, convert, dumpxml.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/attach.h"
#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/json.h"
#include "dom0-tools/config/xlcfg.h"
#include "dom0-tools/enso/config_file.h"
#include "dom0-tools/enso/guests.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/kept.h"
#include "dom0-tools/enso/output.h"

/* Whether a file the configuration names is there; an error of the configuration if not. */
static void check_file(struct diagnostics *diagnostics, const char *where, const char *what,
		       const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;

	if (path && !file)
		diagnostics_add(diagnostics, SEVERITY_ERROR, where, (struct place){0, 0}, what,
				"%s cannot be read: %s", path, strerror(errno));
	if (file)
		fclose(file);
}

/* Disks' media and networks' bridges: the first that is not there. */
static void check_devices(struct diagnostics *diagnostics, const char *where,
			  const struct guest_config *config)
{
	const struct device_wishes wishes = {
		.object = where,
		.disks = config->disks,
		.disk_count = config->disk_count,
		.networks = config->networks,
		.network_count = config->network_count,
	};
	struct failure failure = {0};

	if (devices_check(&wishes, &failure))
		diagnostics_add(diagnostics, SEVERITY_ERROR, where, (struct place){0, 0}, "devices",
				"%s; %s", failure.cause, failure.remedy);
}

static int print_check(struct invocation *invocation, const struct diagnostics *diagnostics)
{
	struct json_object *document = output_begin(invocation);

	output_add_text(document, "file", invocation->arguments.words[0]);
	output_add_flag(document, "acceptable", diagnostics->errors == 0);
	output_add(document, "diagnostics", json_diagnostics(diagnostics));
	return output_print(invocation, document);
}

int command_check(struct invocation *invocation)
{
	const char *path = invocation->arguments.words[0];
	struct diagnostics diagnostics;
	struct guest_config *config;
	int result = config_file_read(invocation, &config, &diagnostics), printed = 0;

	if (!result) {
		check_file(&diagnostics, path, "kernel", config->kernel);
		check_file(&diagnostics, path, "initrd", config->ramdisk);
		check_devices(&diagnostics, path, config);
		result = diagnostics_fail(&diagnostics, &invocation->failure);
	}
	if (invocation->json && (!result || diagnostics.errors))
		printed = print_check(invocation, &diagnostics);
	else
		diagnostics_print(&diagnostics, stderr);
	if (!result && !invocation->json)
		printf("%s: acceptable, %zu warning%s\n", path, diagnostics.warnings,
		       diagnostics.warnings == 1 ? "" : "s");
	guest_config_free(config);
	diagnostics_free(&diagnostics);
	return result ? result : printed;
}

static int write_format(struct invocation *invocation, const struct guest_config *config,
			const char *format, FILE *out, struct diagnostics *lost)
{
	if (!strcmp(format, "xml"))
		return domxml_write(config, out, &invocation->failure);
	if (!strcmp(format, "xl"))
		return xlcfg_write(config, out, lost, &invocation->failure);
	return json_write(config, out, &invocation->failure);
}

/* What is written, as text; the caller frees. */
static int write_text(struct invocation *invocation, const struct guest_config *config,
		      const char *format, struct diagnostics *lost, char **text)
{
	size_t size;
	FILE *out;
	int result;

	*text = NULL;
	out = open_memstream(text, &size);
	if (!out)
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	result = write_format(invocation, config, format, out, lost);
	if (fclose(out) && !result)
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	return result;
}

static int print_converted(struct invocation *invocation, const struct guest_config *config,
			   const char *format, const char *text)
{
	struct json_object *document;

	if (!invocation->json) {
		fputs(text, stdout);
		return 0;
	}
	document = output_begin(invocation);
	output_add_text(document, "file", invocation->arguments.words[0]);
	output_add_text(document, "format", format);
	if (!strcmp(format, "json"))
		output_add(document, "config", json_guest(config));
	else
		output_add_text(document, "text", text);
	return output_print(invocation, document);
}

int command_convert(struct invocation *invocation)
{
	const char *format = arguments_value(&invocation->arguments, "to");
	struct diagnostics diagnostics, lost;
	struct guest_config *config;
	char *text = NULL;
	int result;

	if (!format || (strcmp(format, "xml") && strcmp(format, "xl") && strcmp(format, "json")))
		return invocation_misused(invocation, "--to is needed: xml, xl or json");
	diagnostics_init(&lost);
	result = config_file_read(invocation, &config, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	/* What could be understood is a guest: it is converted, and what is lost was named. */
	if (result == -EINVAL && config) {
		invocation_forgive(invocation);
		result = 0;
	}
	if (!result)
		result = write_text(invocation, config, format, &lost, &text);
	diagnostics_print(&lost, stderr);
	if (!result)
		result = print_converted(invocation, config, format, text);
	free(text);
	guest_config_free(config);
	diagnostics_free(&diagnostics);
	diagnostics_free(&lost);
	return result;
}

static int write_running(struct invocation *invocation, const struct guest *guest,
			 const struct guest_config *config, char **text)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	int result;

	if (!out)
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	result = domxml_write_running(config, guest->info.domid, out, &invocation->failure);
	if (fclose(out) && !result)
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	return result;
}

int command_dumpxml(struct invocation *invocation)
{
	struct guest_config *config = NULL;
	struct json_object *document;
	struct guest guest;
	char *text = NULL;
	bool kept;
	int result = guests_find(invocation, invocation->arguments.words[0], &guest);

	if (!result)
		result = kept_read(invocation, &guest, &config, &kept);
	if (!result)
		result = write_running(invocation, &guest, config, &text);
	guest_config_free(config);
	if (!result && invocation->json) {
		document = output_begin(invocation);
		guest_describe(&guest, output_add_object(document, "guest"));
		output_add_flag(document, "kept", kept);
		output_add_text(document, "xml", text);
		result = output_print(invocation, document);
	} else if (!result) {
		fputs(text, stdout);
	}
	free(text);
	return result;
}
