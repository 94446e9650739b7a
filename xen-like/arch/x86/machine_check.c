/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/machine_check.c - see machine_check.h.  Registers: Intel SDM
 * volume 3, 16.3; AMD APM volume 2, 9.3.
 *
 * A report that raises #MC ends the host, and is printed.  Those of corrected
 * errors raise nothing: each CPU looks for them from time to time, and they are
 * kept for dom0 to fetch.
 */
#include "xen-like/arch/x86/machine_check.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/options.h"
#include "xen-like/sched/timer.h"

#define MSR_MCG_CAP	 0x179
#define MSR_MCG_STATUS	 0x17a
#define MSR_MCG_CTL	 0x17b
#define MSR_BANK(number) (0x400 + 4 * (number))
#define BANKS_MAX	 32 /* more lie elsewhere */
#define POLL_SECONDS_MAX 86400
#define CAP_BANKS	 0xff
#define CAP_CTL		 (1ull << 8)
#define STATUS_VALID	 (1ull << 63)
#define STATUS_FATAL	 (1ull << 61) /* not corrected */
#define STATUS_MISC	 (1ull << 59)
#define STATUS_ADDRESS	 (1ull << 58)

enum { BANK_CTL, BANK_STATUS, BANK_ADDRESS, BANK_MISC };

static unsigned int bank_count(uint64_t *capabilities)
{
	uint32_t leaf[4];

	cpuid(1, 0, leaf);
	if (!(leaf[3] >> 14 & 1) || !read_msr_safe(MSR_MCG_CAP, capabilities))
		return 0;
	return (unsigned int)MIN(*capabilities & CAP_BANKS, (uint64_t)BANKS_MAX);
}

/* What a bank of this CPU holds; false: nothing. */
static bool bank_read(unsigned int bank, struct machine_check_report *report)
{
	uint64_t status;

	if (!read_msr_safe(MSR_BANK(bank) + BANK_STATUS, &status) || !(status & STATUS_VALID))
		return false;
	*report = (struct machine_check_report){.status = status,
						.tsc = read_tsc(),
						.apic_id = this_cpu()->apic_id,
						.bank = (uint16_t)bank};
	if ((status & STATUS_ADDRESS) &&
	    !read_msr_safe(MSR_BANK(bank) + BANK_ADDRESS, &report->address))
		report->address = 0;
	if ((status & STATUS_MISC) && !read_msr_safe(MSR_BANK(bank) + BANK_MISC, &report->misc))
		report->misc = 0;
	return true;
}

static void report_print(enum log_level level, const char *what,
			 const struct machine_check_report *report)
{
	log_print(level, "%sCPU %u, bank %u: status %016llx address %016llx misc %016llx\n", what,
		  this_cpu()->id, report->bank, (unsigned long long)report->status,
		  (unsigned long long)report->address, (unsigned long long)report->misc);
}

static bool bank_print(unsigned int bank)
{
	struct machine_check_report report;

	if (!bank_read(bank, &report))
		return false;
	report_print(LOG_ERROR, "", &report);
	return true;
}

void machine_check_print(void)
{
	uint64_t capabilities, status;
	unsigned int count = bank_count(&capabilities), found = 0;

	for (unsigned int bank = 0; bank < count; bank++)
		found += bank_print(bank);
	if (!read_msr_safe(MSR_MCG_STATUS, &status))
		status = 0;
	log_error("machine check: %u of %u banks hold a report, status %llx\n", found, count,
		  (unsigned long long)status);
}

void machine_check_enable(void)
{
	uint64_t capabilities;
	unsigned int count = bank_count(&capabilities), refused = 0, found = 0;

	if (count > 0 && (capabilities & CAP_CTL))
		refused += !write_msr_safe(MSR_MCG_CTL, ~0ull);
	for (unsigned int bank = 0; bank < count; bank++) {
		found += bank_print(bank);
		refused += !write_msr_safe(MSR_BANK(bank) + BANK_CTL, ~0ull);
		refused += !write_msr_safe(MSR_BANK(bank) + BANK_STATUS, 0);
	}
	if (found > 0)
		log_error("CPU %u: these machine checks are from before this boot\n",
			  this_cpu()->id);
	if (refused > 0)
		log_warning("CPU %u: %u machine check registers cannot be written\n",
			    this_cpu()->id, refused);
}

/* Corrected errors ------------------------------------------------------------- */

static struct spinlock corrected_lock = SPINLOCK(RANK_LEAF);
static struct machine_check_queue corrected; /* under it */
static struct timer polls[MAX_CPUS];

/*
 * Takes a corrected error out of a bank.  Under the lock: CPUs may share banks, and look
 * at the same time.  What is not corrected stays for the #MC that it has raised.
 */
static bool bank_take(unsigned int bank, struct machine_check_report *report)
{
	bool found;

	spin_lock(&corrected_lock);
	found = bank_read(bank, report) && !(report->status & STATUS_FATAL);
	if (found) {
		(void)!write_msr_safe(MSR_BANK(bank) + BANK_STATUS, 0);
		/* What finds no room is in the log at least. */
		(void)machine_check_add(&corrected, report);
	}
	spin_unlock(&corrected_lock);
	return found;
}

static uint64_t poll_interval(void)
{
	return MIN(options.mce_poll, (uint64_t)POLL_SECONDS_MAX) * 1000000000ull;
}

static void poll(void *timer)
{
	uint64_t capabilities;
	unsigned int count = bank_count(&capabilities);
	struct machine_check_report report;

	for (unsigned int bank = 0; bank < count; bank++)
		if (bank_take(bank, &report))
			report_print(LOG_WARNING, "corrected machine check, ", &report);
	/* Also of those that nobody fetched when they were told of. */
	if (machine_check_fetch(&report))
		virq_send_global(hardware_domain, VIRQ_MCA);
	timer_set(timer, clock_now() + poll_interval());
}

void machine_check_start_polling(void)
{
	if (options.mce_poll == 0 || machine_check_capabilities() == 0)
		return;
	for (uint32_t id = 0; id < cpu_count; id++) {
		timer_init(&polls[id], id, poll, &polls[id]);
		timer_set(&polls[id], clock_now() + poll_interval());
	}
}

uint64_t machine_check_fetch(struct machine_check_report *report)
{
	uint64_t number;

	spin_lock(&corrected_lock);
	number = machine_check_oldest(&corrected, report);
	spin_unlock(&corrected_lock);
	return number;
}

void machine_check_fetched(uint64_t number)
{
	spin_lock(&corrected_lock);
	machine_check_acknowledge(&corrected, number);
	spin_unlock(&corrected_lock);
}

uint64_t machine_check_capabilities(void)
{
	uint64_t capabilities = 0;

	return bank_count(&capabilities) ? capabilities : 0;
}
