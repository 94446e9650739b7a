/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/power.c - see power.h.
 */
#include "xen-like/arch/x86/power.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/cpu.h"

#define SLEEP_ENABLE (1u << 13)
#define SOFT_OFF     5
#define SPACE_PORT   1
#define SETTLE	     1000000

static void wait_a_little(void)
{
	for (unsigned int i = 0; i < SETTLE; i++)
		cpu_pause();
}

void machine_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void machine_reboot(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) nothing = {0, 0};

	if (acpi_info.reset_space == SPACE_PORT) {
		port_write_8((uint16_t)acpi_info.reset_address, acpi_info.reset_value);
		wait_a_little();
	}
	port_write_8(0xcf9, 0x02);
	port_write_8(0xcf9, 0x06);
	wait_a_little();
	port_write_8(0x64, 0xfe); /* keyboard controller: pulse the reset line */
	wait_a_little();
	/* No IDT: the next exception shuts the CPU down. */
	__asm__ volatile("lidt %0; ud2" : : "m"(nothing));
	machine_halt();
}

int machine_sleep(uint32_t pm1a, uint32_t pm1b, uint8_t state)
{
	if (state != SOFT_OFF || acpi_info.pm1a_control == 0)
		return -XEN_EINVAL;
	port_write_16(acpi_info.pm1a_control, (uint16_t)(pm1a | SLEEP_ENABLE));
	if (acpi_info.pm1b_control)
		port_write_16(acpi_info.pm1b_control, (uint16_t)(pm1b | SLEEP_ENABLE));
	wait_a_little();
	return -XEN_EINVAL;
}
