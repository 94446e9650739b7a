/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/hypervisor_log.c - the hypervisor's own words, kept as
 * those of a guest named "hypervisor".
 *
 * How far one has read is kept in a file that goes with the host's boot, as the
 * hypervisor's log does, so that a restarted daemon does not write it twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/consoled/consoled.h"
#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/host.h"

#define POSITION_FILE FILES_RUN "/consoled.position"

void hypervisor_log_open(struct consoled *daemon)
{
	xenevtchn_port_or_error_t port = xenevtchn_bind_virq(daemon->events, VIRQ_CON_RING);
	int result = logfile_open(&daemon->hypervisor_log, &daemon->policy, "hypervisor");

	if (result)
		daemon_log("error", "%s: %s", daemon->hypervisor_log.path, strerror(-result));
	daemon->position_file = open(POSITION_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (port < 0) {
		daemon_log("notice", "the hypervisor's log is read by somebody else: %s",
			   strerror(errno));
		return;
	}
	daemon->log_port = (evtchn_port_t)port;
	daemon->has_log_port = true;
	hypervisor_log_read(daemon);
}

void hypervisor_log_read(struct consoled *daemon)
{
	static char text[16 << 10];
	struct host_log_position position = {0};
	struct failure failure = {0};
	int file = daemon->position_file, count;

	if (pread(file, &position.index, sizeof(position.index), 0) == sizeof(position.index))
		position.started = true;
	while ((count = host_read_log(daemon->hypervisor, &position, false, text, sizeof(text),
				      &failure)) > 0) {
		if (logfile_write(&daemon->hypervisor_log, text, (size_t)count))
			break;
		if (pwrite(file, &position.index, sizeof(position.index), 0) < 0)
			break;
	}
	if (count < 0)
		daemon_log("error", "%s: %s", failure.object, failure.cause);
	(void)xenevtchn_unmask(daemon->events, daemon->log_port);
}
