/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/machine_check_queue.c - see machine_check_queue.h.
 */
#include "xen-like/arch/x86/machine_check_queue.h"

bool machine_check_add(struct machine_check_queue *queue, const struct machine_check_report *report)
{
	if (queue->added - queue->acknowledged == REPORTS_MAX)
		return false;
	queue->reports[queue->added++ % REPORTS_MAX] = *report;
	return true;
}

uint64_t machine_check_oldest(const struct machine_check_queue *queue,
			      struct machine_check_report *report)
{
	if (queue->acknowledged == queue->added)
		return 0;
	*report = queue->reports[queue->acknowledged % REPORTS_MAX];
	return queue->acknowledged + 1;
}

void machine_check_acknowledge(struct machine_check_queue *queue, uint64_t number)
{
	if (queue->acknowledged != queue->added && number == queue->acknowledged + 1)
		queue->acknowledged++;
}
