/* SPDX-License-Identifier: MIT */
/*
 * xen-like/irq.c - interrupts as they arrive: which line a vector stands for on
 * this CPU, quieting it, and telling who listens.  domain/pirq.c decides who
 * that may be.
 *
 * A level line is masked at its I/O APIC before the local APIC's EOI and stays
 * so until the guest says it is done, so that a guest which never does holds up
 * only its own device.  Edges and messages are done with at once; a source that
 * sends them without end is masked for a while (throttle()).
 */
#include "xen-like/irq.h"
#include "event-channels/channel.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq_line.h"
#include "xen-like/mm/heap.h"

#define DEVICE_VECTORS (VECTOR_DEVICE_LAST - VECTOR_DEVICE_FIRST + 1)

/* A million a second, for 10 ms, is no device that works. */
#define STORM_WINDOW_NS 10000000ull
#define STORM_ARRIVALS	10000
#define STRAYS_LOGGED	16

struct spinlock irq_lock = SPINLOCK(RANK_IRQ);
struct irq_line *irq_groups[IRQ_GROUPS];

static uint32_t gsi_count;
/* Line number + 1 by CPU and vector; 0: free.  irq_lock. */
static uint16_t *vector_lines[MAX_CPUS];
static uint32_t strays;

/* Lines ------------------------------------------------------------------ */

static void relief_fire(void *argument);

static struct irq_line *group_create(uint64_t first)
{
	struct irq_line *group = heap_new_array(struct irq_line, IRQ_GROUP_LINES);

	for (uint32_t i = 0; group && i < IRQ_GROUP_LINES; i++) {
		group[i].number = (uint16_t)(first + i);
		timer_init(&group[i].relief, 0, relief_fire, &group[i]);
	}
	return group;
}

struct irq_line *irq_line_make(uint64_t number)
{
	uint64_t at = number / IRQ_GROUP_LINES;

	if (number < IRQ_LINES_MAX && !irq_line_find(number))
		store_release(&irq_groups[index_nospec(at, ARRAY_SIZE(irq_groups))],
			      group_create(at * IRQ_GROUP_LINES));
	return irq_line_find(number);
}

bool irq_prepare_cpu(uint32_t id)
{
	if (!vector_lines[id])
		vector_lines[id] = heap_new_array(uint16_t, DEVICE_VECTORS);
	return vector_lines[id] != NULL;
}

/* Their lines, as they are wired unless we are told.  The first for which there is no memory. */
static uint32_t gsis_make(uint32_t count)
{
	for (uint32_t gsi = 0; gsi < count; gsi++) {
		struct irq_line *line = irq_line_make(gsi);

		if (!line)
			return gsi;
		/* Numbers between two I/O APICs may be nobody's. */
		line->kind = ioapic_for_gsi(gsi) ? IRQ_GSI : IRQ_NONE;
		/* ISA's lines are edges, PCI's are levels. */
		line->level = line->active_low = gsi >= ACPI_LEGACY_IRQS;
	}
	return count;
}

uint32_t irq_gsi_count(void)
{
	static bool done;

	if (done)
		return gsi_count;
	done = true;
	for (uint32_t i = 0; i < ioapic_count; i++)
		gsi_count = MAX(gsi_count, ioapics[i].gsi_base + ioapics[i].pins);
	gsi_count = gsis_make(MIN(gsi_count, (uint32_t)IRQ_GSI_MAX));
	for (uint32_t i = 0; acpi_info.present && i < ACPI_LEGACY_IRQS; i++) {
		const struct acpi_override *said = &acpi_info.legacy[i];
		struct irq_line *line = said->gsi < gsi_count ? irq_line_find(said->gsi) : NULL;

		if (!line)
			continue;
		line->level = said->level;
		line->active_low = said->active_low;
	}
	return gsi_count;
}

static uint16_t *vector_slot(uint32_t cpu, uint8_t vector)
{
	return &vector_lines[cpu][vector - VECTOR_DEVICE_FIRST];
}

static bool vector_usable(uint32_t cpu, uint8_t vector)
{
	/* What guests use for INT n stays clear of devices: easier to read. */
	return vector >= VECTOR_DEVICE_FIRST && vector <= VECTOR_DEVICE_LAST && vector != 0x80 &&
	       vector != 0x82 && *vector_slot(cpu, vector) == 0;
}

/* A free vector on `cpu`, `like` if that is free; 0: none. */
static uint8_t vector_find(uint32_t cpu, uint8_t like)
{
	/* Messages and pins without remapping reach 8-bit APIC ids only. */
	if (cpu >= cpu_count || !cpus[cpu] || cpus[cpu]->apic_id > 0xfe)
		return 0;
	if (vector_usable(cpu, like))
		return like;
	for (unsigned int vector = VECTOR_DEVICE_FIRST; vector <= VECTOR_DEVICE_LAST; vector++)
		if (vector_usable(cpu, (uint8_t)vector))
			return (uint8_t)vector;
	return 0;
}

static void vector_take(struct irq_line *line, uint32_t cpu, uint8_t vector)
{
	*vector_slot(cpu, vector) = (uint16_t)(line->number + 1);
	line->cpu = line->wanted_cpu = (uint16_t)cpu;
	line->vector = vector;
}

int irq_line_route(struct irq_line *line, uint32_t cpu)
{
	for (uint32_t tries = 0; !line->vector && tries < cpu_count; tries++) {
		uint32_t candidate = (cpu + tries) % cpu_count;
		uint8_t vector = vector_find(candidate, 0);

		if (vector)
			vector_take(line, candidate, vector);
	}
	return line->vector ? 0 : -XEN_ENOSPC;
}

/* Masks at the source; false when it has no mask. */
static bool line_mask(struct irq_line *line, bool masked)
{
	if (line->kind == IRQ_MSI)
		return msi_mask(&line->msi, masked);
	ioapic_mask(line->number, masked);
	return true;
}

static bool line_masked(const struct irq_line *line)
{
	return !line->enabled || line->waiting || line->throttled;
}

void irq_line_program(struct irq_line *line)
{
	uint8_t apic_id = (uint8_t)cpus[line->cpu]->apic_id;

	if (line->kind == IRQ_MSI) {
		(void)msi_mask(&line->msi, true);
		msi_write(&line->msi, apic_id, line->vector);
		(void)msi_mask(&line->msi, line_masked(line));
		return;
	}
	ioapic_set(line->number, line->vector, apic_id, line->level, line->active_low,
		   line_masked(line));
}

void irq_line_enable(struct irq_line *line)
{
	line->enabled = true;
	line->waiting = line->throttled = false;
	irq_line_program(line);
}

void irq_line_disable(struct irq_line *line)
{
	line->enabled = false;
	if (line->vector)
		(void)line_mask(line, true);
	timer_stop(&line->relief);
	line->waiting = line->throttled = false;
}

void irq_line_resume(struct irq_line *line)
{
	if (!line->waiting)
		return;
	line->waiting = false;
	(void)line_mask(line, line_masked(line));
}

static void old_vector_release(struct irq_line *line)
{
	if (line->old_vector)
		*vector_slot(line->old_cpu, line->old_vector) = 0;
	line->old_vector = 0;
}

void irq_line_release(struct irq_line *line)
{
	old_vector_release(line);
	if (line->vector)
		*vector_slot(line->cpu, line->vector) = 0;
	line->vector = 0;
}

/*
 * The old vector keeps its meaning until one has arrived at the new.  A message
 * that cannot be masked changes by its address alone, in one write: it moves
 * only to a CPU where the same vector is free.
 */
static void line_move_now(struct irq_line *line)
{
	uint8_t vector = vector_find(line->wanted_cpu, line->vector);
	bool one_write = line->kind == IRQ_MSI && !line->msi.extended && !line->msi.maskable;

	if (!vector || (one_write && vector != line->vector)) {
		line->wanted_cpu = line->cpu;
		return;
	}
	old_vector_release(line);
	line->old_cpu = line->cpu;
	line->old_vector = line->vector;
	vector_take(line, line->wanted_cpu, vector);
	irq_line_program(line);
}

void irq_line_move(struct irq_line *line, uint32_t cpu)
{
	if (cpu >= cpu_count)
		return;
	line->wanted_cpu = (uint16_t)cpu;
	if (line->vector && cpu != line->cpu && !line->enabled)
		line_move_now(line);
}

/* Arrival ---------------------------------------------------------------- */

/* A pause for a source gone wild; what it sent meanwhile is one event. */
static void relief_fire(void *argument)
{
	struct irq_line *line = argument;
	struct domain *domain = NULL;
	uint32_t port;

	spin_lock(&irq_lock);
	if (line->throttled) {
		line->throttled = false;
		(void)line_mask(line, line_masked(line));
		domain = line->port ? line->mapped : NULL;
	}
	port = line->port;
	spin_unlock(&irq_lock);
	if (domain)
		event_send_pirq(domain, port);
}

static void throttle(struct irq_line *line)
{
	uint64_t now = clock_now();

	if (now - line->window_start > STORM_WINDOW_NS) {
		line->window_start = now;
		line->window_count = 0;
	}
	if (++line->window_count < STORM_ARRIVALS || line->throttled || !line_mask(line, true))
		return;
	line->throttled = true;
	timer_set(&line->relief, now + STORM_WINDOW_NS);
	if (line->storms++ == 0)
		log_warning("irq %u: storm of interrupts, slowed down\n", line->number);
}

/* A level line may move only here, acknowledged and masked: its pin is idle. */
static void line_settle(struct irq_line *line, uint32_t cpu, uint8_t vector)
{
	if (cpu != line->cpu || vector != line->vector)
		return;
	old_vector_release(line);
	/* Not while the EOI is on its way: it would miss the new vector.  Next time then. */
	if (line->wanted_cpu != line->cpu &&
	    !(line->kind == IRQ_GSI && line->level && ioapic_awaits_eoi(line->number)))
		line_move_now(line);
}

static void stray_arrived(uint32_t cpu, uint8_t vector)
{
	if (fetch_add(&strays, 1) < STRAYS_LOGGED)
		log_debug("CPU %u: interrupt at vector %#x, nobody's\n", cpu, vector);
}

/* Quiets the line and finds out who listens.  NULL: nobody. */
static struct irq_line *line_arrived(uint32_t cpu, uint8_t vector)
{
	/* A free vector's 0 becomes no line's number. */
	struct irq_line *line = irq_line_find(*vector_slot(cpu, vector) - 1ull);

	if (line && line->level && line->kind == IRQ_GSI) {
		(void)line_mask(line, true);
		line->waiting = true;
	}
	apic_eoi();
	if (!line)
		return NULL;
	line->arrivals++;
	line_settle(line, cpu, vector);
	if (!line->enabled)
		return NULL;
	if (!line->level && !line->handler)
		throttle(line);
	return line;
}

static void device_arrived(uint32_t cpu, uint8_t vector)
{
	struct irq_line *line;
	struct domain *domain = NULL;
	void (*handler)(void *) = NULL;
	void *argument = NULL;
	uint32_t port = 0;

	spin_lock(&irq_lock);
	line = line_arrived(cpu, vector);
	if (line) {
		domain = line->port ? line->mapped : NULL;
		port = line->port;
		handler = line->handler;
		argument = line->argument;
	}
	spin_unlock(&irq_lock);

	if (handler) {
		handler(argument);
		spin_lock(&irq_lock);
		irq_line_resume(line);
		spin_unlock(&irq_lock);
	} else if (domain) {
		/* The port may be closed by now; then this is for nobody. */
		event_send_pirq(domain, port);
	} else {
		stray_arrived(cpu, vector);
	}
}

void irq_handle(uint8_t vector)
{
	struct cpu *cpu = this_cpu();

	cpu->interrupts++;
	switch (vector) {
	case VECTOR_DEVICE_FIRST ... VECTOR_DEVICE_LAST:
		device_arrived(cpu->id, vector);
		return;
	case VECTOR_SPURIOUS:
		return;
	case VECTOR_TIMER:
		fetch_or(&cpu->work, WORK_TIMER);
		break;
	case VECTOR_FLUSH:
		spin_wait();
		break;
	case VECTOR_KICK:
		nmi_deliver();
		break;
	default:
		stray_arrived(cpu->id, vector);
		break;
	}
	apic_eoi();
}

/* Enso's own ---------------------------------------------------------------- */

bool irq_request_own(uint32_t gsi, void (*handler)(void *), void *argument)
{
	struct irq_line *line;
	bool done = false;

	if (gsi >= irq_gsi_count())
		return false;
	line = irq_line_find(gsi);
	spin_lock(&irq_lock);
	if (line && line->kind == IRQ_GSI && !line->handler && !line->port &&
	    irq_line_route(line, 0) == 0) {
		line->handler = handler;
		line->argument = argument;
		irq_line_enable(line);
		done = true;
	}
	spin_unlock(&irq_lock);
	return done;
}

void irq_print(void)
{
	for (uint32_t i = 0; i < IRQ_LINES_MAX; i++) {
		const struct irq_line *line = irq_line_find(i);

		if (!line || !line->vector)
			continue;
		log_info("irq %3u: CPU %u vector %#x%s%s port %u, %llu arrived%s%s\n", i, line->cpu,
			 line->vector, line->kind == IRQ_MSI ? " message" : "",
			 line->level ? " level" : "", line->port,
			 (unsigned long long)line->arrivals, line->waiting ? ", waits" : "",
			 line->throttled ? ", slowed down" : "");
	}
}
