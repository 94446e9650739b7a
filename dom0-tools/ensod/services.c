/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/services.c - services.h says what it is for. */
#include "dom0-tools/ensod/services.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dom0-tools/builder/network_start.h"
#include "dom0-tools/ensod/backend_past.h"
#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/spawn.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/text.h"

#define SERVICES_MOST 64 /* networks of one host */
#define LOOK_MS	      1000
#define PROGRAM	      "/usr/sbin/dnsmasq"

struct service {
	char name[NETWORK_NAME_MAX + 1];
	pid_t pid; /* 0: none runs */
	struct backend_past past;
	bool seen;
};

struct services {
	struct service all[SERVICES_MOST];
	size_t count;
};

struct services *services_new(void)
{
	if (files_make_directory(NETWORKS_RUNNING, NULL))
		log_line(LOG_LEVEL_WARNING, NETWORKS_RUNNING ": cannot be made");
	return calloc(1, sizeof(struct services));
}

void services_free(struct services *services)
{
	free(services);
}

void services_start_networks(void)
{
	char **names;
	size_t count;

	if (network_list_defined(&names, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		struct network_definition definition;
		struct failure failure = {0};
		int result = network_read(names[i], &definition, &failure);

		if (!result && definition.autostart && !network_is_running(names[i]))
			result = network_start(&definition, &failure);
		if (result)
			log_failure("starting a network", &failure);
		free(names[i]);
	}
	free(names);
}

/* The one that an ensod before us has started; its name makes sure that it is one. */
static pid_t find_running(const char *name)
{
	char path[160], *text = NULL, *who = NULL;
	uint64_t pid = 0;
	size_t bytes;

	snprintf(path, sizeof(path), NETWORKS_RUNNING "/%s.pid", name);
	if (files_read_whole(path, 32, &text, &bytes, NULL))
		return 0;
	text[strcspn(text, "\n")] = 0;
	if (!text_parse_number(text, 2, INT32_MAX, &pid))
		pid = 0;
	free(text);
	snprintf(path, sizeof(path), "/proc/%lu/comm", (unsigned long)pid);
	if (!pid || files_read_whole(path, 64, &who, &bytes, NULL))
		return 0;
	if (strcmp(who, "dnsmasq\n") != 0)
		pid = 0;
	free(who);
	return (pid_t)pid;
}

static void start(struct service *service, uint64_t now_ms)
{
	char option[192];
	char *const words[] = {PROGRAM, "--keep-in-foreground", option, NULL};
	int error;

	snprintf(option, sizeof(option), "--conf-file=" NETWORKS_RUNNING "/%s.dhcp", service->name);
	error = spawn_program(PROGRAM, words, &service->pid);
	backend_past_started(&service->past, now_ms);
	if (!error)
		return;
	service->pid = 0;
	service->past.failed = true;
	log_line(LOG_LEVEL_ERROR,
		 "network %s: " PROGRAM
		 " cannot be started: %s; install dnsmasq-base, then stop and "
		 "start the network",
		 service->name, strerror(error));
}

/* Whether its process has ended. */
static bool has_ended(const struct service *service)
{
	int status;
	pid_t ended = waitpid(service->pid, &status, WNOHANG);

	if (ended == service->pid)
		return true;
	/* Not our child: it is somebody's, or gone. */
	return ended < 0 && kill(service->pid, 0) != 0 && errno == ESRCH;
}

static struct service *find_or_add(struct services *services, const char *name, size_t length)
{
	for (size_t i = 0; i < services->count; i++)
		if (strlen(services->all[i].name) == length &&
		    !strncmp(services->all[i].name, name, length))
			return &services->all[i];
	if (services->count == SERVICES_MOST || length > NETWORK_NAME_MAX)
		return NULL;
	services->all[services->count] = (struct service){.pid = 0};
	memcpy(services->all[services->count].name, name, length);
	return &services->all[services->count++];
}

static void see_files(struct services *services)
{
	DIR *folder = opendir(NETWORKS_RUNNING);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);
		struct service *service;

		if (length < 6 || strcmp(entry->d_name + length - 5, ".dhcp") != 0)
			continue;
		service = find_or_add(services, entry->d_name, length - 5);
		if (service)
			service->seen = true;
	}
	if (folder)
		closedir(folder);
}

static void look_at(struct service *service, uint64_t now_ms)
{
	if (service->pid && has_ended(service)) {
		log_line(LOG_LEVEL_WARNING, "network %s: its dnsmasq, process %d, has ended",
			 service->name, service->pid);
		backend_past_ended(&service->past, BACKEND_END_DIED, now_ms);
		service->pid = 0;
	}
	if (!service->seen && service->pid)
		kill(service->pid, SIGTERM);
	if (!service->seen || service->pid || service->past.failed || now_ms < service->past.due_ms)
		return;
	service->pid = find_running(service->name);
	if (!service->pid)
		start(service, now_ms);
}

void services_look(struct services *services, uint64_t now_ms, uint64_t *wake_ms)
{
	size_t kept = 0;

	*wake_ms = 0;
	for (size_t i = 0; i < services->count; i++)
		services->all[i].seen = false;
	see_files(services);
	for (size_t i = 0; i < services->count; i++) {
		look_at(&services->all[i], now_ms);
		if (services->all[i].seen || services->all[i].pid)
			services->all[kept++] = services->all[i];
	}
	services->count = kept;
	/* Their ends are looked for, not waited for: a DHCP server may be away for a second. */
	if (kept)
		*wake_ms = now_ms + LOOK_MS;
}
