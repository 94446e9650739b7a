/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_memory.c - dom0_mem=, and how much dom0 gets.
 *
 * Pure.  Spellings are Xen's
 * (its command line's documentation): SIZE is a number with B K M G or T,
 * KiB without; negative means all but that; P% or SIZE+P% is of all memory.
 */
#include "xen-like/domain/dom0_memory.h"

#include "xen-like/base/bits.h"
#include "xen-like/base/string.h"

#define MIB_PAGES	 256ul
#define DEFAULT_KEEP_MIN (128 * MIB_PAGES)

static const char *const error_texts[DOM0_MEMORY_ERRORS] = {
	[DOM0_MEMORY_OK] = "dom0 has memory",
	[DOM0_MEMORY_BELOW_MINIMUM] =
		"dom0_mem=min: asks for more memory than is free; ask for less or add memory",
	[DOM0_MEMORY_MIN_ABOVE_MAX] = "dom0_mem has a min: above its max:",
	[DOM0_MEMORY_NONE] = "dom0_mem leaves no memory for dom0; give a bigger dom0_mem",
};

const char *dom0_memory_error_text(enum dom0_memory_error error)
{
	return (unsigned int)error < DOM0_MEMORY_ERRORS ? error_texts[error]
							: "dom0_mem is impossible";
}

/* Decimal; false when there is no digit or it does not fit. */
static bool parse_number(const char **text, uint64_t *number)
{
	const char *at = *text;
	uint64_t value = 0;

	while (*at >= '0' && *at <= '9') {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return false;
		at++;
	}
	if (at == *text)
		return false;
	*number = value;
	*text = at;
	return true;
}

static uint64_t parse_unit(const char **text)
{
	static const char units[] = "bBkKmMgGtT";
	const char *found = **text ? strchr(units, **text) : NULL;

	if (!found)
		return 1024;
	(*text)++;
	return 1ull << 10 * ((found - units) / 2);
}

static bool parse_amount(const char **text, struct dom0_amount *amount)
{
	uint64_t number;

	if (amount->given)
		return false;
	amount->given = true;
	amount->leave = **text == '-';
	*text += amount->leave;
	if (!parse_number(text, &number))
		return false;
	if (**text != '%') {
		if (__builtin_mul_overflow(number, parse_unit(text), &amount->bytes))
			return false;
		if (**text != '+')
			return true;
		(*text)++;
		if (!parse_number(text, &number) || **text != '%')
			return false;
	}
	(*text)++;
	amount->percent = number <= 100 ? (uint32_t)number : 0;
	return number <= 100 && !amount->leave;
}

bool dom0_mem_parse(const char *text, struct dom0_mem_option *option)
{
	memset(option, 0, sizeof(*option));
	if (!strcmp(text, "auto"))
		return true;
	for (;;) {
		struct dom0_amount *amount = &option->size;

		if (strncmp(text, "min:", 4) == 0)
			amount = &option->min;
		else if (strncmp(text, "max:", 4) == 0)
			amount = &option->max;
		text += amount == &option->size ? 0 : 4;
		if (!parse_amount(&text, amount))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static uint64_t amount_pages(const struct dom0_amount *amount, uint64_t total)
{
	uint64_t pages = amount->bytes >> PAGE_SHIFT;

	if (amount->leave)
		return pages < total ? total - pages : 0;
	return add_saturating(pages, total / 100 * amount->percent);
}

/* What Enso may hand out and still serve dom0's exchange for low memory. */
static uint64_t available_pages(const struct dom0_machine *machine)
{
	uint64_t reserve = MIN(DOM0_LOW_RESERVE_PAGES, machine->free_low_pages);

	return machine->free_pages > reserve ? machine->free_pages - reserve : 0;
}

static uint64_t default_pages(uint64_t total)
{
	uint64_t keep = MAX(total / 16, DEFAULT_KEEP_MIN);

	/* On a tiny machine a fixed share would leave dom0 nothing. */
	return total > 2 * keep ? total - keep : total / 2;
}

enum dom0_memory_error dom0_memory_decide(const struct dom0_mem_option *option,
					  const struct dom0_machine *machine,
					  struct dom0_memory *memory)
{
	uint64_t total = machine->total_pages;
	uint64_t available = available_pages(machine);
	uint64_t min = option->min.given ? amount_pages(&option->min, total) : 0;
	uint64_t max = option->max.given ? amount_pages(&option->max, total) : ~0ull;
	uint64_t wanted =
		option->size.given ? amount_pages(&option->size, total) : default_pages(total);

	if (min > max)
		return DOM0_MEMORY_MIN_ABOVE_MAX;
	wanted = MIN(MAX(wanted, min), max);
	if (min > available)
		return DOM0_MEMORY_BELOW_MINIMUM;
	if (!wanted || !available)
		return DOM0_MEMORY_NONE;

	memory->reduced = option->size.given && wanted > available;
	memory->nr_pages = MIN(wanted, available);
	/* Without max: it may grow to all there is. */
	memory->max_pages = MAX(option->max.given ? max : total, memory->nr_pages);
	return DOM0_MEMORY_OK;
}
