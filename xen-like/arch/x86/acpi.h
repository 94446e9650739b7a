/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/acpi.h - the few ACPI tables a hypervisor reads.  Pure but
 * for acpi_port_map(), by which it reaches them.
 */
#pragma once

#include "xen-like/base/abi.h"

#define ACPI_CPUS_MAX	 512
#define ACPI_IOAPICS_MAX 16
#define ACPI_LEGACY_IRQS 16

struct acpi_cpu {
	uint32_t apic_id, acpi_id;
};

struct acpi_ioapic {
	uint64_t address;
	uint32_t id, gsi_base;
};

/* Where a legacy interrupt really arrives. */
struct acpi_override {
	uint32_t gsi;
	bool level, active_low;
};

struct acpi_info {
	bool present; /* there is a MADT */
	struct acpi_cpu cpus[ACPI_CPUS_MAX];
	uint32_t cpu_count;
	struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
	uint32_t ioapic_count;
	struct acpi_override legacy[ACPI_LEGACY_IRQS];
	uint64_t local_apic; /* address of its registers           */
	uint64_t hpet;	     /* 0: none                            */
	uint64_t mcfg;	     /* segment 0's ECAM window; 0: none   */
	uint8_t mcfg_first_bus, mcfg_last_bus;
	uint16_t pm_timer; /* port; 0: none                      */
	bool pm_timer_32;  /* counts 32 bits, else 24            */
	uint16_t pm1a_control, pm1b_control;
	uint8_t reset_space; /* 0 memory, 1 port, 2 PCI; 0xff none */
	uint64_t reset_address;
	uint8_t reset_value;
};

extern struct acpi_info acpi_info;

/*
 * Reads what the RSDP (loader's copy, or NULL: to be searched below 1 MiB)
 * leads to.  Damaged tables are skipped with a message.
 */
void acpi_read(const uint8_t *rsdp);
/* What every PC has: one CPU, no tables (acpi=off). */
void acpi_assume_none(void);

/* A readable view of [address, address + bytes); NULL: cannot. */
const void *acpi_port_map(uint64_t address, uint64_t bytes);
/* Says why a table is passed over. */
void acpi_port_complain(const char *why, const char *table);
