/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/measure.c - what things in dom0 cost the whole machine, in
 * instructions; for machines whose time stamp counts those (QEMU's -icount shift=0).
 *
 *	measure run NAME COMMAND...	a program from its start to its end
 *	measure store TIMES		the store's requests, over its socket
 *	measure ask NAME TTY LINE ANSWER	from a line typed at a terminal to an answer there
 *	measure host NAME		pages that are free, and that domains have; not instructions
 *
 * Prints `COST NAME INSTRUCTIONS`.  While a CPU idles the stamp goes on; what the
 * hypervisor says it has idled is taken away.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/lib/domain.h"
#include "dom0-tools/lib/host.h"

#define STORE_SOCKET "/var/run/xenstored/socket"
#define WARM	     50

extern char **environ;
static struct hypervisor *hypervisor;

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

/* Instructions so far: one CPU, whose stamp counts nanoseconds of the machine's clock. */
static uint64_t count_instructions(void)
{
	uint64_t idle_ns[1] = {0};
	uint32_t cpus = 1;

	if (host_get_idle_times(hypervisor, idle_ns, &cpus, NULL))
		give_up("idle times");
	return __builtin_ia32_rdtsc() - idle_ns[0];
}

static int run(const char *name, char *command[])
{
	uint64_t begin, took;
	int status;
	pid_t child;

	begin = count_instructions();
	if (posix_spawnp(&child, command[0], NULL, NULL, command, environ) != 0)
		give_up(command[0]);
	if (waitpid(child, &status, 0) != child)
		give_up("wait");
	took = count_instructions() - begin;
	printf("COST %s %llu\n", name, (unsigned long long)took);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int count_pages(const char *name)
{
	struct host_info host;
	struct domain_info *domains;
	uint64_t pages = 0;
	size_t count;

	if (host_get_info(hypervisor, &host, NULL) ||
	    domain_list(hypervisor, &domains, &count, NULL))
		give_up("the host's memory");
	for (size_t i = 0; i < count; i++)
		pages += domains[i].memory_pages;
	free(domains);
	printf("COST host-free-pages-%s %llu\nCOST domains-pages-%s %llu\n", name,
	       (unsigned long long)(host.free_pages + host.scrub_pages), name,
	       (unsigned long long)pages);
	return 0;
}

/* ---- a guest's terminal ------------------------------------------------------- */

static int ask_terminal(const char *name, const char *path, const char *line, const char *answer)
{
	static char said[1 << 16];
	int terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;
	size_t length = 0;
	uint64_t begin;

	if (terminal < 0 || tcgetattr(terminal, &settings) != 0)
		give_up(path);
	cfmakeraw(&settings);
	if (tcsetattr(terminal, TCSAFLUSH, &settings) != 0)
		give_up(path);
	begin = count_instructions();
	if (dprintf(terminal, "%s\n", line) < 0)
		give_up(path);
	while (!strstr(said, answer)) {
		ssize_t got = read(terminal, said + length, sizeof(said) - 1 - length);

		if (got <= 0)
			give_up("the terminal's answer");
		length += (size_t)got;
	}
	printf("COST %s %llu\n", name, (unsigned long long)(count_instructions() - begin));
	close(terminal);
	return 0;
}

/* ---- the store ------------------------------------------------------------- */

static int store;

static void read_all(void *to, size_t count)
{
	char *at = to;

	while (count) {
		ssize_t got = read(store, at, count);

		if (got <= 0)
			give_up("the store's answer");
		at += got;
		count -= (size_t)got;
	}
}

/* Sends a request and takes its answer, which is a number for transactions. */
static uint32_t ask(uint32_t type, uint32_t transaction, const char *payload, uint32_t bytes)
{
	static char buffer[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg header = {.type = type, .tx_id = transaction, .len = bytes};

	memcpy(buffer, &header, sizeof(header));
	memcpy(buffer + sizeof(header), payload, bytes);
	if (write(store, buffer, sizeof(header) + bytes) != (ssize_t)(sizeof(header) + bytes))
		give_up("a request to the store");
	read_all(&header, sizeof(header));
	if (header.len > XENSTORE_PAYLOAD_MAX || header.type == XS_ERROR)
		give_up("the store refuses");
	read_all(buffer, header.len);
	buffer[header.len] = '\0';
	return (uint32_t)strtoul(buffer, NULL, 10);
}

static const char path_and_value[] = "/bench/node\0a value as long as most";

static void ask_write(void)
{
	ask(XS_WRITE, 0, path_and_value, sizeof(path_and_value) - 1);
}

static void ask_read(void)
{
	ask(XS_READ, 0, path_and_value, (uint32_t)strlen(path_and_value) + 1);
}

static void ask_transaction(void)
{
	uint32_t transaction = ask(XS_TRANSACTION_START, 0, "", 1);

	ask(XS_WRITE, transaction, path_and_value, sizeof(path_and_value) - 1);
	ask(XS_TRANSACTION_END, transaction, "T", 2);
}

static void measure_asking(const char *name, void (*deed)(void), unsigned int times)
{
	uint64_t begin;

	for (unsigned int i = 0; i < WARM; i++)
		deed();
	begin = count_instructions();
	for (unsigned int i = 0; i < times; i++)
		deed();
	printf("COST %s %llu\n", name,
	       (unsigned long long)((count_instructions() - begin) / times));
}

static int measure_store(unsigned int times)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = STORE_SOCKET};

	store = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (store < 0 || connect(store, (struct sockaddr *)&address, sizeof(address)) != 0)
		give_up(STORE_SOCKET);
	measure_asking("store-write", ask_write, times);
	measure_asking("store-read", ask_read, times);
	measure_asking("store-transaction", ask_transaction, times);
	ask(XS_RM, 0, "/bench", sizeof("/bench"));
	return 0;
}

int main(int argc, char *argv[])
{
	struct failure failure = {0};

	if (hypervisor_open(&hypervisor, &failure)) {
		fprintf(stderr, "measure: %s\n", failure.cause);
		return 1;
	}
	if (argc > 3 && !strcmp(argv[1], "run"))
		return run(argv[2], argv + 3);
	if (argc == 3 && !strcmp(argv[1], "host"))
		return count_pages(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "store") && atoi(argv[2]) > 0)
		return measure_store((unsigned int)atoi(argv[2]));
	if (argc == 6 && !strcmp(argv[1], "ask"))
		return ask_terminal(argv[2], argv[3], argv[4], argv[5]);
	fputs("usage: measure run NAME COMMAND... | measure store TIMES | "
	      "measure ask NAME TTY LINE ANSWER | measure host NAME\n",
	      stderr);
	return 2;
}
