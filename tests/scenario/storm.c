/* SPDX-License-Identifier: MIT */
/*
 * storm - loads a dom0 with all that makes a PV kernel touch its page tables.
 *
 *	storm SECONDS DIRECTORY [PASSES]
 *
 * One process a storm and CPU: fork, exec, mmap, memory pressure, files, pipes
 * between CPUs, threads.  Every one checks what it did, because a hypervisor
 * that loses a page does not always crash.  Ends with `storm: done` and counts,
 * or says which check failed and ends with 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL

static double deadline;
static const char *self_path = "/proc/self/exe";
static char directory[256];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}

static void fail(const char *what)
{
	printf("storm: FAILED %s: %s\n", what, strerror(errno));
	fflush(stdout);
	exit(1);
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void wait_child(pid_t child, const char *what)
{
	int status;

	if (child < 0)
		fail(what);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail(what);
}

/* Copy on write: a child changes every second page; the parent must not see it. */
static void storm_fork(uint64_t *seed)
{
	size_t pages = 64 + random_next(seed) % 192;
	uint64_t *area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (area == MAP_FAILED)
		fail("mmap before fork");
	for (size_t i = 0; i < pages; i++)
		area[i * PAGE / 8] = i * 3 + 1;
	child = fork();
	if (child == 0) {
		for (size_t i = 0; i < pages; i += 2)
			area[i * PAGE / 8] = ~0UL;
		for (size_t i = 1; i < pages; i += 2)
			if (area[i * PAGE / 8] != i * 3 + 1)
				_exit(1);
		_exit(0);
	}
	wait_child(child, "copy on write in the child");
	for (size_t i = 0; i < pages; i++)
		if (area[i * PAGE / 8] != i * 3 + 1)
			fail("copy on write in the parent");
	munmap(area, pages * PAGE);
}

static void storm_exec(uint64_t *seed)
{
	pid_t child = vfork();

	(void)seed;
	if (child == 0) {
		execl(self_path, "storm", "--nothing", NULL);
		_exit(1);
	}
	wait_child(child, "exec");
}

static volatile sig_atomic_t faults;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	faults++;
	if (mprotect((void *)((uintptr_t)info->si_addr & ~(PAGE - 1)), PAGE,
		     PROT_READ | PROT_WRITE))
		_exit(1);
}

/* Maps, protects, faults, moves and unmaps, checking contents after each. */
static void storm_mmap(uint64_t *seed)
{
	size_t pages = 16 + random_next(seed) % 600;
	uint64_t stamp = random_next(seed);
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	uint64_t *area, *moved;

	area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		fail("mmap");
	for (size_t i = 0; i < pages; i++)
		area[i * PAGE / 8] = stamp + i;
	sigaction(SIGSEGV, &action, NULL);
	faults = 0;
	if (mprotect(area, pages * PAGE, PROT_READ))
		fail("mprotect");
	for (size_t i = 0; i < pages; i += 8)
		area[i * PAGE / 8 + 1] = stamp;
	if (faults != (sig_atomic_t)((pages + 7) / 8))
		fail("write protection");
	/* One area again: mremap() takes no patchwork. */
	if (mprotect(area, pages * PAGE, PROT_READ | PROT_WRITE))
		fail("mprotect back");
	moved = mremap(area, pages * PAGE, 2 * pages * PAGE, MREMAP_MAYMOVE);
	if (moved == MAP_FAILED)
		fail("mremap");
	for (size_t i = 0; i < pages; i++)
		if (moved[i * PAGE / 8] != stamp + i)
			fail("contents after mremap");
	if (madvise(moved, pages * PAGE, MADV_DONTNEED))
		fail("madvise");
	if (moved[0] || moved[(pages - 1) * PAGE / 8])
		fail("pages given back are zero");
	munmap(moved, 2 * pages * PAGE);
}

/* Half of what is free, filled and read back. */
static void storm_memory(uint64_t *seed)
{
	long pages = sysconf(_SC_AVPHYS_PAGES) / (2 * sysconf(_SC_NPROCESSORS_ONLN));
	uint64_t stamp = random_next(seed);
	uint64_t *area;

	/* A big machine is not more interesting than 256 MiB of it. */
	if (pages > 65536)
		pages = 65536;
	if (pages < 64)
		pages = 64;
	area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		fail("mmap of much");
	for (long i = 0; i < pages; i++)
		area[i * PAGE / 8 + i % 512] = stamp ^ i;
	for (long i = 0; i < pages; i++)
		if (area[i * PAGE / 8 + i % 512] != (stamp ^ i))
			fail("contents of much memory");
	munmap(area, pages * PAGE);
}

/* Writes a file, drops it from the cache, reads it back. */
static void storm_file(uint64_t *seed)
{
	static uint64_t block[8192];
	uint64_t stamp = random_next(seed), check;
	char path[320];
	int file, count = 8;

	snprintf(path, sizeof(path), "%s/storm-%d", directory, getpid());
	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file < 0)
		fail("open");
	check = stamp;
	for (int i = 0; i < count; i++) {
		for (size_t j = 0; j < 8192; j++)
			block[j] = random_next(&check);
		if (write(file, block, sizeof(block)) != sizeof(block))
			fail("write");
	}
	if (fdatasync(file))
		fail("fdatasync");
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	lseek(file, 0, SEEK_SET);
	check = stamp;
	for (int i = 0; i < count; i++) {
		if (read(file, block, sizeof(block)) != sizeof(block))
			fail("read");
		for (size_t j = 0; j < 8192; j++)
			if (block[j] != random_next(&check))
				fail("contents of a file");
	}
	close(file);
	unlink(path);
}

/* A word goes to another process and back: events and IPIs between CPUs. */
static void storm_pipe(uint64_t *seed)
{
	int there[2], back[2];
	uint64_t word;
	pid_t child;

	if (pipe(there) || pipe(back))
		fail("pipe");
	child = fork();
	if (child == 0) {
		while (read(there[0], &word, 8) == 8 && word) {
			word = ~word;
			if (write(back[1], &word, 8) != 8)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 500; i++) {
		uint64_t sent = random_next(seed) | 1;

		if (write(there[1], &sent, 8) != 8 || read(back[0], &word, 8) != 8)
			fail("pipe traffic");
		if (word != ~sent)
			fail("contents of a pipe");
	}
	word = 0;
	if (write(there[1], &word, 8) != 8)
		fail("end of pipe traffic");
	wait_child(child, "pipe partner");
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

static void *thread_body(void *argument)
{
	uint64_t *sum = argument;
	volatile double root = 2.0; /* FPU state must survive being switched away */

	for (int i = 0; i < 20000; i++) {
		root = root * 0.5 + 1.0 / root;
		if (i % 5000 == 0)
			munmap(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
			       16 * PAGE);
	}
	*sum = root > 1.4142135 && root < 1.4142136;
	return NULL;
}

/* Threads of one address space: remote TLB flushes, and the FPU. */
static void storm_thread(uint64_t *seed)
{
	pthread_t threads[4];
	uint64_t sums[4] = {0};

	(void)seed;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, thread_body, &sums[i]))
			fail("pthread_create");
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		if (!sums[i])
			fail("floating point in a thread");
	}
}

static const struct storm {
	const char *name;
	void (*run)(uint64_t *seed);
} storms[] = {
	{"fork", storm_fork},	  {"exec", storm_exec}, {"mmap", storm_mmap},
	{"memory", storm_memory}, {"file", storm_file}, {"pipe", storm_pipe},
	{"thread", storm_thread},
};

#define STORMS (sizeof(storms) / sizeof(storms[0]))

/* One storm until the deadline; its count goes to shared memory. */
static void run_one(const struct storm *storm, uint64_t seed, uint64_t *count)
{
	while (now() < deadline) {
		storm->run(&seed);
		__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), bad = 0, status;
	uint64_t *counts;

	if (argc > 1 && !strcmp(argv[1], "--nothing"))
		return 0;
	if (argc < 3) {
		fprintf(stderr, "usage: storm SECONDS DIRECTORY\n");
		return 2;
	}
	deadline = now() + atof(argv[1]);
	snprintf(directory, sizeof(directory), "%s", argv[2]);
	counts = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		fail("mmap of counts");
	for (size_t i = 0; i < STORMS * (size_t)cpus; i++) {
		pid_t child = fork();

		if (child < 0)
			fail("fork of a storm");
		if (child == 0)
			run_one(&storms[i % STORMS], i * 7919 + 12345, &counts[i % STORMS]);
	}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("storm: FAILED a process ended with status %#x\n", status);
			bad = 1;
		}
	printf("storm: %s", bad ? "failed" : "done");
	for (size_t i = 0; i < STORMS; i++)
		printf(" %s %lu", storms[i].name, (unsigned long)counts[i]);
	printf("\n");
	return bad;
}
