/* SPDX-License-Identifier: MIT */
/*
 * xen-like/panic.c - see panic.h.
 */
#include "xen-like/panic.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/arch/x86/smp.h"
#include "xen-like/base/format.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/options.h"
#include "xen-like/symbols.h"

#define REASON_MAX  256
#define NAMES_SHOWN 24
#define GUEST_RING  3

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

/*
 * Where the stack `pointer` is on ends, and whether it can be read: this CPU's
 * ordinary stack, or the one page of its own that this code runs on as well.
 * One that ran over is read from its last page.
 */
static bool stack_bounds(uint64_t *pointer, uint64_t *end)
{
	uint64_t here = (uint64_t)__builtin_frame_address(0);
	uint64_t top = this_cpu()->stack_top, bottom = top - CPU_STACK_PAGES * PAGE_SIZE;

	if (*pointer >= bottom - PAGE_SIZE && *pointer < top) {
		*pointer = MAX(*pointer, bottom);
		*end = top;
		return true;
	}
	*end = (here | ~PAGE_MASK) + 1;
	return *pointer < *end && *end - *pointer <= PAGE_SIZE;
}

/* What on the stack looks like a return address, up to its end. */
static void print_backtrace(const struct regs *regs)
{
	uint64_t at = regs->rsp & ~7ull, end, offset;
	unsigned int shown = 0;

	if ((regs->cs & 3) == GUEST_RING)
		return;
	if (!stack_bounds(&at, &end)) {
		log_error("the stack pointer is on no stack of Enso's\n");
		return;
	}
	log_error("called from, as far as the stack tells:\n");
	for (; at < end && shown < NAMES_SHOWN; at += 8) {
		if (symbol_find(*(uint64_t *)at, &offset) && offset != 0) {
			log_error("  %pS\n", *(void **)at);
			shown++;
		}
	}
}

static void __attribute__((noreturn)) stop_or_reboot(void)
{
	smp_stop_others();
	if (options.noreboot) {
		log_error("halted\n");
		machine_halt();
	}
	log_error("reboots\n");
	machine_reboot();
}

void panic_begin(void)
{
	if (!console_begin_panic())
		machine_halt();
}

static void __attribute__((noreturn)) finish(const struct regs *regs, const char *reason)
{
	log_error("%s\n", reason);
	if (cpu_count > 0)
		log_error("panic on CPU %u, domain %d\n", this_cpu()->id,
			  this_cpu()->current && current_domain() ? current_domain()->id : -1);
	regs_print(regs);
	print_backtrace(regs);
	stop_or_reboot();
}

void panic_end(const struct regs *regs, const char *format, ...)
{
	char reason[REASON_MAX];
	va_list arguments;

	va_start(arguments, format);
	format_text(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	finish(regs, reason);
}

/* Of the caller of panic(): what a call preserves is its own, the rest what is left of it. */
static inline void __attribute__((always_inline)) capture(struct regs *regs)
{
	__asm__ volatile("mov %%r15, %0\n\tmov %%r14, %1\n\tmov %%r13, %2\n\tmov %%r12, %3\n\t"
			 "mov %%rbx, %4\n\tmov %%r11, %5\n\tmov %%r10, %6\n\tmov %%r9, %7"
			 : "=m"(regs->r15), "=m"(regs->r14), "=m"(regs->r13), "=m"(regs->r12),
			   "=m"(regs->rbx), "=m"(regs->r11), "=m"(regs->r10), "=m"(regs->r9));
	__asm__ volatile("mov %%r8, %0\n\tmov %%rax, %1\n\tmov %%rcx, %2\n\tmov %%rdx, %3\n\t"
			 "mov %%rsi, %4\n\tmov %%rdi, %5\n\tmov %%cs, %6\n\tmov %%ss, %7"
			 : "=m"(regs->r8), "=m"(regs->rax), "=m"(regs->rcx), "=m"(regs->rdx),
			   "=m"(regs->rsi), "=m"(regs->rdi), "=m"(regs->cs), "=m"(regs->ss));
	__asm__ volatile("pushfq\n\tpopq %0" : "=r"(regs->rflags));
}

void panic(const char *format, ...)
{
	uint64_t *frame = __builtin_frame_address(0);
	char reason[REASON_MAX];
	struct regs regs = {0};
	va_list arguments;

	capture(&regs);
	regs.rbp = frame[0];
	regs.rip = frame[1];
	regs.rsp = (uint64_t)(frame + 2);
	panic_begin();
	va_start(arguments, format);
	format_text(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	finish(&regs, reason);
}
