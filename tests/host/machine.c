/* SPDX-License-Identifier: MIT */
/*
 * tests/host/machine.c - the arena, the CPUs, the locks' ranks, what is said.
 */
#include <asm/prctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/host/machine.h"
#include "xen-like/console.h"

struct cpu host_cpus[HOST_CPUS];
struct cpu *cpus[MAX_CPUS];
uint32_t cpu_count = HOST_CPUS;
struct cpu_features cpu_features = {
	.physical_bits = 40, .nx = true, .pge = true, .fsgsbase = false};
uint32_t host_work_budget = 512;
uint64_t host_ranks_held;

static void *map_at(uint64_t address, uint64_t bytes)
{
	void *got = mmap((void *)address, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != (void *)address) {
		perror("mmap");
		exit(2);
	}
	return got;
}

void host_machine_create(uint64_t frames)
{
	frame_limit = frames;
	map_at(FRAME_TABLE_START, frames * sizeof(struct frame));
	map_at(DIRECT_MAP_START, frames * PAGE_SIZE);
	map_at(M2P_START, frames * sizeof(uint64_t));
	for (uint64_t i = 0; i < frames; i++)
		frame_of(mfn(i))->state = FRAME_RESERVED;
	for (unsigned int i = 0; i < HOST_CPUS; i++) {
		cpus[i] = &host_cpus[i];
		host_cpus[i].self = &host_cpus[i];
		host_cpus[i].id = i;
		host_cpus[i].online = true;
	}
}

/* What was kept is a file, mapped privately: pages that were written are thrown away. */
static void keep(uint64_t address, uint64_t bytes)
{
	int file = memfd_create("machine", 0);

	bytes = (bytes + PAGE_SIZE - 1) & PAGE_MASK;
	if (file < 0 || write(file, (void *)address, bytes) != (ssize_t)bytes ||
	    mmap((void *)address, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file,
		 0) == MAP_FAILED) {
		perror("memfd_create");
		exit(2);
	}
	close(file);
}

void host_machine_keep(void)
{
	keep(FRAME_TABLE_START, frame_limit * sizeof(struct frame));
	keep(DIRECT_MAP_START, frame_limit * PAGE_SIZE);
	keep(M2P_START, frame_limit * sizeof(uint64_t));
}

void host_machine_restore(void)
{
	madvise((void *)FRAME_TABLE_START, frame_limit * sizeof(struct frame), MADV_DONTNEED);
	madvise((void *)DIRECT_MAP_START, frame_limit * PAGE_SIZE, MADV_DONTNEED);
	madvise((void *)M2P_START, frame_limit * sizeof(uint64_t), MADV_DONTNEED);
}

void host_cpu_become(unsigned int id)
{
	static int now = -1;

	if (now == (int)id)
		return;
	now = (int)id;
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &host_cpus[id]) != 0)
		abort();
}

const char *host_text(const char *format, ...)
{
	static char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return text;
}

/* Locks: as the debug hypervisor's check, one CPU's worth. ------------------- */

void lock_rank_enter(uint32_t rank)
{
	if (host_ranks_held >> rank)
		panic("lock of rank %u taken while %#llx are held", rank,
		      (unsigned long long)host_ranks_held);
	host_ranks_held |= 1ull << rank;
}

void lock_rank_leave(uint32_t rank)
{
	if (!(host_ranks_held >> rank & 1))
		panic("lock of rank %u let go that is not held", rank);
	host_ranks_held &= ~(1ull << rank);
}

__attribute__((weak)) void spin_wait(void)
{
	/* One operation at a time: whoever waits here waits for itself. */
	panic("a lock is taken twice");
}

/* Console --------------------------------------------------------------------- */

static bool talks(void)
{
	static int answer = -1;

	if (answer < 0)
		answer = getenv("HOST_LOG") != NULL;
	return answer;
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!talks())
		return;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
}

void log_guest_ends(struct domain *domain)
{
}

void log_guest(struct domain *domain, enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!talks())
		return;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
}

void panic(const char *format, ...)
{
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	host_died(text);
	fprintf(stderr, "panic: %s\n", text);
	abort();
}
