/* SPDX-License-Identifier: MIT */
/*
 * xen-like/console.c - log lines to ring, serial line and screen; keys from
 * the line to dom0 or, after Ctrl-a three times, to Enso; the end in a panic.
 */
#include "xen-like/console.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/base/format.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/base/string.h"
#include "xen-like/console_keys.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"
#include "xen-like/options.h"
#include "xen-like/serial.h"
#include "xen-like/symbols.h"
#include "xen-like/vga.h"

#define LINE_MAX	  256
#define EARLY_RING	  8192
#define INPUT_RING	  512
#define ESCAPE_KEY	  1 /* Ctrl-a */
#define ESCAPE_COUNT	  3
#define GUEST_LINES_BURST 20
#define GUEST_LINE_NS	  50000000ull /* one more each 50 ms */

static char early_ring[EARLY_RING];

static struct {
	struct spinlock lock;
	char *ring;
	uint64_t ring_size, written; /* `written` bytes ever */
	uint64_t cleared;	     /* those before are not shown any more */
	bool panicking, at_line_start;
	int own_level, guest_level;
} console = {
	.lock = SPINLOCK(RANK_CONSOLE),
	.ring = early_ring,
	.ring_size = EARLY_RING,
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
	for (size_t i = 0; i < count; i++)
		console.ring[console.written++ % console.ring_size] = bytes[i];
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

/* A bucket of lines for each domain, refilled with time. */
static bool guest_may_log(struct domain *domain)
{
	uint64_t now = clock_now();
	uint64_t earned = (now - domain->console_refill) / GUEST_LINE_NS;

	if (domain->console_refill == 0)
		earned = GUEST_LINES_BURST;
	if (earned > 0) {
		domain->console_tokens =
			MIN(domain->console_tokens + earned, (uint64_t)GUEST_LINES_BURST);
		domain->console_refill = now;
	}
	if (domain->console_tokens == 0)
		return false;
	domain->console_tokens--;
	return true;
}

static void name_domain(char *to, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(to, size, format, arguments);
	va_end(arguments);
}

void log_guest(struct domain *domain, enum log_level level, const char *format, ...)
{
	char about[24];
	va_list arguments;

	if ((int)level > console.guest_level || !guest_may_log(domain))
		return;
	name_domain(about, sizeof(about), "domain %u: ", domain->id);
	va_start(arguments, format);
	print_arguments(about, format, arguments);
	va_end(arguments);
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
	uint64_t kept =
		console.written > console.ring_size ? console.written - console.ring_size : 0;

	return MAX(kept, console.cleared);
}

struct console_log console_log_bounds(void)
{
	struct console_log log;

	lock_output();
	log = (struct console_log){.first = log_first(), .end = console.written};
	unlock_output();
	return log;
}

size_t console_log_read(uint64_t *at, char *to, size_t count)
{
	size_t done = 0;

	lock_output();
	*at = MAX(*at, log_first());
	while (done < count && *at < console.written)
		to[done++] = console.ring[(*at)++ % console.ring_size];
	unlock_output();
	return done;
}

void console_log_clear(uint64_t end)
{
	lock_output();
	console.cleared = MIN(MAX(end, console.cleared), console.written);
	unlock_output();
}

/* Input -------------------------------------------------------------------- */

static void input_add(char c)
{
	if (input.put - input.got == INPUT_RING)
		return; /* dom0 does not read: what is typed is lost */
	input.bytes[input.put++ % INPUT_RING] = c;
}

static bool input_is_switch(char c)
{
	input.escapes = c == ESCAPE_KEY ? input.escapes + 1 : 0;
	if (input.escapes < ESCAPE_COUNT)
		return false;
	input.escapes = 0;
	input.to_enso = !input.to_enso;
	log_print(LOG_ERROR, "input goes to %s (Ctrl-a three times switches%s)",
		  input.to_enso ? "Enso" : "dom0", input.to_enso ? ", h for help" : "");
	return true;
}

/* Serial interrupt, or a poll. */
static void receive(void)
{
	bool for_dom0 = false;
	int byte;

	while ((byte = serial_read()) >= 0) {
		if (input_is_switch((char)byte))
			continue;
		if (input.to_enso) {
			console_key((char)byte);
		} else {
			input_add((char)byte);
			for_dom0 = true;
		}
	}
	if (for_dom0 && hardware_domain)
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

static int level_of(const char *text, int fallback)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	const char *slash = strchr(text, '/'); /* Xen's lower/upper: the lower counts */
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	if (!strncmp(text, "all", length))
		return LOG_DEBUG;
	if (!strncmp(text, "none", length))
		return -1;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == length && !strncmp(text, names[i], length))
			return (int)i;
	return fallback;
}

static bool console_includes(const char *name)
{
	const char *at = options.console;
	size_t length = strlen(name);

	while (*at) {
		if (!strncmp(at, name, length) && (at[length] == 0 || at[length] == ','))
			return true;
		while (*at && *at != ',')
			at++;
		at += *at == ',';
	}
	return false;
}

void console_init(void)
{
	bool line = false;

	if (console_includes("com1"))
		line = serial_init(options.com1, 0x3f8, 4);
	if (!line && console_includes("com2"))
		line = serial_init(options.com2, 0x2f8, 3);
	if (options.vga && console_includes("vga"))
		vga_start();
	console.own_level = level_of(options.loglvl, LOG_INFO);
	console.guest_level = level_of(options.guest_loglvl, LOG_WARNING);
}

/* The log's own memory, once there is a heap; what was said so far moves along. */
void console_init_ring(void)
{
	uint64_t size = PAGE_SIZE;
	char *ring;

	while (size * 2 <= options.conring_size && size < (64ull << 20))
		size *= 2;
	ring = heap_alloc(size);
	if (!ring)
		return;
	lock_output();
	for (uint64_t at = console.written > EARLY_RING ? console.written - EARLY_RING : 0;
	     at < console.written; at++)
		ring[at % size] = early_ring[at % EARLY_RING];
	console.ring = ring;
	console.ring_size = size;
	unlock_output();
}

void console_enable_input(void)
{
	serial_enable_interrupt(receive);
}

/* The end ------------------------------------------------------------------ */

void regs_print(const struct regs *regs)
{
	log_error("rip %016lx %pS  rflags %06lx  cs %04lx ss %04lx\n", regs->rip, (void *)regs->rip,
		  regs->rflags, regs->cs, regs->ss);
	log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", regs->rax, regs->rbx, regs->rcx,
		  regs->rdx);
	log_error("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", regs->rsi, regs->rdi, regs->rbp,
		  regs->rsp);
	log_error("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", regs->r8, regs->r9, regs->r10,
		  regs->r11);
	log_error("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", regs->r12, regs->r13, regs->r14,
		  regs->r15);
}

bool console_panicking(void)
{
	return read_once(console.panicking);
}

/* What on the stack looks like a return address, up to its end. */
static void print_backtrace(void)
{
	uint64_t *at = __builtin_frame_address(0);
	uint64_t top = this_cpu()->stack_top, end = ((uint64_t)at | ~PAGE_MASK) + 1, offset;
	unsigned int shown = 0;

	/* An ordinary stack ends where its CPU's record says; others are one page. */
	if ((uint64_t)at < top && top - (uint64_t)at <= CPU_STACK_PAGES * PAGE_SIZE)
		end = top;
	while ((uint64_t)at < end && shown < 24) {
		if (symbol_find(*at, &offset) && offset != 0) {
			log_error("  %pS\n", (void *)*at);
			shown++;
		}
		at++;
	}
}

static void __attribute__((noreturn)) stop_or_reboot(void)
{
	smp_stop_others();
	if (options.noreboot) {
		log_error("halted\n");
		machine_halt();
	}
	machine_reboot();
}

void panic(const char *format, ...)
{
	va_list arguments;

	if (console.panicking)
		machine_halt();
	console.panicking = true;
	console.own_level = LOG_DEBUG;
	va_start(arguments, format);
	print_arguments("", format, arguments);
	va_end(arguments);
	if (cpu_count > 0)
		log_error("panic on CPU %u, domain %d\n", this_cpu()->id,
			  this_cpu()->current && current_domain() ? current_domain()->id : -1);
	print_backtrace();
	stop_or_reboot();
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
