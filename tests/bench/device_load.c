/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/device_load.c - one operation of a disk or a network, again and again;
 * runs in a guest and, as the other end of a network, in dom0.
 *
 *	device-load read|write DEVICE BYTES TIMES   one at a time, past the cache
 *	device-load jobs-read|jobs-write DEVICE BYTES TIMES
 *	                                            here and there, by JOBS processes that
 *	                                            keep DEPTH going each; TIMES of all
 *	device-load echo PORT                       answers UDP packets, for ever
 *	device-load trips ADDRESS PORT TIMES        64 bytes there and back, one at a time
 *	device-load peer PORT                       takes or gives TCP bytes, for ever
 *	device-load send|receive ADDRESS PORT KIB   to it, or from it
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AREA	   (16u << 20) /* of the disk */
#define PACKET	   64
#define PIECE	   (64u << 10) /* of a TCP stream, for one system call */
#define MOST_BYTES (1u << 20)
#define JOBS	   4
#define DEPTH	   32

static void __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void load_disk(bool writing, const char *device, size_t bytes, unsigned long times)
{
	static uint8_t buffer[MOST_BYTES] __attribute__((aligned(4096)));
	int disk = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
	off_t at = 0;

	if (disk < 0 || bytes > sizeof(buffer))
		give_up(device);
	memset(buffer, 'b', bytes);
	for (unsigned long i = 0; i < times; i++) {
		ssize_t done =
			writing ? pwrite(disk, buffer, bytes, at) : pread(disk, buffer, bytes, at);

		if (done != (ssize_t)bytes)
			give_up(device);
		at = (at + (off_t)bytes) % AREA;
	}
	close(disk);
}

/* Any place of the area, so that no two requests are neighbours and become one. */
static off_t next_place(uint32_t *seed, size_t bytes)
{
	*seed = *seed * 1103515245 + 12345;
	return (off_t)(*seed / 65536 % (AREA / bytes) * bytes);
}

/* One process: what is done is begun again elsewhere, until all have been done. */
static void __attribute__((noreturn))
do_job(int disk, bool writing, size_t bytes, unsigned long times, uint32_t seed)
{
	static uint8_t buffers[DEPTH][4096] __attribute__((aligned(4096)));
	struct iocb requests[DEPTH] = {0}, *begun[DEPTH];
	struct io_event done[DEPTH];
	unsigned long left = times, going = 0;
	aio_context_t context = 0;
	long count = DEPTH;

	if (bytes > sizeof(buffers[0]) || syscall(SYS_io_setup, DEPTH, &context) != 0)
		give_up("io_setup");
	for (long i = 0; i < DEPTH; i++) {
		begun[i] = &requests[i];
		requests[i].aio_lio_opcode = writing ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		requests[i].aio_fildes = (uint32_t)disk;
		requests[i].aio_buf = (uintptr_t)buffers[i];
		requests[i].aio_nbytes = bytes;
	}
	while (left || going) {
		count = count < (long)left ? count : (long)left;
		for (long i = 0; i < count; i++)
			begun[i]->aio_offset = next_place(&seed, bytes);
		if (count && syscall(SYS_io_submit, context, count, begun) != count)
			give_up("io_submit");
		left -= (unsigned long)count;
		going += (unsigned long)count;
		count = syscall(SYS_io_getevents, context, 1, DEPTH, done, NULL);
		if (count < 1)
			give_up("io_getevents");
		for (long i = 0; i < count; i++) {
			if (done[i].res != (long long)bytes)
				give_up("job");
			begun[i] = (struct iocb *)(uintptr_t)done[i].obj;
		}
		going -= (unsigned long)count;
	}
	exit(0);
}

static void load_by_jobs(bool writing, const char *device, size_t bytes, unsigned long times)
{
	int disk = open(device, O_RDWR | O_DIRECT | O_CLOEXEC), status;

	if (disk < 0)
		give_up(device);
	for (uint32_t job = 0; job < JOBS; job++)
		if (fork() == 0)
			do_job(disk, writing, bytes, times / JOBS, job);
	for (int job = 0; job < JOBS; job++)
		if (wait(&status) < 0 || status != 0)
			give_up("job");
}

static struct sockaddr_in address_of(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		give_up(address);
	return to;
}

static int open_socket(int type, const char *own_port)
{
	struct sockaddr_in own = address_of("0.0.0.0", own_port);
	int yes = 1, made = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (made < 0 || setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    bind(made, (struct sockaddr *)&own, sizeof(own)) != 0)
		give_up("socket");
	return made;
}

static void __attribute__((noreturn)) echo(const char *port)
{
	int own = open_socket(SOCK_DGRAM, port);
	char packet[PACKET];

	for (;;) {
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		ssize_t got =
			recvfrom(own, packet, sizeof(packet), 0, (struct sockaddr *)&from, &length);

		if (got > 0)
			(void)sendto(own, packet, (size_t)got, 0, (struct sockaddr *)&from, length);
	}
}

static void trips(const char *address, const char *port, unsigned long times)
{
	struct sockaddr_in to = address_of(address, port);
	int own = open_socket(SOCK_DGRAM, "0");
	char packet[PACKET] = "there and back";

	if (connect(own, (struct sockaddr *)&to, sizeof(to)) != 0)
		give_up("connect");
	for (unsigned long i = 0; i < times; i++)
		if (send(own, packet, sizeof(packet), 0) != PACKET ||
		    recv(own, packet, sizeof(packet), 0) != PACKET)
			give_up("packet");
}

static uint8_t piece[PIECE];

/* Takes or gives so many bytes. */
static void stream(int other, bool giving, uint64_t bytes)
{
	while (bytes) {
		size_t now = bytes < PIECE ? (size_t)bytes : PIECE;
		ssize_t done =
			giving ? send(other, piece, now, MSG_NOSIGNAL) : recv(other, piece, now, 0);

		if (done <= 0)
			give_up("stream");
		bytes -= (uint64_t)done;
	}
}

/* What is wanted of the peer: it gives so many bytes, or takes them and says so. */
struct wanted {
	uint64_t bytes;
	uint64_t gives;
};

static void __attribute__((noreturn)) peer(const char *port)
{
	int own = open_socket(SOCK_STREAM, port), other;
	struct wanted wanted;

	if (listen(own, 1) != 0)
		give_up("listen");
	while ((other = accept(own, NULL, NULL)) >= 0) {
		if (recv(other, &wanted, sizeof(wanted), MSG_WAITALL) == sizeof(wanted)) {
			stream(other, wanted.gives, wanted.bytes);
			(void)send(other, "", 1, MSG_NOSIGNAL);
		}
		close(other);
	}
	give_up("accept");
}

static void with_peer(const char *address, const char *port, bool receiving, uint64_t bytes)
{
	struct sockaddr_in to = address_of(address, port);
	struct wanted wanted = {bytes, receiving};
	int own = open_socket(SOCK_STREAM, "0");
	char end;

	if (connect(own, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    send(own, &wanted, sizeof(wanted), 0) != sizeof(wanted))
		give_up("connect");
	stream(own, !receiving, bytes);
	if (recv(own, &end, 1, 0) != 1)
		give_up("the peer's end");
	close(own);
}

int main(int argc, char *argv[])
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (argc == 5 && (!strcmp(verb, "read") || !strcmp(verb, "write")))
		load_disk(*verb == 'w', argv[2], strtoul(argv[3], NULL, 10),
			  strtoul(argv[4], NULL, 10));
	else if (argc == 5 && (!strcmp(verb, "jobs-read") || !strcmp(verb, "jobs-write")))
		load_by_jobs(!strcmp(verb, "jobs-write"), argv[2], strtoul(argv[3], NULL, 10),
			     strtoul(argv[4], NULL, 10));
	else if (argc == 3 && !strcmp(verb, "echo"))
		echo(argv[2]);
	else if (argc == 5 && !strcmp(verb, "trips"))
		trips(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	else if (argc == 3 && !strcmp(verb, "peer"))
		peer(argv[2]);
	else if (argc == 5 && (!strcmp(verb, "send") || !strcmp(verb, "receive")))
		with_peer(argv[2], argv[3], *verb == 'r', strtoull(argv[4], NULL, 10) << 10);
	else
		return 2;
	return 0;
}
