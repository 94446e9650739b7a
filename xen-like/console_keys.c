/* SPDX-License-Identifier: MIT */
/*
 * xen-like/console_keys.c - see console_keys.h.
 */
#include "xen-like/console_keys.h"
#include "event-channels/channel.h"
#include "grant-tables/table.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/console.h"
#include "xen-like/domain/audit.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/mm/heap.h"
#include "xen-like/panic.h"

static void key_help(void);

static void print_vcpu(const struct vcpu *vcpu)
{
	log_error("  vCPU %u on CPU %u:%s%s%s%s paused %u, events %s%s, rip %#lx %s\n", vcpu->id,
		  vcpu->cpu, vcpu->running ? " running" : "", vcpu->blocked ? " blocked" : "",
		  vcpu->down ? " down" : "", vcpu_polls(vcpu) ? " polling" : "", vcpu->pause_count,
		  vcpu->info->evtchn_upcall_pending ? "pending" : "none",
		  vcpu->info->evtchn_upcall_mask ? " (masked)" : "", vcpu->regs.rip,
		  vcpu->pv.kernel_mode ? "kernel" : "user");
}

static void each_domain(void (*print)(const struct domain *domain))
{
	struct domain *domain;

	for (domid_t next = 0; (domain = domain_get_next(next)) != NULL;) {
		next = domain->id + 1;
		print(domain);
		domain_put(domain);
	}
}

/* Port 0, which is never anybody's, is among them. */
static uint32_t count_ports(const struct event_channels *events)
{
	uint32_t count = 0;

	for (uint32_t port = 0; port < events->port_count; port++)
		count += read_once(events->ports[port].state) != PORT_FREE;
	return count;
}

static void print_held(const struct domain *domain)
{
	const struct grant_table *grants = domain->grants;

	log_error("  %u ports, %u grant mappings, %u pages of grants\n",
		  count_ports(domain->events), read_once(grants->handles.used),
		  read_once(grants->frame_count));
}

static void print_domain(const struct domain *domain)
{
	log_error("domain %u: state %u, %lu of %lu pages\n", domain->id, domain->state,
		  domain->pages, domain->max_pages);
	print_held(domain);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		print_vcpu(domain->vcpus[i]);
}

static void key_domains(void)
{
	each_domain(print_domain);
}

static void print_registers(const struct domain *domain)
{
	log_error("domain %u\n", domain->id);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		regs_print(&domain->vcpus[i]->regs);
}

static void key_registers(void)
{
	each_domain(print_registers);
}

static void key_memory(void)
{
	log_error("memory: %lu of %lu pages free, %lu of them below 4 GiB; %lu objects\n",
		  heap_free_count(), heap_total_count(), heap_free_below_4g(), heap_object_count());
}

static void key_audit(void)
{
	(void)audit_run();
}

static void key_time(void)
{
	log_error("time: %lu ns since start, TSC %u kHz\n", clock_now(), clock_tsc_khz);
}

static const struct {
	char key;
	const char *what;
	void (*run)(void);
} keys[] = {
	{'h', "this list", key_help},
	{'q', "domains and vCPUs", key_domains},
	{'r', "guest registers", key_registers},
	{'m', "memory", key_memory},
	{'i', "interrupts", irq_print},
	{'t', "time", key_time},
	{'A', "recount page references (exact only when all is still)", key_audit},
	{'R', "reboot the machine", machine_reboot},
};

static void key_help(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		log_error("  %c  %s\n", keys[i].key, keys[i].what);
}

void console_key(char key)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].key == key)
			keys[i].run();
}
