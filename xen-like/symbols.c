/* SPDX-License-Identifier: MIT */
/*
 * xen-like/symbols.c - see symbols.h.
 */
#include "xen-like/symbols.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/base/format.h"
#include "xen-like/base/string.h"

extern const uint32_t symbol_count;
extern const uint32_t symbol_offsets[];
extern const char symbol_names[];
extern const char text_start[], text_end[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	const char *name = symbol_names;
	uint32_t best = 0;

	if (address < (uint64_t)text_start || address >= (uint64_t)text_end || symbol_count == 0)
		return NULL;
	while (best + 1 < symbol_count && symbol_offsets[best + 1] <= (uint32_t)address)
		best++;
	for (uint32_t i = 0; i < best; i++)
		name += strlen(name) + 1;
	*offset = (uint32_t)address - symbol_offsets[best];
	return name;
}

static void put(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(to, size, format, arguments);
	va_end(arguments);
}

void format_symbol(char *to, size_t size, uint64_t address)
{
	uint64_t offset;
	const char *name = symbol_find(address, &offset);

	if (name)
		put(to, size, "%s+%#lx", name, offset);
	else
		put(to, size, "%#lx", address);
}
