/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/layout.h - who lives where in Enso's sixteen L4 slots.
 *
 *   slot  address              what                         guest may
 *   256   0xffff800000000000   m2p table, 8 bytes a frame   read
 *   257   0xffff808000000000   image, stacks, fixed maps    nothing
 *   258   0xffff810000000000   frame table, 16 bytes each   nothing
 *   259   0xffff818000000000   m2p table, as Enso writes it nothing
 *   260   0xffff820000000000   this domain: GDTs and LDTs   nothing
 *   261   0xffff828000000000   (spare)
 *   262   0xffff830000000000   all RAM (direct map)         nothing
 *   271   0xffff87ffffffffff   end
 *
 * Slot 260 differs from domain to domain; the others are the same everywhere.
 * Also included by assembly and by the linker script: macros only.
 */
#pragma once

#define HYPERVISOR_SLOT_FIRST 256
#define HYPERVISOR_SLOT_END   272
#define DOMAIN_SLOT	      260

#define HYPERVISOR_START      0xffff800000000000
#define HYPERVISOR_END	      0xffff880000000000
#define HYPERVISOR_SHIFT      43 /* log2 of the bytes between */

/* Host tests put these three elsewhere (tests/host). */
#ifndef DIRECT_MAP_START
#define M2P_START	   0xffff800000000000
#define M2P_WRITABLE_START 0xffff818000000000
#define FRAME_TABLE_START  0xffff810000000000
#define DIRECT_MAP_START   0xffff830000000000
#endif
#define IMAGE_START	  0xffff808000000000 /* image is linked at +0x200000 */
#define IMAGE_PHYS	  0x200000
#define STACKS_START	  0xffff808040000000 /* per-CPU stacks with guard pages */
#define FIXMAP_START	  0xffff808080000000 /* 4 KiB mappings of devices and tables */
#define DOMAIN_AREA_START 0xffff820000000000
#define DIRECT_MAP_END	  0xffff880000000000

/* One vCPU's part of the domain area: 16 pages of GDT, 16 pages of LDT. */
#define VCPU_AREA_SHIFT 17
#define GDT_PAGES	16
#define LDT_PAGES	16

/* Selectors every guest and Enso find in GDT pages 14 and 15 (Xen's ABI). */
#define RESERVED_GDT_FIRST_PAGE 14
#define RESERVED_GDT_BYTE	(RESERVED_GDT_FIRST_PAGE * 4096)

/* Enso's own descriptors, in the same page behind the ABI's (byte offsets). */
#define SELECTOR_HYPERVISOR_CS 0xe008
#define SELECTOR_HYPERVISOR_DS 0xe010
#define SELECTOR_GUEST_CS32    0xe023
#define SELECTOR_GUEST_SS      0xe02b
#define SELECTOR_GUEST_CS64    0xe033
#define SELECTOR_TSS	       0xe040
#define SELECTOR_LDT	       0xe050
