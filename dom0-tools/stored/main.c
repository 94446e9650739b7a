/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/main.c - enso-stored, the store daemon: options, start,
 * the loop.  docs/man/enso-stored.8 is for its user.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/stored/domains.h"

#define EVENTS_MOST 64
#define TICK_MS	    50
#define HOLD_MS	    50 /* between tries to write the journal */

struct options {
	const char *pid_file, *journal, *socket_folder;
};

static const char usage[] =
	"usage: enso-stored [-F] [--pid-file FILE] [--journal FILE] [--socket-dir FOLDER]\n"
	"\n"
	"  -F, --foreground     stay in the foreground (always so)\n"
	"  --pid-file FILE      write the process number here (/run/enso/stored.pid)\n"
	"  --journal FILE       where the store outlives the daemon (/run/enso/stored.journal)\n"
	"  --socket-dir FOLDER  where clients look for it (/var/run/xenstored)\n"
	"  --help, --version\n";

struct daemon *daemon_of(struct store *store)
{
	return index_thing(store, struct daemon, store);
}

void daemon_log(const char *level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "enso-stored: %s: ", level);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static _Noreturn void give_up(const char *object, int error, const char *remedy)
{
	fprintf(stderr, "enso: %s: %s; %s\n", object, strerror(error), remedy);
	exit(1);
}

static struct options read_options(int count, char **words)
{
	static const struct option known[] = {
		{"pid-file", required_argument, NULL, 'p'},
		{"journal", required_argument, NULL, 'j'},
		{"socket-dir", required_argument, NULL, 's'},
		{"foreground", no_argument, NULL, 'F'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	struct options options = {"/run/enso/stored.pid", "/run/enso/stored.journal",
				  "/var/run/xenstored"};
	int letter;

	while ((letter = getopt_long(count, words, "F", known, NULL)) != -1) {
		if (letter == 'p') {
			options.pid_file = optarg;
		} else if (letter == 'j') {
			options.journal = optarg;
		} else if (letter == 's') {
			options.socket_folder = optarg;
		} else if (letter == 'h') {
			fputs(usage, stdout);
			exit(0);
		} else if (letter == 'V') {
			puts("enso-stored " ENSO_VERSION);
			exit(0);
		} else if (letter != 'F') {
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind < count) {
		fputs(usage, stderr);
		exit(2);
	}
	return options;
}

/* Makes the folders of a path. */
static void make_folders(const char *path)
{
	char folder[256];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0755);
		*slash = '/';
	}
}

/* Only one daemon may have a journal: the process file is locked while it lives. */
static void write_pid(const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[16];
	int file, length;

	make_folders(path);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0)
		give_up(path, errno, "choose another --pid-file");
	if (fcntl(file, F_SETLK, &lock))
		give_up(path, errno, "another enso-stored is running, stop it first");
	length = snprintf(text, sizeof(text), "%d\n", getpid());
	if (ftruncate(file, 0) || write(file, text, (size_t)length) != length)
		give_up(path, errno, "free some space there");
	/* The file stays open, and so the lock. */
}

static void tell_systemd(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = name ? strlen(name) : 0;
	int fd;

	if (!length || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, name, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

/* The store as the journal has it, or an empty one. */
static void load(struct daemon *daemon, const struct options *options)
{
	struct replayed replayed;
	size_t length;
	char *bytes;
	int error;

	make_folders(options->journal);
	if (strlen(options->journal) >= sizeof(daemon->journal.path))
		give_up(options->journal, ENAMETOOLONG, "choose a shorter --journal");
	strcpy(daemon->journal.path, options->journal);
	daemon->journal.file = daemon->journal.spare = -1;
	bytes = journal_file_load(options->journal, &length);
	if (store_start(&daemon->store, &domain_ports))
		give_up("store", ENOMEM, "free some memory");
	error = bytes ? store_replay(&daemon->store, bytes, length, &replayed) : 0;
	if (error == -ENODATA)
		daemon_log("error", "%s: holds no store; beginning with an empty one",
			   options->journal);
	else if (error)
		give_up(options->journal, -error, "free some memory");
	else if (bytes)
		daemon_log("notice", "%s: %llu records, %zu nodes", options->journal,
			   (unsigned long long)replayed.records, daemon->store.tree.nodes.count);
	free(bytes);
}

/* What libxenstore's users and xenstored's tools suppose to be there. */
static void first_nodes(struct store *store)
{
	const struct account *self = account_find(&store->accounts, 0);
	struct edit edits[2] = {
		{.kind = EDIT_CREATE, .path = "/tool", .path_length = 5},
		{.kind = EDIT_CREATE, .path = "/tool/xenstored", .path_length = 15},
	};

	for (int i = 0; i < 2 && self; i++) {
		edits[i].perms = store->tree.root->perms;
		if (!tree_find(&store->tree, edits[i].path, edits[i].path_length) &&
		    store_apply(store, self, &edits[i], NULL))
			daemon_log("warning", "%s: cannot be made", edits[i].path);
	}
}

static void open_sockets(struct daemon *daemon, const char *folder)
{
	char path[256];
	int error;

	daemon->listen.kind = SOURCE_LISTEN;
	daemon->listen_read_only.kind = SOURCE_LISTEN_READ_ONLY;
	snprintf(path, sizeof(path), "%s/socket", folder);
	make_folders(path);
	error = link_listen(daemon, &daemon->listen, path, 0600);
	if (error)
		give_up(path, -error, "choose another --socket-dir");
	snprintf(path, sizeof(path), "%s/socket_ro", folder);
	error = link_listen(daemon, &daemon->listen_read_only, path, 0660);
	if (error)
		give_up(path, -error, "choose another --socket-dir");
}

static uint64_t microseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void hear(struct daemon *daemon, const struct epoll_event *event)
{
	struct source *source = event->data.ptr;
	struct link *link;

	switch (source->kind) {
	case SOURCE_LISTEN:
	case SOURCE_LISTEN_READ_ONLY:
		link_accept(daemon, source);
		return;
	case SOURCE_EVENTS:
		link_ring_events(daemon);
		return;
	case SOURCE_CLIENT:
		link = index_thing(source, struct link, source);
		link->has_input |= (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
		link_has_work(daemon, link);
		connection_mark(&daemon->store, link->connection);
		return;
	}
}

/* Waits for something to do unless there is `more`, and does it; true: there is more still. */
static bool take_turn(struct daemon *daemon, bool more)
{
	struct epoll_event events[EVENTS_MOST];
	bool waits = !more && !daemon->store.dirty;
	int timeout = !waits ? 0 : daemon->throttled ? TICK_MS : -1;
	int count = epoll_wait(daemon->epoll, events, EVENTS_MOST, timeout);

	if (count < 0 && errno != EINTR)
		give_up("epoll", errno, "report this");
	daemon->now = microseconds();
	if (daemon->throttled && daemon->now - daemon->ticked >= TICK_MS * 1000) {
		uint64_t elapsed = daemon->now - daemon->ticked;

		daemon->ticked = daemon->now;
		link_ring_tick(daemon, elapsed);
		link_charge(daemon, NULL);
	}
	for (int i = 0; i < count; i++)
		hear(daemon, &events[i]);
	if (daemon->virq_raised) {
		daemon->virq_raised = false;
		domains_look(daemon);
	}
	more = link_work(daemon);
	link_end_turn(daemon);
	more |= daemon->resumed;
	daemon->resumed = false;
	return more;
}

static _Noreturn void run(struct daemon *daemon)
{
	bool more = true;

	for (;;) {
		if (!daemon->holding) {
			more = take_turn(daemon, more);
			continue;
		}
		poll(NULL, 0, HOLD_MS);
		daemon->now = microseconds();
		link_end_turn(daemon);
	}
}

int main(int count, char **words)
{
	struct options options = read_options(count, words);
	static struct daemon daemon;
	int error;

	signal(SIGPIPE, SIG_IGN);
	if (getrandom(&index_seed, sizeof(index_seed), 0) != sizeof(index_seed))
		index_seed = microseconds();
	write_pid(options.pid_file);
	daemon.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (daemon.epoll < 0)
		give_up("epoll", errno, "raise the limit of open files");

	load(&daemon, &options);
	first_nodes(&daemon.store);
	domains_open(&daemon);
	domains_attach_all(&daemon);
	domains_look(&daemon);
	error = journal_file_rotate(&daemon.journal, &daemon.store);
	if (error && error != -ENOSPC)
		give_up(options.journal, -error, "choose another --journal");
	/* Without room nothing is answered; the first turn says so. */
	daemon.store.record.failed |= error != 0;
	open_sockets(&daemon, options.socket_folder);
	tell_systemd();
	run(&daemon);
}
