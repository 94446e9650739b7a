// needs: xen-like/arch/x86/acpi.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_acpi.c - ACPI tables on a machine of one MiB: a good set,
 * then the damage firmware and its updates really do, then any bytes at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-like/arch/x86/acpi.h"

#define MEMORY	0x100000
#define RSDP_AT 0xf0000
#define ROOT_AT 0x80000
#define MADT_AT 0x81000
#define FADT_AT 0x82000
#define HPET_AT 0x83000
#define MCFG_AT 0x84000

static uint8_t memory[MEMORY];
static unsigned int complaints;
static int failures;

const void *acpi_port_map(uint64_t address, uint64_t bytes)
{
	/* A copy of the exact size, so that reading past it is seen. */
	static void *views[512];
	static unsigned int used;
	void *view;

	if (address >= MEMORY || bytes > MEMORY - address)
		return NULL;
	view = malloc(bytes);
	memcpy(view, memory + address, bytes);
	free(views[used % 512]);
	views[used++ % 512] = view;
	return view;
}

void acpi_port_complain(const char *why, const char *table)
{
	(void)why;
	(void)table;
	complaints++;
}

static void check(const char *name, bool good)
{
	printf(good ? "PASS acpi_%s\n" : "FAIL acpi_%s: not so\n", name);
	failures += !good;
}

static void put(uint64_t at, uint64_t value, unsigned int bytes)
{
	memcpy(memory + at, &value, bytes);
}

static void fix_sum(uint64_t at, uint32_t length, uint32_t sum_at)
{
	uint8_t sum = 0;

	memory[at + sum_at] = 0;
	for (uint32_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + memory[at + i]);
	memory[at + sum_at] = (uint8_t)-sum;
}

static void finish(uint64_t at, const char *signature, uint32_t length)
{
	memcpy(memory + at, signature, 4);
	put(at + 4, length, 4);
	fix_sum(at, length, 9);
}

static uint32_t put_local_apic(uint32_t at, uint8_t acpi_id, uint8_t apic_id, uint32_t flags)
{
	put(MADT_AT + at, 0x0800u | (uint32_t)acpi_id << 16 | (uint32_t)apic_id << 24, 4);
	put(MADT_AT + at + 4, flags, 4);
	return at + 8;
}

static void make_madt(void)
{
	uint32_t at = 44;

	put(MADT_AT + 36, 0xfee00000, 4);
	at = put_local_apic(at, 0, 0, 1);
	at = put_local_apic(at, 1, 2, 1);
	at = put_local_apic(at, 2, 4, 0);    /* not there */
	at = put_local_apic(at, 3, 0xff, 1); /* no such APIC */
	put(MADT_AT + at, 0x1009, 4);	     /* x2APIC: CPU 2 again, and 300 */
	put(MADT_AT + at + 4, 2, 4);
	put(MADT_AT + at + 8, 1, 4);
	put(MADT_AT + at + 12, 1, 4);
	at += 16;
	put(MADT_AT + at, 0x1009, 4);
	put(MADT_AT + at + 4, 300, 4);
	put(MADT_AT + at + 8, 1, 4);
	put(MADT_AT + at + 12, 7, 4);
	at += 16;
	put(MADT_AT + at, 0x0c01u | 5u << 16, 4); /* I/O APIC 5 */
	put(MADT_AT + at + 4, 0xfec00000, 4);
	put(MADT_AT + at + 8, 0, 4);
	at += 12;
	put(MADT_AT + at, 0x00000a02u, 4); /* the PIT is at GSI 2 */
	put(MADT_AT + at + 4, 2, 4);
	put(MADT_AT + at + 8, 0, 2);
	at += 10;
	put(MADT_AT + at, 0x09000a02u, 4); /* the SCI: level, low */
	put(MADT_AT + at + 4, 9, 4);
	put(MADT_AT + at + 8, 0xf, 2);
	at += 10;
	finish(MADT_AT, "APIC", at);
}

static void make_others(void)
{
	put(FADT_AT + 64, 0x604, 4);
	put(FADT_AT + 76, 0x608, 4);
	put(FADT_AT + 112, 1u << 10 | 1u << 8, 4);
	memory[FADT_AT + 116] = 1;
	put(FADT_AT + 120, 0xcf9, 8);
	memory[FADT_AT + 128] = 0xf;
	finish(FADT_AT, "FACP", 244);
	put(HPET_AT + 44, 0xfed00000, 8);
	finish(HPET_AT, "HPET", 56);
	put(MCFG_AT + 44, 0xb0000000, 8);
	memory[MCFG_AT + 55] = 0xff;
	finish(MCFG_AT, "MCFG", 60);
}

static void make_machine(bool extended)
{
	const uint64_t tables[] = {MADT_AT, FADT_AT, HPET_AT, MCFG_AT};
	unsigned int size = extended ? 8 : 4;

	memset(memory, 0, sizeof(memory));
	memcpy(memory + RSDP_AT, "RSD PTR ", 8);
	memory[RSDP_AT + 15] = extended ? 2 : 0;
	put(RSDP_AT + 16, extended ? 0 : ROOT_AT, 4);
	put(RSDP_AT + 20, 36, 4);
	put(RSDP_AT + 24, extended ? ROOT_AT : 0, 8);
	fix_sum(RSDP_AT, 20, 8);
	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++)
		put(ROOT_AT + 36 + i * size, tables[i], size);
	finish(ROOT_AT, extended ? "XSDT" : "RSDT", 36 + 4 * size);
	make_madt();
	make_others();
	complaints = 0;
}

static bool madt_is_right(void)
{
	const struct acpi_info *info = &acpi_info;

	return info->present && info->cpu_count == 3 && info->cpus[0].apic_id == 0 &&
	       info->cpus[1].apic_id == 2 && info->cpus[2].apic_id == 300 &&
	       info->cpus[2].acpi_id == 7 && info->ioapic_count == 1 && info->ioapics[0].id == 5 &&
	       info->ioapics[0].address == 0xfec00000 && info->legacy[0].gsi == 2 &&
	       !info->legacy[0].level && info->legacy[9].level && info->legacy[9].active_low &&
	       info->legacy[1].gsi == 1 && info->local_apic == 0xfee00000;
}

static bool others_are_right(void)
{
	return acpi_info.pm1a_control == 0x604 && acpi_info.pm_timer == 0x608 &&
	       acpi_info.pm_timer_32 && acpi_info.reset_space == 1 &&
	       acpi_info.reset_address == 0xcf9 && acpi_info.reset_value == 0xf &&
	       acpi_info.hpet == 0xfed00000 && acpi_info.mcfg == 0xb0000000 &&
	       acpi_info.mcfg_last_bus == 0xff;
}

static void good(void)
{
	uint8_t copy[36];

	make_machine(false);
	acpi_read(NULL);
	check("rsdt_found", madt_is_right() && others_are_right() && complaints == 0);
	make_machine(true);
	acpi_read(NULL);
	check("xsdt_found", madt_is_right() && others_are_right() && complaints == 0);
	memcpy(copy, memory + RSDP_AT, sizeof(copy));
	memset(memory + RSDP_AT, 0, 36);
	acpi_read(copy);
	check("loaders_copy_used", madt_is_right() && others_are_right());
	memcpy(memory + 0x9fc10, copy, sizeof(copy));
	put(0x40e, 0x9fc0, 2);
	acpi_read(NULL);
	check("found_in_extended_bios_data", madt_is_right());
}

static void damaged(void)
{
	make_machine(true);
	memset(memory + RSDP_AT, 0, 36);
	acpi_read(NULL);
	check("none", !acpi_info.present && complaints == 1 && acpi_info.cpu_count == 0 &&
			      acpi_info.legacy[5].gsi == 5 && acpi_info.reset_space == 0xff);
	make_machine(true);
	memory[MADT_AT + 20] ^= 1;
	acpi_read(NULL);
	check("bad_sum_skips_one", !acpi_info.present && others_are_right() && complaints == 1);
	make_machine(true);
	put(HPET_AT + 4, 8, 4);
	acpi_read(NULL);
	check("short_length_skips_one", madt_is_right() && acpi_info.hpet == 0 && complaints == 1);
	make_machine(true);
	put(HPET_AT + 4, 0xffffffff, 4);
	acpi_read(NULL);
	check("huge_length_skips_one", madt_is_right() && acpi_info.hpet == 0 && complaints == 1);
	make_machine(true);
	memory[MADT_AT + 44 + 1] = 0;
	finish(MADT_AT, "APIC", 124);
	acpi_read(NULL);
	check("entry_without_length_ends",
	      acpi_info.present && acpi_info.cpu_count == 0 && complaints == 1);
	make_machine(true);
	put(ROOT_AT + 36, 0xfffffffffff0, 8);
	fix_sum(ROOT_AT, 68, 9);
	acpi_read(NULL);
	check("table_out_of_reach", !acpi_info.present && others_are_right());
	make_machine(true);
	put(ROOT_AT + 4, 12, 4);
	acpi_read(NULL);
	check("short_root", !acpi_info.present && complaints == 1);
}

/* Sums are made right again, so that what is inside is looked at. */
static void at_random(void)
{
	const uint32_t places[] = {MADT_AT, FADT_AT, HPET_AT, MCFG_AT, ROOT_AT};

	srand(1);
	for (int round = 0; round < 3000; round++) {
		make_machine(round & 1);
		for (int i = 0; i < 4; i++) {
			uint32_t place = places[rand() % 5];
			uint32_t length = (uint32_t)(rand() % 300);

			memory[place + rand() % 300] = (uint8_t)rand();
			if (rand() % 3 == 0)
				put(place + 4, length, 4);
			memcpy(&length, memory + place + 4, 4);
			if (length >= 36 && length < 0x1000)
				fix_sum(place, length, 9);
		}
		acpi_read(NULL);
		if (acpi_info.cpu_count > ACPI_CPUS_MAX ||
		    acpi_info.ioapic_count > ACPI_IOAPICS_MAX)
			failures++;
	}
	check("random_damage_survived", failures == 0);
}

int main(void)
{
	good();
	damaged();
	at_random();
	return failures != 0;
}
