/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/clock.c - see clock.h.  clock_measure.c says how fast
 * things count.
 */
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock_setup.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/bits.h"
#include "xen-like/console.h"
#include "xen-like/sched/timer.h"

#define NS_PER_SECOND	 1000000000ull
#define MSR_TSC_DEADLINE 0x6e0

struct clock_scale clock_scale;
uint32_t clock_tsc_khz;

static uint64_t wall_base;
static bool use_deadline;
static struct clock_scale to_ticks; /* ns to local timer ticks or TSC, same form */

/* Scales ---------------------------------------------------------------------- */

/* The pvclock factors that turn `from` units a second into `to` units a second. */
static struct clock_scale scale_make(uint64_t from, uint64_t to)
{
	struct clock_scale scale = {.shift = 0};

	while (from > to * 2) {
		from >>= 1;
		scale.shift--;
	}
	while (from < to) {
		from <<= 1;
		scale.shift++;
	}
	/* to <= from now, so the factor fits 32 bits but for equality. */
	while (to >> 32) {
		from >>= 1;
		to >>= 1;
	}
	scale.multiplier = from == to ? ~0u : (uint32_t)((to << 32) / from);
	return scale;
}

static uint64_t scale_apply(const struct clock_scale *scale, uint64_t value)
{
	value = scale->shift < 0 ? value >> -scale->shift : value << scale->shift;
	return scale_32(value, scale->multiplier);
}

/* Start ------------------------------------------------------------------------ */

void clock_calibrate(void)
{
	struct clock_rates rates;

	apic_timer_start(~0u);
	if (!clock_measure(&rates))
		boot_fail("no timer to measure the CPU's clock by: neither ACPI PM timer, HPET nor "
			  "PIT "
			  "counts");
	apic_timer_start(0);
	clock_tsc_khz = (uint32_t)(rates.tsc_hz / 1000);
	use_deadline = cpu_features.tsc_deadline;
	if (clock_tsc_khz == 0 || (!use_deadline && rates.apic_hz == 0))
		boot_fail("the %s does not count: Enso cannot keep time on this machine",
			  clock_tsc_khz == 0 ? "CPU's time stamp counter" : "local APIC's timer");
	clock_scale = scale_make(rates.tsc_hz, NS_PER_SECOND);
	clock_scale.tsc_base = read_tsc();
	to_ticks = scale_make(NS_PER_SECOND, use_deadline ? rates.tsc_hz : rates.apic_hz);
	log_info("clock: TSC %u.%03u MHz (by %s), timer by %s\n", clock_tsc_khz / 1000,
		 clock_tsc_khz % 1000, rates.by, use_deadline ? "TSC deadline" : "local APIC");
}

/* Reading ---------------------------------------------------------------------- */

uint64_t clock_from_tsc(uint64_t tsc)
{
	/* A CPU whose counter is a little behind must not see the far future. */
	uint64_t passed = tsc > clock_scale.tsc_base ? tsc - clock_scale.tsc_base : 0;

	return clock_scale.ns_base + scale_apply(&clock_scale, passed);
}

uint64_t clock_now(void)
{
	return clock_tsc_khz ? clock_from_tsc(read_tsc()) : 0;
}

/* Arming ----------------------------------------------------------------------- */

#define LONGEST_NS NS_PER_SECOND

void clock_arm_cpu(void)
{
	if (use_deadline)
		apic_timer_use_deadline();
}

void clock_arm(uint64_t deadline)
{
	uint64_t now = clock_now(), delay, ticks;

	if (deadline == ~0ull) {
		if (use_deadline)
			write_msr(MSR_TSC_DEADLINE, 0);
		else
			apic_timer_start(0);
		return;
	}
	if (deadline <= now) {
		/* It is for the exit path, not for an interrupt. */
		fetch_or(&this_cpu()->work, WORK_TIMER);
		return;
	}
	/* A longer wait is armed again when this one is over. */
	delay = MIN(deadline - now, LONGEST_NS);
	ticks = scale_apply(&to_ticks, delay) + 1;
	if (use_deadline)
		write_msr(MSR_TSC_DEADLINE, read_tsc() + ticks);
	else
		apic_timer_start((uint32_t)MIN(ticks, (uint64_t)UINT32_MAX));
}

/* The date --------------------------------------------------------------------- */

enum {
	RTC_SECOND = 0,
	RTC_MINUTE = 2,
	RTC_HOUR = 4,
	RTC_DAY = 7,
	RTC_MONTH = 8,
	RTC_YEAR = 9,
	RTC_STATUS_A = 10,
	RTC_STATUS_B = 11
};

static uint8_t rtc_read(uint8_t index)
{
	port_write_8(0x70, index);
	return port_read_8(0x71);
}

static uint32_t from_bcd(uint8_t value, bool binary)
{
	return binary ? value : (uint32_t)(value >> 4) * 10 + (value & 15);
}

/* Days since 1970 of a Gregorian date. */
static uint64_t days_since_1970(uint32_t year, uint32_t month, uint32_t day)
{
	/* March is month 0: leap days come last. */
	uint32_t y = month <= 2 ? year - 1 : year;
	uint32_t m = (month + 9) % 12;

	return 365ull * y + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static uint64_t rtc_seconds(void)
{
	bool binary = rtc_read(RTC_STATUS_B) & 4;
	uint32_t hour = rtc_read(RTC_HOUR);
	bool afternoon = !(rtc_read(RTC_STATUS_B) & 2) && (hour & 0x80);
	uint32_t year = from_bcd(rtc_read(RTC_YEAR), binary);

	hour = from_bcd(hour & 0x7f, binary);
	if (!(rtc_read(RTC_STATUS_B) & 2))
		hour = hour % 12 + (afternoon ? 12 : 0);
	return days_since_1970(year + (year < 70 ? 2000 : 1900),
			       from_bcd(rtc_read(RTC_MONTH), binary),
			       from_bcd(rtc_read(RTC_DAY), binary)) *
		       86400 +
	       hour * 3600ull + from_bcd(rtc_read(RTC_MINUTE), binary) * 60 +
	       from_bcd(rtc_read(RTC_SECOND), binary);
}

void clock_read_date(void)
{
	uint64_t first, second = 0;

	/* Two equal readings outside an update. */
	for (unsigned int i = 0; i < 1000; i++) {
		while (i < 999 && (rtc_read(RTC_STATUS_A) & 0x80))
			i++;
		first = rtc_seconds();
		second = rtc_seconds();
		if (first == second)
			break;
	}
	wall_base = second * NS_PER_SECOND - clock_now();
}

uint64_t clock_wall_base(void)
{
	return wall_base;
}

void clock_wall_set(uint64_t ns_since_1970_at_zero)
{
	wall_base = ns_since_1970_at_zero;
}
