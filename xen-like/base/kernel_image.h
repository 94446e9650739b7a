/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/kernel_image.h - what a guest kernel's file says about itself.
 *
 * Reads a bzImage's header (where its packed kernel lies, and how it is packed)
 * and an ELF64 kernel's segments and Xen notes.  The bytes are hostile: every
 * answer is checked against the file's end, or is an error with a sentence.
 *
 * Pure.  It copies nothing and unpacks nothing (base/decompress.h does), and
 * decides no layout (base/pv_plan.h does).
 */
#pragma once

#include "xen-like/base/abi.h"

enum kernel_image_error {
	KERNEL_IMAGE_OK = 0,
	/* the file around the kernel */
	KERNEL_IMAGE_TOO_SHORT,
	KERNEL_IMAGE_NOT_A_KERNEL,
	KERNEL_IMAGE_PROTOCOL_TOO_OLD,
	KERNEL_IMAGE_PAYLOAD_OUTSIDE,
	KERNEL_IMAGE_PAYLOAD_SIZE,
	KERNEL_IMAGE_PACKED_BZIP2,
	KERNEL_IMAGE_PACKED_LZMA,
	KERNEL_IMAGE_PACKED_LZO,
	KERNEL_IMAGE_PACKED_UNKNOWN,
	/* the ELF */
	KERNEL_IMAGE_NOT_ELF,
	KERNEL_IMAGE_NOT_X86_64,
	KERNEL_IMAGE_NOT_EXECUTABLE,
	KERNEL_IMAGE_HEADERS_OUTSIDE,
	KERNEL_IMAGE_NO_SEGMENTS,
	KERNEL_IMAGE_TOO_MANY_SEGMENTS,
	KERNEL_IMAGE_SEGMENT_OUTSIDE,
	KERNEL_IMAGE_SEGMENT_SHRINKS,
	KERNEL_IMAGE_SEGMENT_WRAPS,
	KERNEL_IMAGE_SEGMENTS_OVERLAP,
	/* the notes */
	KERNEL_IMAGE_NOTE_MALFORMED,
	KERNEL_IMAGE_NO_XEN_NOTES,
	KERNEL_IMAGE_FEATURE_UNKNOWN,
	KERNEL_IMAGE_ADDRESSES_WRAP,
	KERNEL_IMAGE_ERRORS
};

/* One sentence without a full stop, to follow "cannot boot: the kernel ...". */
const char *kernel_image_error_text(enum kernel_image_error error);

enum kernel_compression {
	KERNEL_COMPRESSION_NONE,
	KERNEL_COMPRESSION_GZIP,
	KERNEL_COMPRESSION_XZ,
	KERNEL_COMPRESSION_ZSTD,
	KERNEL_COMPRESSION_LZ4, /* the legacy frame, as Linux packs it */
	KERNEL_COMPRESSIONS
};

const char *kernel_compression_name(enum kernel_compression compression);

/* Where the ELF is: `bytes` of the file from `offset`, packed or not. */
struct kernel_payload {
	enum kernel_compression compression;
	size_t offset;
	size_t bytes;	       /* of the packed stream, without Linux' length word */
	size_t unpacked_bytes; /* as the file claims; 64 .. 1 GiB; equal to bytes when NONE */
};

/* Looks at the whole file: a bzImage or a bare ELF64. */
enum kernel_image_error MUST_CHECK kernel_image_payload(const void *file, size_t file_bytes,
							struct kernel_payload *payload);

#define KERNEL_IMAGE_MAX_SEGMENTS 16
#define KERNEL_IMAGE_NOTE_TEXT	  32

/* Goes to pseudo-physical `physical`; the rest up to memory_bytes is zero. */
struct kernel_segment {
	uint64_t physical; /* PADDR_OFFSET is already taken off */
	uint64_t memory_bytes;
	uint64_t file_offset; /* into the ELF; file_bytes from there are inside it */
	uint64_t file_bytes;
};

struct kernel_image {
	struct kernel_segment segments[KERNEL_IMAGE_MAX_SEGMENTS]; /* ascending, disjoint */
	uint32_t nr_segments;
	uint64_t physical_start; /* of the lowest segment */
	uint64_t physical_end;	 /* behind the highest; bytes, not rounded */

	/* Notes: bit n of notes_present says that note n was there. */
	uint64_t notes_present;
	uint64_t entry;		     /* virtual; e_entry when the note is absent */
	uint64_t virt_base;	     /* where pseudo-physical 0 is mapped; 0 when absent */
	uint64_t hypervisor_low;     /* lowest address it leaves to us; 0 when absent */
	uint64_t hypercall_page;     /* where it wants one written; valid when noted */
	uint64_t init_p2m;	     /* valid when noted */
	uint64_t physical_entry;     /* PVH entry, valid when noted */
	bool mod_start_pfn;	     /* start_info.mod_start may be a pfn */
	bool extended_cr3;	     /* PAE_MODE says yes or bimodal */
	bool features_listed;	     /* either features note was there */
	uint32_t features_supported; /* bit XENFEAT_x */
	uint32_t features_required;
	char guest_os[KERNEL_IMAGE_NOTE_TEXT]; /* printable, NUL-terminated, perhaps cut */
	char guest_version[KERNEL_IMAGE_NOTE_TEXT];
	char xen_version[KERNEL_IMAGE_NOTE_TEXT];
	char loader[KERNEL_IMAGE_NOTE_TEXT];
};

/* Reads an unpacked ELF64 kernel.  On error *image is not to be used. */
enum kernel_image_error MUST_CHECK kernel_image_parse(const void *elf, size_t elf_bytes,
						      struct kernel_image *image);

static inline bool kernel_image_has_note(const struct kernel_image *image, uint32_t note)
{
	return note < 64 && (image->notes_present >> note) & 1;
}
