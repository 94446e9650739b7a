/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/top.c - the command top: what guests used between two looks. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/look.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/text.h"
#include "dom0-tools/lib/timing.h"

struct sample {
	struct guest *guests;
	size_t count;
	uint64_t time_ns;
	struct host_info host;
};

static int take_sample(struct invocation *invocation, struct sample *sample)
{
	int result = guests_list(invocation, &sample->guests, &sample->count);

	if (!result)
		result = host_get_info(invocation->hypervisor, &sample->host, &invocation->failure);
	sample->time_ns = timing_now_ns();
	return result;
}

/* Per cent of one CPU that a guest used since the sample before. */
static double cpu_percent(const struct sample *before, const struct sample *now,
			  const struct guest *guest)
{
	uint64_t passed = now->time_ns - before->time_ns;

	for (size_t i = 0; i < before->count; i++) {
		const struct domain_info *info = &before->guests[i].info;

		if (info->domid == guest->info.domid && passed)
			return 100.0 * (double)(guest->info.cpu_time_ns - info->cpu_time_ns) /
			       (double)passed;
	}
	return 0;
}

static int print_json(struct invocation *invocation, const struct sample *before,
		      const struct sample *now)
{
	struct json_object *document = output_begin(invocation), *object, *array;

	output_add_number(document, "interval_ns", now->time_ns - before->time_ns);
	object = output_add_object(document, "host");
	output_add_number(object, "cpus", now->host.cpus);
	output_add_number(object, "total_memory_kib", now->host.total_pages * 4);
	output_add_number(object, "free_memory_kib", host_free_pages(&now->host) * 4);
	array = output_add_array(document, "guests");
	for (size_t i = 0; i < now->count; i++) {
		object = output_append_object(array);
		guest_describe_fully(&now->guests[i], object);
		output_add_real(object, "cpu_percent", cpu_percent(before, now, &now->guests[i]));
	}
	return output_print_line(invocation, document);
}

static void print_table(const struct sample *before, const struct sample *now, bool clear)
{
	char total[TEXT_BYTES_ROOM], rest[TEXT_BYTES_ROOM];

	if (clear)
		fputs("\033[H\033[2J", stdout);
	printf("%zu domains, %u CPUs, %s memory, %s free\n\n", now->count, now->host.cpus,
	       text_write_bytes(total, now->host.total_pages << 12),
	       text_write_bytes(rest, host_free_pages(&now->host) << 12));
	printf("%5s  %-24s %-11s %7s %12s %10s %5s\n", "ID", "NAME", "STATE", "CPU %", "CPU TIME",
	       "MEMORY", "VCPUS");
	for (size_t i = 0; i < now->count; i++) {
		const struct guest *guest = &now->guests[i];
		char memory[TEXT_BYTES_ROOM];

		printf("%5u  %-24s %-11s %7.1f %10.1f s %10s %5u\n", guest->info.domid,
		       guest->name[0] ? guest->name : "-", guest_state_of(&guest->info).name,
		       cpu_percent(before, now, guest), (double)guest->info.cpu_time_ns / 1e9,
		       text_write_bytes(memory, guest->info.memory_pages << 12),
		       guest->info.vcpus_online);
	}
	fflush(stdout);
}

/* Until the delay is over; true when q or Ctrl-c was typed. */
static bool pause_or_quit(uint64_t seconds, bool keyboard)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t end = timing_now_ns() + seconds * 1000000000, now;
	char key;

	while ((now = timing_now_ns()) < end) {
		int left = (int)((end - now) / 1000000) + 1;

		if (poll(&input, keyboard ? 1 : 0, left) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 3)
			return true;
	}
	return false;
}

static int run(struct invocation *invocation, uint64_t tables, bool keyboard)
{
	uint64_t delay = arguments_number(&invocation->arguments, "delay", 1);
	struct sample before = {0}, now = {0};
	int result = take_sample(invocation, &before);

	while (!result && tables-- && !pause_or_quit(delay, keyboard)) {
		result = take_sample(invocation, &now);
		if (!result && invocation->json)
			result = print_json(invocation, &before, &now);
		else if (!result)
			print_table(&before, &now, keyboard);
		free(before.guests);
		before = now;
		memset(&now, 0, sizeof(now));
	}
	free(before.guests);
	free(now.guests);
	return result;
}

int command_top(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	uint64_t tables = arguments_number(arguments, "count", UINT64_MAX);
	struct termios saved, raw;
	bool keyboard;
	int result;

	if (arguments_has(arguments, "once"))
		tables = 1;
	if (arguments_number(arguments, "delay", 1) > 3600)
		return invocation_misused(invocation, "--delay is at most 3600");
	keyboard = tables > 1 && !invocation->json && isatty(STDOUT_FILENO) &&
		   tcgetattr(STDIN_FILENO, &saved) == 0;
	if (keyboard) {
		raw = saved;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	result = run(invocation, tables, keyboard);
	if (keyboard)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	return result;
}
