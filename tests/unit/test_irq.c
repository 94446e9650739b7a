// needs: xen-like/irq.c xen-like/domain/pirq.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_irq.c - interrupt lines and pirqs on a machine of paper: one
 * I/O APIC of 24 pins, a device with messages, two CPUs that write down what
 * is asked of them.
 */
#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "event-channels/channel.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/irq_line.h"
#include "xen-like/mm/heap.h"

static int failures;

static void check(const char *name, bool good)
{
	if (good)
		printf("PASS irq_%s\n", name);
	else
		printf("FAIL irq_%s: not so\n", name);
	failures += !good;
}

/* The machine -------------------------------------------------------------- */

static struct pin {
	uint8_t vector, apic_id;
	bool level, active_low, masked;
} pins[24];

struct ioapic ioapics[ACPI_IOAPICS_MAX] = {{.address = 0xfec00000, .pins = 24}};
uint32_t ioapic_count = 1;
struct acpi_info acpi_info;
struct cpu *cpus[MAX_CPUS];
uint32_t cpu_count = 2;

static struct cpu cpu_records[2];
static struct vcpu vcpu;
static struct domain dom0 = {.hardware = true, .max_vcpus = 1};
static uint64_t now;
static unsigned int eois, events, own_calls;
static uint32_t last_port;
static struct timer *armed;
static bool message_masked;
static uint8_t message_apic, message_vector;

const struct ioapic *ioapic_for_gsi(uint32_t gsi)
{
	return gsi < 24 ? &ioapics[0] : NULL;
}

void ioapic_set(uint32_t gsi, uint8_t vector, uint8_t apic_id, bool level, bool active_low,
		bool masked)
{
	pins[gsi] = (struct pin){vector, apic_id, level, active_low, masked};
}

bool ioapic_awaits_eoi(uint32_t gsi)
{
	(void)gsi;
	return false;
}

void ioapic_mask(uint32_t gsi, bool masked)
{
	pins[gsi].masked = masked;
}

bool ioapic_read_register(uint64_t address, uint32_t index, uint32_t *value)
{
	*value = 0x170020 + index;
	return address == 0xfec00000;
}

int msi_find(struct msi *msi, struct pci_device device, uint16_t entry, uint64_t table_base)
{
	*msi = (struct msi){.device = device, .entry = entry, .extended = table_base != 0};
	return 0;
}

void msi_write(const struct msi *msi, uint8_t apic_id, uint8_t vector)
{
	(void)msi;
	message_apic = apic_id;
	message_vector = vector;
}

bool msi_mask(const struct msi *msi, bool masked)
{
	message_masked = masked;
	return msi->extended;
}

bool pci_device_known(struct pci_device device)
{
	return device.bus == 0;
}

void nmi_deliver(void)
{
}

void apic_eoi(void)
{
	eois++;
}

void event_send_pirq(struct domain *domain, uint32_t port)
{
	if (domain == &dom0)
		events++;
	last_port = port;
}

uint64_t clock_now(void)
{
	return now;
}

void timer_init(struct timer *timer, uint32_t cpu, void (*fire)(void *), void *argument)
{
	*timer = (struct timer){.fire = fire, .argument = argument, .cpu = cpu};
}

void timer_set(struct timer *timer, uint64_t deadline)
{
	timer->deadline = deadline;
	armed = timer;
}

void timer_stop(struct timer *timer)
{
	if (armed == timer)
		armed = NULL;
}

void spin_wait(void)
{
}

void lock_rank_enter(uint32_t rank)
{
	(void)rank;
}

void lock_rank_leave(uint32_t rank)
{
	(void)rank;
}

void log_print(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

static bool no_memory;

void *heap_alloc(size_t bytes)
{
	return no_memory ? NULL : calloc(1, bytes);
}

static void own_handler(void *argument)
{
	(void)argument;
	own_calls++;
}

/* An interrupt at `vector` on CPU `cpu`: GS base is where this_cpu() looks. */
static void arrive(uint32_t cpu, uint8_t vector)
{
	syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu_records[cpu]);
	irq_handle(vector);
}

/* Claims ------------------------------------------------------------------- */

static void test_level(void)
{
	struct pin *pin = &pins[9];
	unsigned int before = events;
	uint32_t flags = 0;

	check("level_trigger", pirq_set_trigger(&dom0, 9, true, true) == 0);
	check("bind_unmapped", pirq_bind(&dom0, 9, 5, true) == -XEN_EINVAL);
	check("level_map", pirq_map_gsi(&dom0, 9) == 0);
	check("level_bind", pirq_bind(&dom0, 9, 5, true) == 0);
	check("level_bind_twice", pirq_bind(&dom0, 9, 6, true) == -XEN_EEXIST);
	check("level_pin", pin->level && pin->active_low && !pin->masked && pin->vector >= 0x20);
	check("level_status", pirq_status(&dom0, 9, &flags) == 0 &&
				      flags == (XENIRQSTAT_needs_eoi | XENIRQSTAT_shared));
	eois = 0;
	arrive(0, pin->vector);
	check("level_arrives", events == before + 1 && last_port == 5 && eois == 1);
	check("level_masked", pin->masked);
	check("level_eoi", pirq_eoi(&dom0, 9) == 0 && !pin->masked);
	check("trigger_in_use", pirq_set_trigger(&dom0, 9, false, false) == -XEN_EEXIST);
	arrive(0, pin->vector);
	pirq_unbind(&dom0, 9);
	check("level_unbound", pin->masked);
	check("eoi_unbound", pirq_eoi(&dom0, 9) == 0 && pin->masked);
	arrive(0, pin->vector);
	check("late_is_nobodys", events == before + 2);
	check("level_again", pirq_bind(&dom0, 9, 7, false) == 0 && !pin->masked);
	check("unmap_bound", pirq_unmap(&dom0, 9) == 0 && pin->masked);
	check("unmap_twice", pirq_unmap(&dom0, 9) == -XEN_EINVAL);
}

static void test_edge_and_move(void)
{
	struct pin *pin = &pins[4];
	unsigned int before = events;
	uint8_t old;

	check("edge_map", pirq_map_gsi(&dom0, 4) == 0 && pirq_bind(&dom0, 4, 8, false) == 0);
	old = pin->vector;
	arrive(0, old);
	check("edge_open", events == before + 1 && !pin->masked && !pin->level);
	pirq_set_vcpu(&dom0, 4, 1);
	check("move_waits", pin->apic_id == 0);
	arrive(0, old);
	check("move_done", pin->apic_id == 7 && !pin->masked && events == before + 2);
	arrive(0, old);
	check("move_old_counts", events == before + 3 && irq_line_find(4)->old_vector == old);
	arrive(1, pin->vector);
	check("move_settled", events == before + 4 && irq_line_find(4)->old_vector == 0);
	arrive(0, old);
	check("move_old_gone", events == before + 4);
	pirq_set_vcpu(&dom0, 4, 99);
	arrive(1, pin->vector);
	check("move_to_no_cpu", pin->apic_id == 7);
	check("edge_unmap", pirq_unmap(&dom0, 4) == 0);
}

static void test_level_move(void)
{
	struct pin *pin = &pins[10];

	check("level_move_bind", pirq_set_trigger(&dom0, 10, true, true) == 0 &&
					 pirq_map_gsi(&dom0, 10) == 0 &&
					 pirq_bind(&dom0, 10, 9, false) == 0);
	pirq_set_vcpu(&dom0, 10, 1);
	arrive(0, pin->vector);
	check("level_moves_masked", pin->apic_id == 7 && pin->masked);
	check("level_moved_eoi", pirq_eoi(&dom0, 10) == 0 && !pin->masked);
	check("level_move_unmap", pirq_unmap(&dom0, 10) == 0);
}

static void test_storm(void)
{
	struct pin *pin = &pins[5];
	unsigned int before;

	check("storm_bind", pirq_map_gsi(&dom0, 5) == 0 && pirq_bind(&dom0, 5, 3, false) == 0);
	for (unsigned int i = 0; i < 20000 && !pin->masked; i++)
		arrive(0, pin->vector);
	check("storm_masked", pin->masked && armed);
	before = events;
	if (armed)
		armed->fire(armed->argument);
	check("storm_relief", !pin->masked && events == before + 1);
	now += 1000000000;
	for (unsigned int i = 0; i < 5000; i++)
		arrive(0, pin->vector);
	check("storm_over", !pin->masked);
	check("storm_unmap", pirq_unmap(&dom0, 5) == 0);
}

static void test_own(void)
{
	uint32_t flags;

	check("own", irq_request_own(3, own_handler, NULL));
	check("own_twice", !irq_request_own(3, own_handler, NULL));
	check("own_no_gsi", !irq_request_own(24, own_handler, NULL));
	arrive(0, pins[3].vector);
	check("own_called", own_calls == 1);
	check("own_trigger", pirq_set_trigger(&dom0, 3, true, true) == -XEN_EEXIST);
	check("own_map", pirq_map_gsi(&dom0, 3) == 0);
	check("own_bind", pirq_bind(&dom0, 3, 4, true) == -XEN_EBUSY);
	check("own_unmap", pirq_unmap(&dom0, 3) == 0);
	arrive(0, pins[3].vector);
	check("own_still", own_calls == 2 && pirq_status(&dom0, 3, &flags) == 0);
}

static void test_message(void)
{
	struct pci_device device = {.function = 8}, absent = {.bus = 1};
	uint32_t pirq = ~0u, other = ~0u, flags = ~0u;
	unsigned int before = events;

	check("msi_unknown", pirq_map_msi(&dom0, absent, 0, 0, &pirq) == -XEN_ENODEV);
	check("msi_map", pirq_map_msi(&dom0, device, 1, 0xc0000000, &pirq) == 0 && pirq == 24);
	check("msi_map_twice", pirq_map_msi(&dom0, device, 1, 0xc0000000, &other) == -XEN_EEXIST);
	check("msi_both_kinds", pirq_map_msi(&dom0, device, 0, 0, &other) == -XEN_EEXIST);
	check("msi_written_masked", message_vector >= 0x20 && message_masked);
	check("msi_bind", pirq_bind(&dom0, pirq, 11, false) == 0 && !message_masked);
	arrive(0, message_vector);
	check("msi_arrives", events == before + 1 && last_port == 11);
	check("msi_status", pirq_status(&dom0, pirq, &flags) == 0 && flags == 0);
	pirq_set_vcpu(&dom0, pirq, 1);
	arrive(0, message_vector);
	check("msi_moves", message_apic == 7 && !message_masked);
	message_vector = 0;
	check("msi_restore", pirq_restore_msi(&dom0, device) == 0 && message_vector);
	check("msi_restore_none", pirq_restore_msi(&dom0, absent) == -XEN_ENODEV);
	check("msi_unmap", pirq_unmap(&dom0, pirq) == 0 && message_masked);
	arrive(1, message_vector);
	check("msi_late", events == before + 2);
	other = 30;
	check("msi_wanted", pirq_map_msi(&dom0, device, 0, 0, &other) == 0 && other == 30);
	check("msi_wanted_unmap", pirq_unmap(&dom0, 30) == 0);
	other = 1000;
	no_memory = true;
	check("msi_wanted_no_memory", pirq_map_msi(&dom0, device, 0, 0, &other) == -XEN_EINVAL);
	check("msi_no_line_there", pirq_bind(&dom0, 1000, 1, false) == -XEN_EINVAL);
	no_memory = false;
	check("msi_wanted_far", pirq_map_msi(&dom0, device, 0, 0, &other) == 0);
	check("msi_far_bind", pirq_bind(&dom0, 1000, 11, false) == 0);
	arrive(0, message_vector);
	check("msi_far_arrives", events == before + 3);
	check("msi_far_unmap", pirq_unmap(&dom0, 1000) == 0);
	other = 5;
	check("msi_wants_gsi", pirq_map_msi(&dom0, device, 0, 0, &other) == -XEN_EINVAL);
}

/* As many messages as there are numbers, then none; and all of them back. */
static void test_exhaustion(void)
{
	unsigned int mapped = 0;
	int rc = 0;

	while (rc == 0 && mapped < 4096) {
		uint32_t pirq = ~0u;
		struct pci_device device = {.function = (uint8_t)(mapped >> 8)};

		rc = pirq_map_msi(&dom0, device, (uint16_t)(mapped & 0xff), 0xc0000000, &pirq);
		mapped += rc == 0;
	}
	check("exhausted", rc == -XEN_ENOSPC && mapped > 300);
	for (uint32_t pirq = 24; pirq < IRQ_LINES_MAX; pirq++)
		mapped -= pirq_unmap(&dom0, pirq) == 0;
	check("exhausted_given_back", mapped == 0);
	check("usable_again", pirq_map_gsi(&dom0, 11) == 0 && pirq_bind(&dom0, 11, 1, false) == 0 &&
				      pirq_unmap(&dom0, 11) == 0);
}

static void test_refusals(void)
{
	static const uint32_t wild[] = {24, 500, IRQ_LINES_MAX, 100000, ~0u, 0x80000000};
	struct domain stranger = {.id = 7};
	uint32_t value;
	bool good = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(wild); i++) {
		good &= pirq_bind(&dom0, wild[i], 1, false) == -XEN_EINVAL;
		good &= pirq_map_gsi(&dom0, wild[i]) == -XEN_EINVAL;
		good &= pirq_set_trigger(&dom0, wild[i], true, true) == -XEN_EINVAL;
		good &= pirq_unmap(&dom0, wild[i]) == -XEN_EINVAL;
		pirq_unbind(&dom0, wild[i]);
		pirq_set_vcpu(&dom0, wild[i], 0);
	}
	check("wild_numbers", good);
	check("stranger_maps", pirq_map_gsi(&stranger, 6) == -XEN_EINVAL);
	check("stranger_binds", pirq_bind(&stranger, 6, 1, false) == -XEN_EINVAL);
	check("stranger_reads", pirq_ioapic_read(&stranger, 0xfec00000, 1, &value) == -XEN_EPERM);
	check("ioapic_read", pirq_ioapic_read(&dom0, 0xfec00000, 1, &value) == 0);
	check("ioapic_nowhere", pirq_ioapic_read(&dom0, 0xfec01000, 1, &value) == -XEN_EINVAL);
}

static void test_own_vectors(void)
{
	cpu_records[0].work = 0;
	eois = 0;
	arrive(0, VECTOR_TIMER);
	check("timer_work", cpu_records[0].work == WORK_TIMER && eois == 1);
	arrive(0, VECTOR_SPURIOUS);
	check("spurious_no_eoi", eois == 1);
	arrive(0, VECTOR_KICK);
	arrive(0, VECTOR_FLUSH);
	arrive(0, VECTOR_ERROR);
	check("own_vectors_eoi", eois == 4);
}

int main(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (!irq_prepare_cpu(i))
			return 1;
		cpu_records[i] = (struct cpu){.self = &cpu_records[i], .id = i, .apic_id = 7 * i};
		cpus[i] = &cpu_records[i];
	}
	vcpu.domain = &dom0;
	dom0.vcpus[0] = &vcpu;
	for (unsigned int i = 0; i < 24; i++)
		pins[i].masked = true;
	dom0.pirqs = pirq_table_create(&dom0);
	test_level();
	test_edge_and_move();
	test_level_move();
	test_storm();
	test_own();
	test_message();
	test_exhaustion();
	test_refusals();
	test_own_vectors();
	free(dom0.pirqs);
	return failures != 0;
}
