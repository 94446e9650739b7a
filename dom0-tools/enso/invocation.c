/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/invocation.c - invocation.h says what it is for. */
#include "dom0-tools/enso/invocation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int invocation_need_hypervisor(struct invocation *invocation)
{
	int result;

	if (invocation->hypervisor)
		return 0;
	result = hypervisor_open(&invocation->hypervisor, &invocation->failure);
	if (result)
		invocation->exit =
			result == -EACCES || result == -EPERM ? EXIT_PERMISSION : EXIT_UNAVAILABLE;
	return result;
}

int invocation_need_store(struct invocation *invocation)
{
	int result;

	if (invocation->store)
		return 0;
	result = store_open(&invocation->store, &invocation->failure);
	if (result)
		invocation->exit =
			result == -EACCES || result == -EPERM ? EXIT_PERMISSION : EXIT_UNAVAILABLE;
	return result;
}

int invocation_need_both(struct invocation *invocation)
{
	int result = invocation_need_hypervisor(invocation);

	return result ? result : invocation_need_store(invocation);
}

void invocation_forgive(struct invocation *invocation)
{
	memset(&invocation->failure, 0, sizeof(invocation->failure));
	invocation->exit = EXIT_OK;
}

int invocation_misused(struct invocation *invocation, const char *format, ...)
{
	char cause[256], remedy[128];
	const char *object = invocation->arguments.command->name;
	va_list list;

	va_start(list, format);
	vsnprintf(cause, sizeof(cause), format, list);
	va_end(list);
	snprintf(remedy, sizeof(remedy), "see `enso help %s`", object);
	invocation->exit = EXIT_USAGE;
	return failure_set(&invocation->failure, EINVAL, object, remedy, "%s", cause);
}

static enum exit_code code_of_errno(int error)
{
	switch (error) {
	case 0:
		return EXIT_OK;
	case ESRCH:
		return EXIT_NO_GUEST;
	case EEXIST:
	case EBUSY:
	case EALREADY:
		return EXIT_CONFLICT;
	case EPERM:
	case EACCES:
		return EXIT_PERMISSION;
	case ETIMEDOUT:
		return EXIT_TIMEOUT;
	case EINVAL:
	case EOPNOTSUPP:
	case ENOEXEC:
		return EXIT_REFUSED;
	case ENOMEM:
	case ENOSPC:
		return EXIT_RESOURCES;
	case EPIPE:
	case ECONNREFUSED:
	case ECONNRESET:
	case ENODEV:
		return EXIT_UNAVAILABLE;
	}
	return EXIT_FAILED;
}

enum exit_code invocation_exit_code(const struct invocation *invocation, int result)
{
	const struct command *command = invocation->arguments.command;
	enum exit_code code = invocation->exit ? invocation->exit : code_of_errno(-result);

	if (exit_codes[code].always || (command->exits & (1u << code)))
		return code;
	return EXIT_FAILED;
}

void invocation_close(struct invocation *invocation)
{
	hypervisor_close(invocation->hypervisor);
	store_close(invocation->store);
	arguments_free(&invocation->arguments);
	memset(invocation, 0, sizeof(*invocation));
}
