/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/clock_measure.c - how fast the TSC and the local APIC's
 * timer count, by a clock of known rate: ACPI PM timer, HPET or 8254.
 *
 * A host below us may stop this CPU at any instruction, so two instants are
 * compared, 20 ms apart, each the one of several readings that took least.
 */
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock_setup.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/options.h"

#define READINGS	     8
#define ATTEMPTS	     4
#define INTERVALS_PER_SECOND 50
#define SPINS_MAX	     2000000u
#define SPINS_TO_TICK	     2000u /* by then every one of them has counted once */

struct reference {
	uint64_t hz, mask;
	uint64_t (*read)(void);
	void (*restart)(void); /* may be NULL                          */
	bool (*overran)(void); /* may be NULL: wraps too late to matter */
};

struct instant {
	uint64_t tsc, count;
	uint32_t apic;
};

/* ACPI PM timer */

static uint64_t pm_timer_read(void)
{
	return port_read_32(acpi_info.pm_timer);
}

static bool pm_timer_find(struct reference *reference)
{
	if (!acpi_info.pm_timer)
		return false;
	*reference = (struct reference){
		.hz = 3579545,
		.mask = acpi_info.pm_timer_32 ? 0xffffffff : 0xffffff,
		.read = pm_timer_read,
	};
	return true;
}

/* HPET: in 64-bit words: 0 capabilities, 2 configuration, 30 counter */

#define HPET_64_BITS (1ull << 13)
#define FEMTOSECONDS 1000000000000000ull

static volatile uint64_t *hpet;

static uint64_t hpet_read(void)
{
	return hpet[30];
}

static bool hpet_find(struct reference *reference)
{
	uint64_t capabilities;

	if (!acpi_info.hpet || !options.hpet)
		return false;
	hpet = paging_map_device(maddr(acpi_info.hpet), PAGE_SIZE);
	if (!hpet)
		return false;
	capabilities = hpet[0];
	if (capabilities >> 32 == 0 || capabilities == ~0ull)
		return false;
	hpet[2] |= 1;
	*reference = (struct reference){
		.hz = FEMTOSECONDS / (capabilities >> 32),
		.mask = capabilities & HPET_64_BITS ? ~0ull : 0xffffffff,
		.read = hpet_read,
	};
	return true;
}

/* 8254, channel 2: counts down from 0xffff once; its output rises at 0 */

static uint64_t pit_read(void)
{
	uint32_t low;

	port_write_8(0x43, 0x80); /* latch */
	low = port_read_8(0x42);
	return 0xffff - (low | (uint32_t)port_read_8(0x42) << 8);
}

static void pit_restart(void)
{
	uint8_t gate = (uint8_t)((port_read_8(0x61) & ~2u) | 1);

	port_write_8(0x61, gate & ~1u);
	port_write_8(0x43, 0xb0); /* both bytes, mode 0 */
	port_write_8(0x42, 0xff);
	port_write_8(0x42, 0xff);
	port_write_8(0x61, gate);
}

static bool pit_overran(void)
{
	return port_read_8(0x61) & 0x20;
}

static bool pit_find(struct reference *reference)
{
	*reference = (struct reference){
		.hz = 1193182,
		.mask = 0xffff,
		.read = pit_read,
		.restart = pit_restart,
		.overran = pit_overran,
	};
	return true;
}

/* Measuring */

static struct instant look(const struct reference *reference)
{
	struct instant best = {0, 0, 0};
	uint64_t shortest = ~0ull;

	for (unsigned int i = 0; i < READINGS; i++) {
		uint64_t before = read_tsc();
		uint32_t apic = apic_timer_left();
		uint64_t count = reference->read();
		uint64_t took = read_tsc() - before;

		if (took < shortest) {
			shortest = took;
			best = (struct instant){before + took / 2, count, apic};
		}
	}
	return best;
}

/* Waits for `ticks` since `start`; false when the clock stands still. */
static bool wait_for(const struct reference *reference, uint64_t start, uint64_t ticks)
{
	for (unsigned int spins = 0; spins < SPINS_MAX; spins++) {
		uint64_t passed = (reference->read() - start) & reference->mask;

		if (passed >= ticks)
			return true;
		if (passed == 0 && spins == SPINS_TO_TICK)
			return false;
	}
	return false;
}

static bool measure_by(const struct reference *reference, struct clock_rates *rates)
{
	struct instant start, end;
	uint64_t ticks;

	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		if (reference->restart)
			reference->restart();
		start = look(reference);
		if (!wait_for(reference, start.count, reference->hz / INTERVALS_PER_SECOND))
			return false;
		end = look(reference);
		if (reference->overran && reference->overran())
			continue;
		ticks = (end.count - start.count) & reference->mask;
		rates->tsc_hz = (end.tsc - start.tsc) * reference->hz / ticks;
		rates->apic_hz = (uint64_t)(start.apic - end.apic) * reference->hz / ticks;
		return true;
	}
	return false;
}

bool clock_measure(struct clock_rates *rates)
{
	static const struct {
		const char *name;
		bool (*find)(struct reference *);
	} sources[] = {{"ACPI PM timer", pm_timer_find}, {"HPET", hpet_find}, {"PIT", pit_find}};
	struct reference reference;

	for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
		if (!sources[i].find(&reference) || !measure_by(&reference, rates))
			continue;
		rates->by = sources[i].name;
		return true;
	}
	return false;
}
