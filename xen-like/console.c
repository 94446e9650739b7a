/* SPDX-License-Identifier: MIT */
/*
 * xen-like/console.c - log lines to ring, serial line and screen; keys from
 * the line to dom0 or, after Ctrl-a three times, to Enso.
 */
#include "xen-like/console.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/base/format.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/base/string.h"
#include "xen-like/console_keys.h"
#include "xen-like/domain/domain.h"
#include "xen-like/log_ring.h"
#include "xen-like/mm/heap.h"
#include "xen-like/options.h"
#include "xen-like/serial.h"
#include "xen-like/vga.h"

#define LINE_MAX	  256
#define EARLY_RING	  8192
#define RING_CHUNK	  (64ull << 10) /* the ring's memory comes by so much */
#define RING_MAX	  (64ull << 20)
#define MOVE_PART	  256 /* bytes */
#define INPUT_RING	  512
#define ESCAPE_KEY	  1 /* Ctrl-a */
#define ESCAPE_COUNT	  3
#define GUEST_LINES_BURST 20
#define GUEST_LINE_NS	  50000000ull /* one more each 50 ms */

static char early_text[EARLY_RING] BOOT_ONLY; /* until console_init_ring() */
static char *early_chunks[] = {early_text};

static struct {
	struct spinlock lock;
	struct log_ring ring;
	uint64_t cleared; /* bytes before this one are not shown any more */
	bool panicking, at_line_start;
	int own_level, guest_level;
} console = {
	.lock = SPINLOCK(RANK_CONSOLE),
	.ring = {.chunks = early_chunks,
		 .current = early_text,
		 .limit = 1,
		 .count = 1,
		 .chunk_bytes = EARLY_RING},
	.at_line_start = true,
	.own_level = LOG_INFO,
	.guest_level = LOG_WARNING,
};

static struct {
	char bytes[INPUT_RING];
	uint32_t put, got;
	unsigned int escapes;
	bool to_enso;
} input;

/* Output ------------------------------------------------------------------- */

static void lock_output(void)
{
	if (!console.panicking)
		spin_lock(&console.lock);
}

static void unlock_output(void)
{
	if (!console.panicking)
		spin_unlock(&console.lock);
}

static void show(const char *bytes, size_t count)
{
	serial_write(bytes, count);
	vga_write(bytes, count);
	if (count > 0)
		console.at_line_start = bytes[count - 1] == '\n';
}

static void emit(const char *bytes, size_t count)
{
	log_ring_write(&console.ring, bytes, count);
	show(bytes, count);
}

/* Behind Enso's name, and `about` when there is somebody the line is about. */
static void emit_line(const char *about, const char *text)
{
	static const char prefix[] = "(Enso) ";

	lock_output();
	if (!console.at_line_start)
		show("\n", 1);
	emit(prefix, sizeof(prefix) - 1);
	emit(about, strlen(about));
	emit(text, strlen(text));
	if (!console.at_line_start)
		emit("\n", 1);
	unlock_output();
	/* Whoever prints may hold any lock: what follows of it waits until this CPU holds none. */
	fetch_or(&this_cpu()->work, (uint32_t)WORK_LOG);
}

/* Long before the text needs it; without memory the oldest lines make room. */
static void grow_ring(void)
{
	bool wanted, taken;
	char *chunk;

	lock_output();
	wanted = log_ring_wants_chunk(&console.ring);
	unlock_output();
	chunk = wanted ? heap_alloc(console.ring.chunk_bytes) : NULL;
	if (!chunk)
		return;
	lock_output();
	taken = log_ring_give_chunk(&console.ring, chunk);
	unlock_output();
	if (!taken)
		heap_free(chunk); /* another CPU was first */
}

void console_after_lines(void)
{
	grow_ring();
	if (hardware_domain)
		virq_send_global(hardware_domain, VIRQ_CON_RING);
}

static void print_arguments(const char *about, const char *format, va_list arguments)
{
	char text[LINE_MAX];

	format_text(text, sizeof(text), format, arguments);
	emit_line(about, text);
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if ((int)level > console.own_level)
		return;
	va_start(arguments, format);
	print_arguments("", format, arguments);
	va_end(arguments);
}

/*
 * A bucket of lines for each domain, refilled with time.  Those for which there
 * was nothing in it are counted; *dropped is how many since the last that had its line.
 */
static bool guest_may_log(struct domain *domain, uint64_t *dropped)
{
	uint64_t now = clock_now();
	uint64_t earned;
	bool may;

	lock_output();
	earned = (now - domain->console_refill) / GUEST_LINE_NS;
	if (domain->console_refill == 0)
		earned = GUEST_LINES_BURST;
	if (earned > 0) {
		domain->console_tokens =
			MIN(domain->console_tokens + earned, (uint64_t)GUEST_LINES_BURST);
		domain->console_refill = now;
	}
	may = domain->console_tokens > 0;
	if (may) {
		domain->console_tokens--;
		*dropped = domain->console_dropped;
		domain->console_dropped = 0;
	} else {
		domain->console_dropped++;
	}
	unlock_output();
	return may;
}

static void name_domain(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(to, size, format, arguments);
	va_end(arguments);
}

static void tell_dropped(const struct domain *domain, uint64_t dropped)
{
	if (dropped)
		log_warning("domain %u: %lu lines were too many at once and are left out\n",
			    domain->id, dropped);
}

void log_guest(struct domain *domain, enum log_level level, const char *format, ...)
{
	char about[24];
	uint64_t dropped;
	va_list arguments;

	if ((int)level > console.guest_level || !guest_may_log(domain, &dropped))
		return;
	tell_dropped(domain, dropped);
	name_domain(about, sizeof(about), "domain %u: ", domain->id);
	va_start(arguments, format);
	print_arguments(about, format, arguments);
	va_end(arguments);
}

void log_guest_ends(struct domain *domain)
{
	uint64_t dropped;

	lock_output();
	dropped = domain->console_dropped;
	domain->console_dropped = 0;
	unlock_output();
	tell_dropped(domain, dropped);
}

void console_write_guest(struct domain *domain, const char *bytes, size_t count)
{
	(void)domain;
	lock_output();
	/* Not into the ring: dom0 that prints the log there would print for ever. */
	show(bytes, count);
	unlock_output();
}

/* The log, read again -------------------------------------------------------- */

static uint64_t log_first(void)
{
	return MAX(log_ring_first(&console.ring), console.cleared);
}

struct console_log console_log_bounds(void)
{
	struct console_log log;

	lock_output();
	log = (struct console_log){.first = log_first(), .end = console.ring.written};
	unlock_output();
	return log;
}

size_t console_log_read(uint64_t *at, char *to, size_t count)
{
	size_t done;

	lock_output();
	*at = MAX(*at, log_first());
	done = log_ring_read(&console.ring, at, to, count);
	unlock_output();
	return done;
}

void console_log_clear(uint64_t end)
{
	lock_output();
	console.cleared = MIN(MAX(end, console.cleared), console.ring.written);
	unlock_output();
}

/* Input -------------------------------------------------------------------- */

static void input_add(char c)
{
	if (input.put - input.got == INPUT_RING)
		return; /* dom0 does not read: what is typed is lost */
	input.bytes[input.put++ % INPUT_RING] = c;
}

static void input_switch(void)
{
	input.to_enso = !input.to_enso;
	log_print(LOG_ERROR, "input goes to %s (Ctrl-a three times switches%s)",
		  input.to_enso ? "Enso" : "dom0", input.to_enso ? ", h for help" : "");
}

/*
 * To whom the keys go.  Those that may be the beginning of a switch wait for the
 * next one: they are nobody's when it was a switch, and come before it when not.
 */
static void input_take(char c)
{
	unsigned int waited = input.escapes;

	if (c == ESCAPE_KEY) {
		input.escapes = (waited + 1) % ESCAPE_COUNT;
		if (input.escapes == 0)
			input_switch();
		return;
	}
	input.escapes = 0;
	if (input.to_enso) {
		console_key(c);
		return;
	}
	while (waited-- > 0)
		input_add(ESCAPE_KEY);
	input_add(c);
}

/* Serial interrupt, or a poll. */
static void receive(void)
{
	uint32_t before = input.put;
	int byte;

	while ((byte = serial_read()) >= 0)
		input_take((char)byte);
	if (input.put != before && hardware_domain)
		virq_send_global(hardware_domain, VIRQ_CONSOLE);
}

size_t console_read_guest(char *bytes, size_t count)
{
	size_t got = 0;

	lock_output();
	while (got < count && input.got != input.put)
		bytes[got++] = input.bytes[input.got++ % INPUT_RING];
	unlock_output();
	return got;
}

/* Start -------------------------------------------------------------------- */

void console_init(void)
{
	bool line = false;

	if (options.console & CONSOLE_COM1)
		line = serial_init(&options.com1);
	if (!line && (options.console & CONSOLE_COM2))
		line = serial_init(&options.com2);
	if (options.vga && (options.console & CONSOLE_VGA))
		vga_start();
	console.own_level = options.loglvl;
	console.guest_level = options.guest_loglvl;
}

static void move_ring(struct log_ring *to)
{
	uint64_t at = to->begin;
	char part[MOVE_PART];
	size_t bytes;

	while ((bytes = log_ring_read(&console.ring, &at, part, sizeof(part))) > 0)
		log_ring_write(to, part, bytes);
	console.ring = *to;
}

/* The log's own memory, once there is a heap; what was said so far moves along. */
void console_init_ring(void)
{
	uint64_t size = PAGE_SIZE, chunk_bytes;
	struct log_ring ring;
	char **chunks, *first;

	while (size * 2 <= options.conring_size && size < RING_MAX)
		size *= 2;
	chunk_bytes = MIN(size, RING_CHUNK);
	chunks = heap_new_array(char *, size / chunk_bytes);
	first = heap_alloc(chunk_bytes);
	if (!chunks || !first)
		boot_fail("there is not enough memory for a log of %lu KiB: give less conring_size",
			  size >> 10);
	lock_output();
	log_ring_start(&ring, chunks, (uint32_t)(size / chunk_bytes), first, chunk_bytes,
		       log_ring_first(&console.ring));
	move_ring(&ring);
	unlock_output();
}

void console_enable_input(void)
{
	serial_enable_interrupt(receive);
}

/* The end ------------------------------------------------------------------ */

bool console_panicking(void)
{
	return read_once(console.panicking);
}

bool console_begin_panic(void)
{
	console.own_level = LOG_DEBUG;
	return !exchange(&console.panicking, true);
}

void boot_fail(const char *format, ...)
{
	char text[LINE_MAX * 2];
	va_list arguments;
	size_t length = strlen("cannot boot: ");

	memcpy(text, "cannot boot: ", length);
	va_start(arguments, format);
	format_text(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
	emit_line("", text);
	emit_line("", "halted");
	machine_halt();
}
