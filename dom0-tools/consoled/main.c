/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/main.c - enso-consoled, the console daemon: options, start,
 * the loop.  It keeps nothing that it could not find again: killed at any
 * instant and started anew, it goes on.  docs/man/enso-consoled.8 is for its user.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dom0-tools/consoled/consoled.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"

#define STORE_RETRY_MS 250
#define EVENTS_MOST    64

struct options {
	const char *pid_file;
	struct logfile_policy policy;
};

static const char usage[] =
	"usage: enso-consoled [-F] [--log-dir FOLDER] [--log-limit KIB] "
	"[--log-generations N]\n"
	"                     [--pid-file FILE]\n"
	"\n"
	"  -F, --foreground       stay in the foreground (always so)\n"
	"  --log-dir FOLDER       where guests' logs are (/var/log/enso)\n"
	"  --log-limit KIB        length at which a log becomes NAME.log.1 (1024)\n"
	"  --log-generations N    how many of those are kept (4)\n"
	"  --pid-file FILE        write the process number here (/run/enso/consoled.pid)\n"
	"  --help, --version\n";

void daemon_log(const char *level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "enso-consoled: %s: ", level);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static _Noreturn void give_up(const char *object, const char *cause, const char *remedy)
{
	fprintf(stderr, "enso: %s: %s; %s\n", object, cause, remedy);
	exit(1);
}

static _Noreturn void misused(void)
{
	fputs(usage, stderr);
	exit(2);
}

static uint64_t number_option(const char *text, uint64_t least, uint64_t most)
{
	uint64_t number;

	if (!text_parse_number(text, least, most, &number)) {
		fprintf(stderr, "enso-consoled: '%s' is no number from %llu to %llu\n", text,
			(unsigned long long)least, (unsigned long long)most);
		exit(2);
	}
	return number;
}

static void read_options(int count, char **words, struct options *options)
{
	static const struct option known[] = {
		{"log-dir", required_argument, NULL, 'd'},
		{"log-limit", required_argument, NULL, 'l'},
		{"log-generations", required_argument, NULL, 'g'},
		{"pid-file", required_argument, NULL, 'p'},
		{"foreground", no_argument, NULL, 'F'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	int letter;

	while ((letter = getopt_long(count, words, "F", known, NULL)) != -1) {
		if (letter == 'd') {
			options->policy.folder = optarg;
		} else if (letter == 'l') {
			options->policy.limit = number_option(optarg, 4, 1 << 30) << 10;
		} else if (letter == 'g') {
			options->policy.generations = (unsigned int)number_option(optarg, 0, 99);
		} else if (letter == 'p') {
			options->pid_file = optarg;
		} else if (letter == 'h') {
			fputs(usage, stdout);
			exit(0);
		} else if (letter == 'V') {
			puts("enso-consoled " ENSO_VERSION);
			exit(0);
		} else if (letter != 'F') {
			misused();
		}
	}
	if (optind < count)
		misused();
}

int daemon_listen(struct consoled *daemon, int descriptor, enum wake kind, uint32_t which)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE_OF(kind, which)};

	return epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, descriptor, &event) ? -errno : 0;
}

static void open_doors(struct consoled *daemon)
{
	struct failure failure = {0};

	if (hypervisor_open(&daemon->hypervisor, &failure))
		give_up(failure.object, failure.cause, failure.remedy);
	daemon->events = xenevtchn_open(NULL, 0);
	daemon->grants = xengnttab_open(NULL, 0);
	daemon->memory = xenforeignmemory_open(NULL, 0);
	if (!daemon->events || !daemon->grants || !daemon->memory)
		give_up("/dev/xen", strerror(errno),
			"load the modules xen-evtchn, xen-gntdev and xen-privcmd");
	daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
	daemon->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (daemon->epoll < 0 || daemon->timer < 0)
		give_up("epoll", strerror(errno), "raise the limit of open files");
	if (daemon_listen(daemon, xenevtchn_fd(daemon->events), WAKE_EVENTS, 0) ||
	    daemon_listen(daemon, daemon->timer, WAKE_TIMER, 0))
		give_up("epoll", strerror(errno), "report this");
}

static void take_event(struct consoled *daemon)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(daemon->events);

	if (port < 0)
		return;
	if (daemon->has_log_port && (evtchn_port_t)port == daemon->log_port)
		hypervisor_log_read(daemon);
	else if ((uint32_t)port < daemon->ports && daemon->by_port[port])
		console_serve(daemon, daemon->by_port[port]);
}

static void end_period(struct consoled *daemon)
{
	uint64_t times;

	if (read(daemon->timer, &times, sizeof(times)) == sizeof(times))
		console_new_period(daemon);
}

static void hear(struct consoled *daemon, uint64_t from)
{
	uint32_t which = (uint32_t)from;

	switch ((enum wake)(from >> 32)) {
	case WAKE_EVENTS:
		take_event(daemon);
		return;
	case WAKE_STORE:
		if (daemon->store)
			guests_hear(daemon);
		console_charge(daemon, NULL);
		return;
	case WAKE_TIMER:
		end_period(daemon);
		return;
	case WAKE_TERMINAL:
		if (daemon->consoles[which])
			console_terminal(daemon, daemon->consoles[which]);
		return;
	case WAKE_ASKERS:
		askers_accept(daemon);
		return;
	case WAKE_ASKER:
		askers_answer(daemon, (int)which);
		console_charge(daemon, NULL);
		return;
	}
}

static _Noreturn void run(struct consoled *daemon)
{
	struct epoll_event events[EVENTS_MOST];

	for (;;) {
		int count = epoll_wait(daemon->epoll, events, EVENTS_MOST,
				       daemon->store ? -1 : STORE_RETRY_MS);

		for (int i = 0; i < count; i++)
			hear(daemon, events[i].data.u64);
		if (!daemon->store && guests_connect(daemon))
			daemon_log("notice", "the store's daemon is there");
		if (daemon->look_needed) {
			guests_look(daemon);
			console_charge(daemon, NULL);
		}
	}
}

int main(int count, char **words)
{
	static struct consoled daemon;
	struct options options = {
		FILES_RUN "/consoled.pid",
		{.folder = FILES_GUEST_LOGS, .limit = 1 << 20, .generations = 4},
	};
	struct failure failure = {0};
	int result;

	read_options(count, words, &options);
	daemon.policy = options.policy;
	signal(SIGPIPE, SIG_IGN);
	if (files_make_directory(FILES_RUN, &failure) ||
	    files_make_directory(daemon.policy.folder, &failure))
		give_up(failure.object, failure.cause, failure.remedy);
	result = service_lock(options.pid_file);
	if (result)
		give_up(options.pid_file,
			result == -EBUSY ? "another enso-consoled is running" : strerror(-result),
			result == -EBUSY ? "stop it first" : "choose another --pid-file");
	open_doors(&daemon);
	hypervisor_log_open(&daemon);
	if (guests_connect(&daemon))
		guests_look(&daemon);
	else
		daemon_log("notice", "the store's daemon is not there yet");
	askers_open(&daemon);
	service_ready();
	run(&daemon);
}
