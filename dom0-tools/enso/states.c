/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/states.c - states.h says what it is for. */
#include "dom0-tools/enso/states.h"

#include <libvirt/libvirt.h>
#include <string.h>

static struct guest_state state_of_end(enum domain_end end)
{
	switch (end) {
	case DOMAIN_END_SUSPEND:
		return (struct guest_state){"pmsuspended", VIR_DOMAIN_PMSUSPENDED, "unknown",
					    VIR_DOMAIN_PMSUSPENDED_UNKNOWN};
	case DOMAIN_END_CRASH:
		return (struct guest_state){"crashed", VIR_DOMAIN_CRASHED, "panicked",
					    VIR_DOMAIN_CRASHED_PANICKED};
	case DOMAIN_END_WATCHDOG:
		return (struct guest_state){"crashed", VIR_DOMAIN_CRASHED, "unknown",
					    VIR_DOMAIN_CRASHED_UNKNOWN};
	default:
		return (struct guest_state){"shutoff", VIR_DOMAIN_SHUTOFF, "shutdown",
					    VIR_DOMAIN_SHUTOFF_SHUTDOWN};
	}
}

struct guest_state guest_state_of(const struct domain_info *info)
{
	if (info->dying)
		return (struct guest_state){"shutdown", VIR_DOMAIN_SHUTDOWN, "user",
					    VIR_DOMAIN_SHUTDOWN_USER};
	if (info->shut_down)
		return state_of_end(info->end);
	if (info->paused)
		return (struct guest_state){"paused", VIR_DOMAIN_PAUSED, "user",
					    VIR_DOMAIN_PAUSED_USER};
	return (struct guest_state){"running", VIR_DOMAIN_RUNNING, "booted",
				    VIR_DOMAIN_RUNNING_BOOTED};
}

static const char *const words[] = {"present",	"absent",  "running",	  "paused", "shutoff",
				    "shutdown", "crashed", "pmsuspended", "down"};

bool guest_state_known(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

bool guest_state_is(const struct domain_info *info, const char *word)
{
	if (!strcmp(word, "present"))
		return info && !info->dying;
	if (!info)
		return !strcmp(word, "absent") || !strcmp(word, "down");
	if (!strcmp(word, "down"))
		return info->dying || info->shut_down;
	if (!strcmp(word, "shutdown"))
		word = "shutoff";
	return !strcmp(guest_state_of(info).name, word);
}

void guest_state_letters(const struct domain_info *info, char letters[7])
{
	letters[0] = info->running ? 'r' : '-';
	letters[1] = info->blocked ? 'b' : '-';
	letters[2] = info->paused ? 'p' : '-';
	letters[3] = info->shut_down ? 's' : '-';
	letters[4] = info->shut_down && info->end == DOMAIN_END_CRASH ? 'c' : '-';
	letters[5] = info->dying ? 'd' : '-';
	letters[6] = 0;
}

/* The end of a guest, as an event. */
static struct guest_event event_of_end(enum domain_end end)
{
	switch (end) {
	case DOMAIN_END_CRASH:
	case DOMAIN_END_WATCHDOG:
		return (struct guest_event){"crashed", VIR_DOMAIN_EVENT_CRASHED, "panicked",
					    VIR_DOMAIN_EVENT_CRASHED_PANICKED};
	case DOMAIN_END_SUSPEND:
		return (struct guest_event){"suspended", VIR_DOMAIN_EVENT_SUSPENDED, "paused",
					    VIR_DOMAIN_EVENT_SUSPENDED_PAUSED};
	default:
		return (struct guest_event){"shutdown", VIR_DOMAIN_EVENT_SHUTDOWN, "guest",
					    VIR_DOMAIN_EVENT_SHUTDOWN_GUEST};
	}
}

static struct guest_event event_of_going(const struct domain_info *before)
{
	if (!before->shut_down)
		return (struct guest_event){"stopped", VIR_DOMAIN_EVENT_STOPPED, "destroyed",
					    VIR_DOMAIN_EVENT_STOPPED_DESTROYED};
	if (before->end == DOMAIN_END_CRASH || before->end == DOMAIN_END_WATCHDOG)
		return (struct guest_event){"stopped", VIR_DOMAIN_EVENT_STOPPED, "crashed",
					    VIR_DOMAIN_EVENT_STOPPED_CRASHED};
	if (before->end == DOMAIN_END_SUSPEND)
		return (struct guest_event){"stopped", VIR_DOMAIN_EVENT_STOPPED, "saved",
					    VIR_DOMAIN_EVENT_STOPPED_SAVED};
	return (struct guest_event){"stopped", VIR_DOMAIN_EVENT_STOPPED, "shutdown",
				    VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN};
}

static bool is_there(const struct domain_info *info)
{
	return info && !info->dying;
}

/* All events between two looks, in order; returns how many, at most four. */
static unsigned int events_between(const struct domain_info *before,
				   const struct domain_info *after, struct guest_event events[4])
{
	unsigned int count = 0;
	bool was = is_there(before), is = is_there(after);

	if (!was && !is)
		return 0;
	if (!was)
		events[count++] = (struct guest_event){"started", VIR_DOMAIN_EVENT_STARTED,
						       "booted", VIR_DOMAIN_EVENT_STARTED_BOOTED};
	if (!is) {
		events[count++] = event_of_going(before);
		return count;
	}
	if (after->shut_down && !(was && before->shut_down))
		events[count++] = event_of_end(after->end);
	if (was && after->paused && !before->paused && !after->shut_down)
		events[count++] = (struct guest_event){"suspended", VIR_DOMAIN_EVENT_SUSPENDED,
						       "paused", VIR_DOMAIN_EVENT_SUSPENDED_PAUSED};
	if (was && !after->shut_down && ((!after->paused && before->paused) || before->shut_down))
		events[count++] =
			(struct guest_event){"resumed", VIR_DOMAIN_EVENT_RESUMED, "unpaused",
					     VIR_DOMAIN_EVENT_RESUMED_UNPAUSED};
	return count;
}

bool guest_event_between(const struct domain_info *before, const struct domain_info *after,
			 unsigned int at, struct guest_event *event)
{
	struct guest_event events[4];

	if (at >= events_between(before, after, events))
		return false;
	*event = events[at];
	return true;
}
