/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/linux_load.c - what programs cost under Linux, in instructions of the whole
 * machine, whose time stamp counts those (QEMU's -icount shift=0).  It is the first process
 * of a kernel with one CPU: dom0's of Enso or of Xen, or one without a hypervisor, so that
 * nothing else runs.
 *
 * Prints `STAMP init COUNT` as soon as it is there, then `COST NAME TIMES TOTAL`: so many
 * times, all of them together; and `EVENT NAME COUNTER TOTAL`, what the hypervisor has counted
 * meanwhile, if it does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>
#include <xen/domctl.h>
#include <xen/sys/privcmd.h>
#include <xen/sysctl.h>
#include <xen/xen.h>

#include "tests/bench/events.h"

#define PAGE	    4096
#define FAULT_PAGES 4096

static const char *own_path;
static int there[2], back[2]; /* pipes to the other process and from it */
static char *page;
static int privcmd = -1;

/* Nothing before it is counted late, nothing behind it early. */
static uint64_t stamp(void)
{
	uint64_t now;

	_mm_lfence();
	now = __rdtsc();
	_mm_lfence();
	return now;
}

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	puts("COSTS something is wrong");
	fflush(stdout);
	for (;;)
		pause();
}

static void need(int good, const char *what)
{
	if (!good)
		give_up(what);
}

static long events_call(struct xen_sysctl *request)
{
	struct privcmd_hypercall call = {.op = __HYPERVISOR_sysctl, .arg = {(uintptr_t)request}};

	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

/* Where there is a hypervisor, asks what it counts. */
static void ask_hypervisor(void)
{
	need(!mount("dev", "/dev", "devtmpfs", 0, NULL), "/dev");
	(void)!system("/bin/modprobe -q xen-privcmd");
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd >= 0)
		counters_open();
}

static void say(const char *name, uint64_t times, uint64_t total)
{
	events_end();
	printf("COST %s %llu %llu\n", name, (unsigned long long)times, (unsigned long long)total);
	for (uint32_t i = 0; i < events_count; i++)
		printf("EVENT %s %s %u\n", name, events_described[i].name, events_seen(i));
}

/* Some times before, for what is done once; then counted. */
static void cost(const char *name, unsigned int times, void (*operation)(void))
{
	uint64_t start;

	for (unsigned int i = 0; i < times / 10 + 1; i++)
		operation();
	events_begin();
	start = stamp();
	for (unsigned int i = 0; i < times; i++)
		operation();
	say(name, times, stamp() - start);
}

/* ---- what is counted ----------------------------------------------------------- */

static void nothing(void)
{
}

static void null_syscall(void)
{
	syscall(SYS_getppid);
}

static void send_byte(int to)
{
	need(write(to, "", 1) == 1, "write to a pipe");
}

static int take_byte(int from)
{
	char byte;

	return read(from, &byte, 1) == 1;
}

static void pipe_trip(void)
{
	send_byte(there[1]);
	need(take_byte(back[0]), "read from a pipe");
}

/* The other process: answers until its pipe is closed. */
static void __attribute__((noreturn)) answer(void)
{
	close(there[1]);
	while (take_byte(there[0]))
		send_byte(back[1]);
	_exit(0);
}

static void wait_for(pid_t child)
{
	int status;

	need(waitpid(child, &status, 0) == child && status == 0, "a child");
}

static void fork_exit(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	wait_for(child);
}

static void fork_exec(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl(own_path, own_path, "nothing", NULL);
		_exit(1);
	}
	wait_for(child);
}

static void protect(void)
{
	need(!mprotect(page, PAGE, PROT_READ), "mprotect");
	need(!mprotect(page, PAGE, PROT_READ | PROT_WRITE), "mprotect");
	*(volatile char *)page = 1;
}

static void on_signal(int number)
{
	(void)number;
}

static void signal_self(void)
{
	raise(SIGUSR1);
}

/* Touches fresh memory, page by page; what maps it and takes it away is not counted. */
static void touch_pages(const char *name)
{
	char *area = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start, took;

	need(area != MAP_FAILED && !madvise(area, FAULT_PAGES * PAGE, MADV_NOHUGEPAGE), "mmap");
	events_begin();
	start = stamp();
	for (unsigned int i = 0; i < FAULT_PAGES; i++)
		*(volatile char *)(area + (size_t)i * PAGE) = 1;
	took = stamp() - start;
	if (name)
		say(name, FAULT_PAGES, took);
	need(!munmap(area, FAULT_PAGES * PAGE), "munmap");
}

/* ---- all of them ---------------------------------------------------------------- */

static void count_all(void)
{
	pid_t other;

	cost("nothing", 10, nothing);
	cost("syscall", 20000, null_syscall);
	need(!pipe(there) && !pipe(back), "pipe");
	other = fork();
	if (other == 0)
		answer();
	cost("pipe", 4000, pipe_trip);
	close(there[1]);
	wait_for(other);
	cost("fork-exit", 300, fork_exit);
	cost("fork-exec", 300, fork_exec);
	touch_pages(NULL);
	touch_pages("page-fault");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(page != MAP_FAILED, "mmap");
	cost("mprotect", 4000, protect);
	need(signal(SIGUSR1, on_signal) != SIG_ERR, "signal");
	cost("signal", 4000, signal_self);
}

int main(int argc, char *argv[])
{
	uint64_t begun = stamp();

	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	own_path = argv[0];
	printf("STAMP init %llu\n", (unsigned long long)begun);
	ask_hypervisor();
	count_all();
	puts("COSTS end");
	fflush(stdout);
	sleep(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
