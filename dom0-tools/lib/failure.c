/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/failure.c - failure.h says what it is for. */
#include "dom0-tools/lib/failure.h"

#include <stdio.h>

int failure_set(struct failure *failure, int error, const char *object, const char *remedy,
		const char *cause_format, ...)
{
	va_list arguments;

	if (!failure || failure->error)
		return -error;
	failure->error = error;
	snprintf(failure->object, sizeof(failure->object), "%s", object);
	snprintf(failure->remedy, sizeof(failure->remedy), "%s", remedy ? remedy : "");
	va_start(arguments, cause_format);
	vsnprintf(failure->cause, sizeof(failure->cause), cause_format, arguments);
	va_end(arguments);
	return -error;
}
