/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/main.c - the supervisor of all guests: what happens when one
 * ends, what a dead builder left, what starts and stops with the host. ensod(8)
 * is its manual.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "dom0-tools/builder/networks.h"
#include "dom0-tools/ensod/backends.h"
#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/services.h"
#include "dom0-tools/ensod/state.h"
#include "dom0-tools/ensod/supervisor.h"

#define PID_FILE       FILES_RUN "/ensod.pid"
#define STORE_RETRY_MS 250

struct options {
	bool stop_guests; /* on SIGTERM */
	uint64_t stop_seconds;
	bool no_autostart;
};

static const char usage[] =
	"usage: ensod [-F] [--stop-guests] [--stop-timeout SECONDS] "
	"[--no-autostart]\n"
	"\n"
	"Supervises the guests of this host; see ensod(8).\n"
	"  -F, --foreground        accepted and ignored: it always stays there\n"
	"      --stop-guests       on SIGTERM ask the guests to power off, and "
	"wait\n"
	"      --stop-timeout S    ... so long (60), then destroy them\n"
	"      --no-autostart      start nothing of /etc/enso/autostart\n"
	"      --version, --help\n";

static int read_options(int argc, char *argv[], struct options *options)
{
	static const struct option table[] = {
		{"foreground", no_argument, NULL, 'F'},
		{"stop-guests", no_argument, NULL, 's'},
		{"stop-timeout", required_argument, NULL, 't'},
		{"no-autostart", no_argument, NULL, 'n'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	options->stop_seconds = 60;
	while ((option = getopt_long(argc, argv, "Fh", table, NULL)) != -1) {
		switch (option) {
		case 'F':
			break;
		case 's':
			options->stop_guests = true;
			break;
		case 'n':
			options->no_autostart = true;
			break;
		case 't':
			if (!text_parse_number(optarg, 0, 86400, &options->stop_seconds)) {
				fprintf(stderr,
					"ensod: --stop-timeout: '%s' is no number of "
					"seconds up to a day\n",
					optarg);
				return 2;
			}
			break;
		case 'v':
			puts("ensod " ENSO_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return 2;
}

/* Domain-0 is a domain, too, and tools look for its name. */
static int name_dom0(struct store *store, struct failure *failure)
{
	int result = store_exists(store, STORE_NOW, failure, "/local/domain/0/name");

	if (result == 0)
		result = store_write(store, STORE_NOW, "/local/domain/0/name", failure, "Domain-0");
	if (result >= 0)
		result = store_exists(store, STORE_NOW, failure, "/local/domain/0/domid");
	if (result == 0)
		result = store_write(store, STORE_NOW, "/local/domain/0/domid", failure, "0");
	return result < 0 ? result : 0;
}

/* The daemon may be away; then it is tried again. */
static void connect_store(struct supervisor *supervisor, bool *told)
{
	struct failure failure = {0};
	int result = store_open(&supervisor->store, &failure);

	if (!result)
		result = store_watch(supervisor->store, "@releaseDomain", "ensod", &failure);
	if (!result)
		result = store_watch(supervisor->store, "@introduceDomain", "ensod", &failure);
	if (!result)
		result = backends_watch(supervisor->store, &failure);
	if (!result)
		result = name_dom0(supervisor->store, &failure);
	if (!result) {
		if (*told)
			log_line(LOG_LEVEL_INFO, "the store is there again");
		*told = false;
		return;
	}
	if (!*told)
		log_failure("the store is away", &failure);
	*told = true;
	store_close(supervisor->store);
	supervisor->store = NULL;
	supervisor_wake_at(supervisor, state_now_ms() + STORE_RETRY_MS);
}

static void read_store_events(struct supervisor *supervisor)
{
	struct store_event event;
	int result;

	while ((result = store_next_event(supervisor->store, 0, &event, NULL)) == 1) {
		backends_hint(supervisor->backends, event.path);
		store_event_free(&event);
	}
	if (result == 0)
		return;
	store_close(supervisor->store);
	supervisor->store = NULL;
}

static void drain(int descriptor)
{
	char bytes[4096];

	while (read(descriptor, bytes, sizeof(bytes)) > 0)
		;
}

struct descriptors {
	int signals, locks;
};

static int open_descriptors(struct descriptors *descriptors)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	descriptors->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	descriptors->locks = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (descriptors->signals < 0 || descriptors->locks < 0 ||
	    inotify_add_watch(descriptors->locks, FILES_CREATING, IN_CLOSE_WRITE | IN_DELETE) < 0 ||
	    inotify_add_watch(descriptors->locks, NETWORKS_RUNNING,
			      IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE) < 0) {
		log_line(LOG_LEVEL_ERROR, "cannot watch %s: %s", FILES_RUN, strerror(errno));
		return -1;
	}
	return 0;
}

/* How long to sleep when nothing happens. */
static int timeout_of(const struct supervisor *supervisor)
{
	uint64_t now = state_now_ms();

	if (!supervisor->next_ms)
		return -1;
	return supervisor->next_ms > now ? (int)MIN(supervisor->next_ms - now, 60000ul) : 0;
}

/* Sleeps until there is something; true when a signal wants us to end. */
static bool wait_for_something(struct supervisor *supervisor, const struct descriptors *descriptors)
{
	struct pollfd ready[] = {
		{.fd = descriptors->signals, .events = POLLIN},
		{.fd = descriptors->locks, .events = POLLIN},
		{.fd = worker_descriptor(supervisor->worker), .events = POLLIN},
		{.fd = supervisor->store ? store_descriptor(supervisor->store) : -1,
		 .events = POLLIN},
		{.fd = backends_descriptor(supervisor->backends), .events = POLLIN},
	};
	struct job *job;

	if (poll(ready, ARRAY_SIZE(ready), timeout_of(supervisor)) < 0 && errno != EINTR)
		return true;
	if (ready[1].revents)
		drain(descriptors->locks);
	while ((job = worker_take_done(supervisor->worker)))
		supervisor_finish(supervisor, job);
	if (ready[3].revents && supervisor->store)
		read_store_events(supervisor);
	if (!ready[0].revents)
		return false;
	drain(descriptors->signals);
	return true;
}

static void look_at_children(struct supervisor *supervisor)
{
	uint64_t wake_ms;

	services_look(supervisor->services, state_now_ms(), &wake_ms);
	if (wake_ms)
		supervisor_wake_at(supervisor, wake_ms);
	backends_look(supervisor->backends, supervisor->store, state_now_ms(), &wake_ms);
	if (wake_ms)
		supervisor_wake_at(supervisor, wake_ms);
}

static void supervise(struct supervisor *supervisor, const struct descriptors *descriptors,
		      const struct options *options)
{
	bool store_away = false, begun = false, ready = false;

	for (;;) {
		supervisor_look(supervisor);
		if (!supervisor->store)
			connect_store(supervisor, &store_away);
		look_at_children(supervisor);
		if (supervisor->store && !begun && !options->no_autostart)
			autostart_begin(supervisor);
		begun |= supervisor->store != NULL;
		if (begun && !ready)
			log_notify("READY=1\nSTATUS=supervising");
		ready |= begun;
		if (supervisor->stopping && stop_look(supervisor))
			return;
		if (!wait_for_something(supervisor, descriptors))
			continue;
		if (!options->stop_guests || supervisor->stopping)
			return;
		stop_begin(supervisor, options->stop_seconds);
	}
}

static void sweep(struct supervisor *supervisor)
{
	struct domain_info *domains;
	size_t count;

	if (domain_list(supervisor->hypervisor, &domains, &count, NULL))
		return;
	reaper_sweep_configs(domains, count);
	free(domains);
}

static int begin(struct supervisor *supervisor, int *pid_file)
{
	struct failure failure = {0};
	int result = state_prepare(&failure);

	if (!result)
		result = files_lock(PID_FILE, false, pid_file, &failure);
	if (result == -EBUSY) {
		log_line(LOG_LEVEL_ERROR, "another ensod is running (" PID_FILE ")");
		return result;
	}
	if (!result)
		result = hypervisor_open(&supervisor->hypervisor, &failure);
	if (result) {
		log_failure("cannot start", &failure);
		return result;
	}
	if (ftruncate(*pid_file, 0) != 0 || dprintf(*pid_file, "%d\n", getpid()) < 0)
		log_line(LOG_LEVEL_WARNING, PID_FILE ": cannot be written");
	(void)unlink(STATE_STOPPING);
	supervisor->backends = backends_new();
	supervisor->services = services_new();
	supervisor->worker = worker_start();
	if (!supervisor->worker || !supervisor->backends || !supervisor->services) {
		log_line(LOG_LEVEL_ERROR, "cannot start: out of memory or threads");
		return -ENOMEM;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	struct supervisor supervisor = {0};
	struct descriptors descriptors;
	struct options options = {0};
	int code = read_options(argc, argv, &options), pid_file = -1;

	if (code >= 0)
		return code;
	/* Signals are blocked before there is a second thread. */
	if (state_prepare(NULL) || files_make_directory(NETWORKS_RUNNING, NULL) ||
	    open_descriptors(&descriptors) || begin(&supervisor, &pid_file))
		return 1;
	if (!options.no_autostart)
		services_start_networks();
	sweep(&supervisor);
	supervisor_take_up(&supervisor);
	supervise(&supervisor, &descriptors, &options);
	log_notify("STOPPING=1");
	worker_stop(supervisor.worker);
	backends_free(supervisor.backends);
	services_free(supervisor.services);
	store_close(supervisor.store);
	hypervisor_close(supervisor.hypervisor);
	free(supervisor.ended);
	free(supervisor.intended);
	files_unlock_remove(PID_FILE, pid_file);
	return 0;
}
