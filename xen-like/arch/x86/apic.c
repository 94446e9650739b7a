/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/apic.c - see apic.h.  Registers: Intel SDM volume 3, 11.
 */
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/console.h"
#include "xen-like/irq.h"
#include "xen-like/options.h"

enum {
	ID = 0x20,
	TASK_PRIORITY = 0x80,
	EOI = 0xb0,
	SPURIOUS = 0xf0,
	ERROR_STATUS = 0x280,
	COMMAND = 0x300,
	COMMAND_HIGH = 0x310,
	TIMER = 0x320,
	THERMAL = 0x330,
	PERFORMANCE = 0x340,
	LINT0 = 0x350,
	LINT1 = 0x360,
	ERROR_VECTOR = 0x370,
	TIMER_INITIAL = 0x380,
	TIMER_CURRENT = 0x390,
	TIMER_DIVIDE = 0x3e0
};

#define BASE_ENABLE	   (1ull << 11)
#define BASE_X2APIC	   (1ull << 10)
#define SOFTWARE_ENABLE	   0x100u
#define MASKED		   0x10000u
#define DELIVER_NMI	   0x400u
#define DELIVER_INIT	   0x500u
#define DELIVER_STARTUP	   0x600u
#define ASSERT_LEVEL	   0x4000u
#define BUSY		   0x1000u
#define TO_SELF		   (1u << 18)
#define TIMER_TSC_DEADLINE (2u << 17)
#define DIVIDE_BY_1	   0xbu
#define X2APIC_MSR(reg)	   (0x800u + ((reg) >> 4))

static bool x2apic;
static volatile uint32_t *registers;

static void write_register(uint32_t reg, uint32_t value)
{
	if (x2apic)
		write_msr(X2APIC_MSR(reg), value);
	else
		registers[reg / 4] = value;
}

static uint32_t read_register(uint32_t reg)
{
	return x2apic ? (uint32_t)read_msr(X2APIC_MSR(reg)) : registers[reg / 4];
}

void apic_setup(void)
{
	x2apic = cpu_features.x2apic && options.x2apic;
	/* The firmware may have left it on for good. */
	if (cpu_features.x2apic && (read_msr(MSR_APIC_BASE) & BASE_X2APIC))
		x2apic = true;
	if (!x2apic) {
		registers = paging_map_device(maddr(acpi_info.local_apic), PAGE_SIZE);
		if (!registers)
			boot_fail("there is not enough memory to map the local APIC");
	}
}

void apic_enable_cpu(void)
{
	uint64_t base = read_msr(MSR_APIC_BASE) | BASE_ENABLE;

	write_msr(MSR_APIC_BASE, base);
	if (x2apic)
		write_msr(MSR_APIC_BASE, base | BASE_X2APIC);
	write_register(SPURIOUS, SOFTWARE_ENABLE | VECTOR_SPURIOUS);
	write_register(TASK_PRIORITY, 0);
	write_register(TIMER, MASKED | VECTOR_TIMER);
	write_register(PERFORMANCE, MASKED);
	write_register(LINT0, MASKED);
	write_register(LINT1, this_cpu()->id == 0 ? DELIVER_NMI : MASKED);
	write_register(ERROR_VECTOR, VECTOR_ERROR);
	write_register(TIMER_DIVIDE, DIVIDE_BY_1);
	write_register(TIMER, VECTOR_TIMER);
}

uint32_t apic_read_id(void)
{
	uint32_t id = read_register(ID);

	return x2apic ? id : id >> 24;
}

void apic_eoi(void)
{
	write_register(EOI, 0);
}

/* WRMSR to these does not wait for earlier stores by itself (Intel SDM 3, 10.12.3). */
static void settle_stores(void)
{
	__asm__ volatile("mfence; lfence" : : : "memory");
}

static void send(uint32_t apic_id, uint32_t command)
{
	if (x2apic) {
		settle_stores();
		write_msr(X2APIC_MSR(COMMAND), (uint64_t)apic_id << 32 | command);
		return;
	}
	while (registers[COMMAND / 4] & BUSY)
		cpu_pause();
	registers[COMMAND_HIGH / 4] = apic_id << 24;
	registers[COMMAND / 4] = command;
}

void apic_send(uint32_t apic_id, uint8_t vector)
{
	send(apic_id, vector | ASSERT_LEVEL);
}

/* The shorthand leaves COMMAND_HIGH, which send() may just have written, alone. */
void apic_send_self(uint8_t vector)
{
	if (x2apic) {
		write_msr(X2APIC_MSR(COMMAND), TO_SELF | ASSERT_LEVEL | vector);
		return;
	}
	while (registers[COMMAND / 4] & BUSY)
		cpu_pause();
	registers[COMMAND / 4] = TO_SELF | ASSERT_LEVEL | vector;
}

void apic_send_nmi(uint32_t apic_id)
{
	send(apic_id, DELIVER_NMI | ASSERT_LEVEL);
}

void apic_send_init(uint32_t apic_id)
{
	send(apic_id, DELIVER_INIT | ASSERT_LEVEL);
}

void apic_send_startup(uint32_t apic_id, uint8_t page)
{
	send(apic_id, DELIVER_STARTUP | ASSERT_LEVEL | page);
}

void apic_timer_start(uint32_t ticks)
{
	write_register(TIMER_INITIAL, ticks);
}

void apic_timer_use_deadline(void)
{
	write_register(TIMER, VECTOR_TIMER | TIMER_TSC_DEADLINE);
	settle_stores();
}

uint32_t apic_timer_left(void)
{
	return read_register(TIMER_CURRENT);
}
