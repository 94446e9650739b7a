/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fakes.c - the machine's parts below the hypercalls that the host
 * has none of: clocks, interrupt controllers, PCI, firmware, the console.
 */
#include <string.h>

#include "tests/host/hypervisor.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/efi.h"
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/arch/x86/machine_check.h"
#include "xen-like/arch/x86/msi.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/arch/x86/speculation.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/arch/x86/xpti.h"
#include "xen-like/base/format.h"
#include "xen-like/console.h"
#include "xen-like/console_keys.h"
#include "xen-like/irq.h"
#include "xen-like/serial.h"

struct acpi_info acpi_info;
struct boot_info boot_info;
struct speculation_decision speculation; /* a CPU without flaws */
struct clock_scale clock_scale = {.multiplier = 0x80000000u, .shift = 1};
uint32_t clock_tsc_khz = 1000000;
struct ioapic ioapics[1] = {{.address = 0xfec00000, .pins = 24}};
uint32_t ioapic_count = 1;
uint64_t host_now;

static uint64_t wall;

uint64_t clock_now(void)
{
	return host_now += 100;
}

uint64_t clock_from_tsc(uint64_t tsc)
{
	return tsc;
}

uint64_t clock_wall_base(void)
{
	return wall;
}

void clock_wall_set(uint64_t ns_since_1970_at_zero)
{
	wall = ns_since_1970_at_zero;
}

void clock_arm(uint64_t deadline)
{
}

void apic_eoi(void)
{
}

const struct ioapic *ioapic_for_gsi(uint32_t gsi)
{
	return gsi < ioapics[0].pins ? &ioapics[0] : NULL;
}

void ioapic_set(uint32_t gsi, uint8_t vector, uint8_t apic_id, bool level, bool active_low,
		bool masked)
{
	CHECK(gsi < ioapics[0].pins);
}

bool ioapic_awaits_eoi(uint32_t gsi)
{
	return false;
}

void ioapic_mask(uint32_t gsi, bool masked)
{
	CHECK(gsi < ioapics[0].pins);
}

bool ioapic_read_register(uint64_t address, uint32_t index, uint32_t *value)
{
	*value = index;
	return address == ioapics[0].address;
}

/* One device of a PCI bus: 0:1.0, with an MSI. */
int msi_find(struct msi *msi, struct pci_device device, uint16_t entry, uint64_t table_base)
{
	*msi = (struct msi){.device = device, .position = 0x50, .maskable = true};
	return device.bus == 0 && device.function == 8 ? 0 : -XEN_ENODEV;
}

void msi_write(const struct msi *msi, uint8_t apic_id, uint8_t vector)
{
}

bool msi_mask(const struct msi *msi, bool masked)
{
	return true;
}

int pci_device_add(struct pci_device device)
{
	return device.segment ? -XEN_EOPNOTSUPP : 0;
}

int pci_device_remove(struct pci_device device)
{
	return 0;
}

bool pci_device_known(struct pci_device device)
{
	return true;
}

uint32_t pci_read_latched(uint32_t address, uint16_t port, unsigned int bytes)
{
	return ~0u;
}

void pci_write_latched(uint32_t address, uint16_t port, unsigned int bytes, uint32_t value)
{
}

/* There is always one to fetch. */
uint64_t machine_check_fetch(struct machine_check_report *report)
{
	*report = (struct machine_check_report){.status = 1ull << 63, .bank = 1};
	return 1;
}

void machine_check_fetched(uint64_t number)
{
}

uint64_t machine_check_capabilities(void)
{
	return 1;
}

const struct efi_facts *efi_facts_get(void)
{
	return NULL;
}

int machine_sleep(uint32_t pm1a, uint32_t pm1b, uint8_t state)
{
	return -XEN_ENODEV;
}

void machine_halt(void)
{
	host_power_off();
}

void machine_reboot(void)
{
	host_power_off();
}

void format_symbol(char *to, size_t size, uint64_t address)
{
	*to = 0;
}

void console_key(char key)
{
}

void console_after_lines(void)
{
}

struct console_log console_log_bounds(void)
{
	return (struct console_log){0};
}

size_t console_log_read(uint64_t *at, char *to, size_t count)
{
	memset(to, 'x', count);
	return count;
}

void console_log_clear(uint64_t end)
{
}

size_t console_read_guest(char *bytes, size_t count)
{
	memset(bytes, 'x', count);
	return count;
}

void console_write_guest(struct domain *domain, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		host_now += (uint8_t)bytes[i]; /* every byte is read */
}

void boot_fail(const char *format, ...)
{
	panic("boot_fail");
}

uint16_t serial_port(void)
{
	return 0x3f8;
}

void paging_fill_hypervisor_slots(uint64_t *l4)
{
	for (unsigned int i = 256; i < 272; i++)
		l4[i] = 0;
}

bool read_msr_safe(uint32_t index, uint64_t *value)
{
	*value = 0;
	return false;
}

/* The guest's table of all machine frames is memory of the host's, in no frames. */
mfn_t paging_m2p_part(uint64_t part)
{
	return (mfn_t){0};
}

/* The host has neither guarded tables nor NMIs. */
void xpti_refresh(struct cpu *cpu)
{
}

void xpti_l4_changed(const struct domain *domain)
{
}

void nmi_deliver(void)
{
}
