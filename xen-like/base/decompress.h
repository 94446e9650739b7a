/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/decompress.h - unpacking a kernel, by the field's own decoders.
 *
 * Thin over liblzma, zlib, libzstd and liblz4 (docs/adr/decompression.md says
 * why).  They allocate from an arena the caller lends and gives up afterwards.
 *
 * In the hypervisor the decoders use SSE registers and %fs:0x28, so this may
 * run on the boot CPU only, before any guest exists, with interrupts off;
 * decompress_port_enter/leave (decompress_boot.c) set the CPU up and put it back.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/kernel_image.h"

enum decompress_result {
	DECOMPRESS_OK = 0,
	DECOMPRESS_UNSUPPORTED,	   /* this method or one of its options */
	DECOMPRESS_CORRUPT,	   /* damaged, or a checksum differs */
	DECOMPRESS_TRUNCATED,	   /* the input ends too early */
	DECOMPRESS_OUTPUT_TOO_BIG, /* does not fit out_capacity */
	DECOMPRESS_NO_MEMORY,	   /* the arena is too small */
	DECOMPRESS_RESULTS
};

/* One sentence without a full stop, to follow "cannot boot: the kernel ...". */
const char *decompress_result_text(enum decompress_result result);

/*
 * How big the arena must be.  XZ keeps a dictionary of its own, at most as long
 * as what it unpacks; the others work inside the output.
 */
static inline size_t decompress_arena_bytes(enum kernel_compression compression,
					    size_t unpacked_bytes)
{
	return 1024 * 1024 + (compression == KERNEL_COMPRESSION_XZ ? unpacked_bytes : 0);
}

/*
 * Unpacks one stream.  Never writes outside out[0 .. out_capacity) and the
 * arena, whatever `in` holds.  *out_bytes is what was written when OK.
 * NONE copies.
 */
enum decompress_result MUST_CHECK decompress_payload(enum kernel_compression compression,
						     const void *in, size_t in_bytes, void *out,
						     size_t out_capacity, size_t *out_bytes,
						     void *arena, size_t arena_bytes);

/* Answered by decompress_boot.c in the hypervisor; empty on the host. */
void decompress_port_enter(void);
void decompress_port_leave(void);
