/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/stop.c - all guests down, for the host's own end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/ensod/log.h"
#include "dom0-tools/ensod/state.h"
#include "dom0-tools/ensod/supervisor.h"

static bool is_live(const struct domain_info *info)
{
	return info->domid != 0 && !info->shut_down && !info->dying;
}

static void ask(struct supervisor *supervisor, const struct domain_info *info)
{
	struct failure failure = {0};
	char path[64];

	/* A paused guest cannot answer. */
	if (info->paused && domain_unpause(supervisor->hypervisor, info->domid, &failure))
		log_failure("unpausing a guest to stop it", &failure);
	snprintf(path, sizeof(path), "/local/domain/%u", info->domid);
	memset(&failure, 0, sizeof(failure));
	if (!supervisor->store ||
	    store_write_below(supervisor->store, path, "control/shutdown", &failure, "poweroff"))
		log_line(LOG_LEVEL_WARNING, "domain %u: cannot be asked to power off", info->domid);
}

void stop_begin(struct supervisor *supervisor, uint64_t seconds)
{
	struct failure failure = {0};
	struct domain_info *domains;
	size_t count;

	supervisor->stopping = true;
	supervisor->stop_ms = state_now_ms() + seconds * 1000;
	log_notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=%lu", (unsigned long)(seconds + 30) * 1000000);
	if (domain_list(supervisor->hypervisor, &domains, &count, &failure)) {
		log_failure("cannot stop the guests", &failure);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (is_live(&domains[i]))
			ask(supervisor, &domains[i]);
	free(domains);
}

static void destroy_all(struct supervisor *supervisor, const struct domain_info *domains,
			size_t count)
{
	supervisor->destroying = true;
	for (size_t i = 0; i < count; i++) {
		struct job *job;

		if (!is_live(&domains[i]))
			continue;
		log_line(LOG_LEVEL_WARNING, "domain %u: has not powered off in time; destroyed",
			 domains[i].domid);
		job = supervisor_new_job(JOB_DESTROY, domains[i].uuid, domains[i].domid);
		if (job)
			supervisor_submit(supervisor, job);
	}
}

bool stop_look(struct supervisor *supervisor)
{
	struct failure failure = {0};
	struct domain_info *domains;
	size_t count, live = 0;

	if (domain_list(supervisor->hypervisor, &domains, &count, &failure)) {
		log_failure("cannot stop the guests", &failure);
		return true;
	}
	for (size_t i = 0; i < count; i++)
		live += is_live(&domains[i]);
	log_notify("STATUS=waiting for %zu guests to power off", live);
	if (live && state_now_ms() >= supervisor->stop_ms && !supervisor->destroying)
		destroy_all(supervisor, domains, count);
	free(domains);
	supervisor_wake_at(supervisor,
			   supervisor->destroying ? state_now_ms() + 1000 : supervisor->stop_ms);
	return (live == 0 || supervisor->destroying) && supervisor->jobs == 0;
}
