/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/late.c - late.h says what it is for. */
#include "dom0-tools/lib/late.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *late_find(const char *library, const char *function)
{
	/* Loaded once, however often it is opened; it stays. */
	void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
	void *found = handle ? dlsym(handle, function) : NULL;

	if (found)
		return found;
	fprintf(stderr, "enso: %s: cannot be loaded: %s; install its package\n", library,
		dlerror());
	exit(1);
}
