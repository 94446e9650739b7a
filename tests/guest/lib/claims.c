/* SPDX-License-Identifier: MIT */
/* Printing by console_io, and the verdict lines that tests/guest/run reads. */
#include <stdarg.h>

#include "tests/guest/lib/rings.h"

#define LINE_SIZE 240

struct line {
	char text[LINE_SIZE];
	unsigned int length;
};

static void line_add(struct line *line, char c)
{
	if (line->length < LINE_SIZE - 2)
		line->text[line->length++] = c;
}

static void line_number(struct line *line, uint64_t value, unsigned int base, bool is_signed)
{
	char digits[24];
	int n = 0;

	if (is_signed && (int64_t)value < 0) {
		line_add(line, '-');
		value = -value;
	}
	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		line_add(line, digits[--n]);
}

/* %s %c %d %u %x %ld %lu %lx: what the claims need. */
static void line_format(struct line *line, const char *format, va_list list)
{
	for (; *format; format++) {
		bool is_long = false;

		if (*format != '%') {
			line_add(line, *format);
			continue;
		}
		format++;
		if (*format == 'l') {
			is_long = true;
			format++;
		}
		if (*format == 's') {
			const char *text = va_arg(list, const char *);

			while (*text)
				line_add(line, *text++);
		} else if (*format == 'd') {
			line_number(line, is_long ? va_arg(list, long) : va_arg(list, int), 10,
				    true);
		} else if (*format == 'u' || *format == 'x') {
			line_number(line,
				    is_long ? va_arg(list, unsigned long)
					    : va_arg(list, unsigned int),
				    *format == 'u' ? 10 : 16, false);
		} else if (*format == 'c') {
			line_add(line, (char)va_arg(list, int));
		}
	}
}

static void line_put(struct line *line)
{
	line->text[line->length++] = '\n';
	call_console(CONSOLEIO_write, line->length, line->text);
	/* A guest without rights is heard by its ring; nobody reading it is no reason to stop. */
	for (uint32_t done = 0, tries = 0; console_ring && done < line->length && tries < 50;
	     tries++) {
		done += console_put(line->text + done, line->length - done);
		if (done < line->length)
			ring_wait(console_port, 20000000);
	}
}

bool asked_for(const char *word)
{
	const char *line = (const char *)start_info->cmd_line;
	size_t length = strlen(word);

	for (; *line; line++)
		if (*line == ' ' && !memcmp(line + 1, word, length) &&
		    (line[length + 1] == 0 || line[length + 1] == ' '))
			return true;
	return false;
}

void print(const char *format, ...)
{
	struct line line = {.length = 0};
	va_list list;

	va_start(list, format);
	line_format(&line, format, list);
	va_end(list);
	line_put(&line);
}

void claim_equal(const char *claim, long got, long want)
{
	if (got == want)
		print("PASS %s", claim);
	else
		print("FAIL %s: got %ld (0x%lx), want %ld (0x%lx)", claim, got, got, want, want);
}

void claim_true(const char *claim, bool holds, const char *expression)
{
	if (holds)
		print("PASS %s", claim);
	else
		print("FAIL %s: not so: %s", claim, expression);
}

void claim_refused(const char *claim, long got)
{
	if (got == -XEN_EINVAL || got == -XEN_EBUSY || got == -XEN_EPERM || got == -XEN_EFAULT)
		print("PASS %s", claim);
	else
		print("FAIL %s: got %ld, want a refusal", claim, got);
}

void claim_named(const char *group, const char *claim, long got, long want)
{
	if (got == want)
		print("PASS %s.%s", group, claim);
	else
		print("FAIL %s.%s: got %ld (0x%lx), want %ld (0x%lx)", group, claim, got, got, want,
		      want);
}

static void shut_down(void)
{
	struct sched_shutdown reboot = {.reason = SHUTDOWN_reboot};

	for (;;)
		call_sched(SCHEDOP_shutdown, &reboot);
}

void guest_fail(const char *format, ...)
{
	struct line line = {.text = "FAIL ", .length = 5};
	va_list list;

	va_start(list, format);
	line_format(&line, format, list);
	va_end(list);
	line_put(&line);
	shut_down();
	__builtin_unreachable();
}

void guest_done(void)
{
	print("DONE");
	shut_down();
	__builtin_unreachable();
}

void *memset(void *to, int value, size_t length)
{
	for (uint8_t *byte = to; length; length--)
		*byte++ = (uint8_t)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t length)
{
	const uint8_t *source = from;

	for (uint8_t *byte = to; length; length--)
		*byte++ = *source++;
	return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
	const uint8_t *x = a, *y = b;

	for (; length; length--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}
