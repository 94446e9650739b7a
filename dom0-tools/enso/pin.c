/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/pin.c - vcpu-pin: on which CPUs a guest's vCPUs may run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/look.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/host.h"

/* The word for hard or soft affinity, read; `given` is false for "-" or none. */
struct wanted_cpus {
	bool given;
	struct vcpu_cpus cpus;
};

static int read_cpus(struct invocation *invocation, const char *word, struct wanted_cpus *wanted)
{
	struct guest_cpu_set set;

	memset(wanted, 0, sizeof(*wanted));
	if (!word || !strcmp(word, "-"))
		return 0;
	if (!guest_cpu_set_parse(word, &set))
		return invocation_misused(invocation, "CPUs are like 0-3,^2 or all, not '%s'",
					  word);
	_Static_assert(sizeof(set.bits) == sizeof(wanted->cpus.bits), "as many CPUs");
	memcpy(wanted->cpus.bits, set.bits, sizeof(set.bits));
	wanted->given = true;
	return 0;
}

static int read_vcpus(struct invocation *invocation, const struct guest *guest, uint32_t *first,
		      uint32_t *last)
{
	const char *word = invocation->arguments.words[1];
	uint64_t number;

	if (guest->info.vcpus_max == 0)
		return failure_set(&invocation->failure, ENOENT, guest_label(guest), NULL,
				   "it has no vCPUs yet");
	*first = 0;
	*last = guest->info.vcpus_max - 1;
	if (!strcmp(word, "all"))
		return 0;
	if (!argument_number(word, &number))
		return invocation_misused(invocation, "VCPU is a number or all, not '%s'", word);
	if (number > *last)
		return failure_set(&invocation->failure, ENOENT, guest_label(guest), NULL,
				   "it has no vCPU %lu, only 0 to %u", (unsigned long)number,
				   *last);
	*first = *last = (uint32_t)number;
	return 0;
}

static int print_affinities(struct invocation *invocation, const struct guest *guest,
			    uint32_t first, uint32_t last)
{
	struct json_object *document, *array;
	char text[GUEST_CPU_SET_TEXT];
	struct host_info host;
	int result = host_get_info(invocation->hypervisor, &host, &invocation->failure);

	if (result)
		return result;
	document = output_begin(invocation);
	guest_describe(guest, output_add_object(document, "guest"));
	array = output_add_array(document, "vcpus");
	for (uint32_t vcpu = first; !result && vcpu <= last; vcpu++) {
		struct json_object *object = output_append_object(array);
		struct vcpu_affinity affinity;

		result = vcpu_get_affinity(invocation->hypervisor, guest->info.domid, vcpu,
					   &affinity, &invocation->failure);
		if (result)
			break;
		output_add_number(object, "vcpu", vcpu);
		look_write_cpus(&affinity.hard, host.cpus, text, sizeof(text));
		output_add_text(object, "hard_affinity", text);
		look_write_cpus(&affinity.soft, host.cpus, text, sizeof(text));
		output_add_text(object, "soft_affinity", text);
	}
	if (!result)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}

int command_vcpu_pin(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct wanted_cpus hard, soft;
	uint32_t first = 0, last = 0;
	struct guest guest;
	int result;

	result = read_cpus(invocation, arguments->words[2], &hard);
	if (!result)
		result = read_cpus(invocation, arguments->words[3], &soft);
	if (!result && !hard.given && !soft.given)
		return invocation_misused(invocation, "neither CPUS nor SOFT are given");
	if (!result)
		result = guests_find(invocation, arguments->words[0], &guest);
	if (!result)
		result = read_vcpus(invocation, &guest, &first, &last);
	if (result)
		return result;
	for (uint32_t vcpu = first; !result && vcpu <= last; vcpu++)
		result = vcpu_set_affinity(invocation->hypervisor, guest.info.domid, vcpu,
					   hard.given ? &hard.cpus : NULL,
					   soft.given ? &soft.cpus : NULL, &invocation->failure);
	if (result || !invocation->json)
		return result;
	return print_affinities(invocation, &guest, first, last);
}
