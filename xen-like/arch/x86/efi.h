/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/efi.h - what UEFI firmware left for an operating system.
 * Enso only passes it on to dom0; it calls no firmware.
 */
#pragma once

#include "xen-like/base/abi.h"

#define EFI_VENDOR_MAX 100

struct efi_facts {
	uint32_t revision;	    /* of the specification            */
	uint32_t runtime_revision;  /* of the runtime services' table  */
	uint32_t firmware_revision; /* the vendor's own                */
	uint32_t tables;	    /* entries at `tables_address`     */
	maddr_t tables_address;
	uint16_t vendor[EFI_VENDOR_MAX]; /* UCS-2, ended by 0          */
};

/* NULL when the machine was not booted by UEFI or its table makes no sense. */
const struct efi_facts *efi_facts_get(void);
