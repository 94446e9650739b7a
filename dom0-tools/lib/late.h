/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/late.h - libraries that are loaded when first called.
 *
 * Most runs of `enso` read no XML and unpack no kernel, and loading what those need
 * (with all that hangs on libxml2) would cost more than the run itself.  A file
 * late_NAME.c here defines the few functions of a library that the tools use; each
 * passes the call on.  Programs that use them do not link the library.
 */
#pragma once

/*
 * The function of this name.  A library that is not there ends the process with a
 * message: the package depends on it.
 */
void *late_find(const char *library, const char *function);

/* Defines `type name(parameters)` as a call of the library's: LATE("libz.so.1", int, ...). */
#define LATE(library, type, name, parameters, arguments)                                           \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*real) parameters;                                                     \
                                                                                                   \
		if (!real)                                                                         \
			real = late_find(library, #name);                                          \
		return real arguments;                                                             \
	}
