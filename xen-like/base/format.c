/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/format.c - see format.h.
 */
#include "xen-like/base/format.h"
#include "xen-like/base/string.h"

struct output {
	char *to;
	size_t size, length;
};

struct spec {
	bool left, zero, alternate, plus, upper;
	int width, precision; /* -1: none */
	unsigned int longs;
};

static void put(struct output *output, char c)
{
	if (output->length + 1 < output->size)
		output->to[output->length] = c;
	output->length++;
}

static void put_padding(struct output *output, int count, char c)
{
	while (count-- > 0)
		put(output, c);
}

static void put_text(struct output *output, const struct spec *spec, const char *text)
{
	size_t limit = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;
	int length = (int)strnlen(text, limit);

	if (!spec->left)
		put_padding(output, spec->width - length, ' ');
	for (int i = 0; i < length; i++)
		put(output, text[i]);
	if (spec->left)
		put_padding(output, spec->width - length, ' ');
}

static void put_number(struct output *output, const struct spec *spec, uint64_t value,
		       unsigned int base, bool negative)
{
	const char *digits = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[24];
	int count = 0, used;

	do {
		reversed[count++] = digits[value % base];
		value /= base;
	} while (value);
	used = count + (negative || spec->plus) + (spec->alternate && base == 16 ? 2 : 0);
	if (!spec->left && !spec->zero)
		put_padding(output, spec->width - used, ' ');
	if (negative || spec->plus)
		put(output, negative ? '-' : '+');
	if (spec->alternate && base == 16) {
		put(output, '0');
		put(output, 'x');
	}
	if (spec->zero && !spec->left)
		put_padding(output, spec->width - used, '0');
	while (count > 0)
		put(output, reversed[--count]);
	if (spec->left)
		put_padding(output, spec->width - used, ' ');
}

static const char *read_flags(const char *at, struct spec *spec)
{
	for (;; at++) {
		if (*at == '-')
			spec->left = true;
		else if (*at == '0')
			spec->zero = true;
		else if (*at == '#')
			spec->alternate = true;
		else if (*at == '+')
			spec->plus = true;
		else
			return at;
	}
}

static void put_signed(struct output *output, const struct spec *spec, int64_t value)
{
	put_number(output, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0);
}

struct arguments {
	va_list list;
};

/* A width or precision: digits, or * for an argument. */
static const char *read_count(const char *at, int *number, struct arguments *arguments)
{
	if (*at == '*') {
		*number = va_arg(arguments->list, int);
		return at + 1;
	}
	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (*at - '0');
	return at;
}

static uint64_t next_unsigned(struct arguments *arguments, const struct spec *spec)
{
	return spec->longs ? va_arg(arguments->list, unsigned long)
			   : va_arg(arguments->list, unsigned int);
}

static int64_t next_signed(struct arguments *arguments, const struct spec *spec)
{
	return spec->longs ? va_arg(arguments->list, long) : va_arg(arguments->list, int);
}

/* %p, %pS.  Returns how many characters after the p were used. */
static unsigned int put_pointer(struct output *output, struct spec *spec, char kind, uint64_t value)
{
	char name[96];

	if (kind != 'S') {
		spec->zero = true;
		spec->width = 16;
		put_number(output, spec, value, 16, false);
		return 0;
	}
	format_symbol(name, sizeof(name), value);
	put_text(output, spec, name);
	return 1;
}

static const char *put_conversion(struct output *output, struct spec *spec, const char *at,
				  struct arguments *arguments)
{
	const char *text;

	switch (*at) {
	case 'd':
	case 'i':
		put_signed(output, spec, next_signed(arguments, spec));
		break;
	case 'u':
		put_number(output, spec, next_unsigned(arguments, spec), 10, false);
		break;
	case 'o':
		put_number(output, spec, next_unsigned(arguments, spec), 8, false);
		break;
	case 'X':
		spec->upper = true;
		put_number(output, spec, next_unsigned(arguments, spec), 16, false);
		break;
	case 'x':
		put_number(output, spec, next_unsigned(arguments, spec), 16, false);
		break;
	case 'c':
		put(output, (char)va_arg(arguments->list, int));
		break;
	case 's':
		text = va_arg(arguments->list, const char *);
		put_text(output, spec, text ? text : "(null)");
		break;
	case 'p':
		at += put_pointer(output, spec, at[1],
				  (uint64_t)(uintptr_t)va_arg(arguments->list, void *));
		break;
	case 0:
		return at - 1;
	default:
		put(output, *at);
	}
	return at;
}

size_t format_text(char *to, size_t size, const char *format, va_list list)
{
	struct output output = {.to = to, .size = size};
	struct arguments arguments;

	va_copy(arguments.list, list);
	for (const char *at = format; *at; at++) {
		struct spec spec = {.precision = -1};

		if (*at != '%') {
			put(&output, *at);
			continue;
		}
		at = read_flags(at + 1, &spec);
		at = read_count(at, &spec.width, &arguments);
		if (*at == '.')
			at = read_count(at + 1, &spec.precision, &arguments);
		for (; *at == 'l' || *at == 'z' || *at == 'h'; at++)
			spec.longs += *at != 'h';
		at = put_conversion(&output, &spec, at, &arguments);
	}
	va_end(arguments.list);
	if (size)
		to[output.length < size ? output.length : size - 1] = 0;
	return output.length;
}
