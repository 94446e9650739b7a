/* SPDX-License-Identifier: MIT */
/*
 * tests/scenario/gaps.c - how long a device is silent, by the clock of who uses it; runs in a
 * guest, and in dom0 as the other end of a network.
 *
 *	gaps disk DEVICE            reads a block past the cache, again and again
 *	gaps network ADDRESS PORT   sends a packet and waits for its echo, again and again
 *	gaps echo PORT              answers such packets, for ever
 *
 * SIGUSR1 has it say, at the next answer, on a line `GAP N MS`: the longest time between two
 *answers since the last such line.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	4096
#define AREA	256 /* blocks */
#define LOST_MS 20  /* a packet without an echo is sent again after that */

static volatile sig_atomic_t asked;

static void ask(int signal_number)
{
	(void)signal_number;
	asked = 1;
}

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* There has been an answer. */
static void answered(void)
{
	static uint64_t last, worst;
	static unsigned int line;
	uint64_t now = now_us();

	if (last && now - last > worst)
		worst = now - last;
	last = now;
	if (!asked)
		return;
	asked = 0;
	printf("\nGAP %u %llu\n", ++line, (unsigned long long)(worst / 1000));
	fflush(stdout);
	worst = 0;
}

static void __attribute__((noreturn)) read_disk(const char *device)
{
	static uint8_t block[BLOCK] __attribute__((aligned(BLOCK)));
	int disk = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);

	for (unsigned int i = 0;; i++) {
		if (disk < 0 || pread(disk, block, BLOCK, (off_t)(i % AREA) * BLOCK) != BLOCK)
			give_up(device);
		answered();
		usleep(1000);
	}
}

static int open_socket(const char *address, const char *port, struct sockaddr_in *name)
{
	int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*name = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_port = htons((uint16_t)atoi(port))};
	if (made < 0 || inet_pton(AF_INET, address, &name->sin_addr) != 1)
		give_up(address);
	return made;
}

static void __attribute__((noreturn)) ask_network(const char *address, const char *port)
{
	struct sockaddr_in to;
	int own = open_socket(address, port, &to);
	struct pollfd wait = {.fd = own, .events = POLLIN};
	uint64_t sent = 0, got;

	if (connect(own, (struct sockaddr *)&to, sizeof(to)) != 0)
		give_up("connect");
	for (;; usleep(1000)) {
		sent++;
		(void)!send(own, &sent, sizeof(sent), 0);
		/* One that comes late counts as well. */
		if (poll(&wait, 1, LOST_MS) == 1 && recv(own, &got, sizeof(got), 0) == sizeof(got))
			answered();
	}
}

static void __attribute__((noreturn)) echo(const char *port)
{
	struct sockaddr_in own_name, from;
	int own = open_socket("0.0.0.0", port, &own_name);
	uint64_t packet;

	if (bind(own, (struct sockaddr *)&own_name, sizeof(own_name)) != 0)
		give_up("bind");
	for (;;) {
		socklen_t length = sizeof(from);

		if (recvfrom(own, &packet, sizeof(packet), 0, (struct sockaddr *)&from, &length) >
		    0)
			(void)!sendto(own, &packet, sizeof(packet), 0, (struct sockaddr *)&from,
				      length);
	}
}

int main(int argc, char *argv[])
{
	signal(SIGUSR1, ask);
	if (argc == 3 && !strcmp(argv[1], "disk"))
		read_disk(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "network"))
		ask_network(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "echo"))
		echo(argv[2]);
	return 2;
}
