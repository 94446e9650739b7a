/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/kernel_image.c - bzImage headers, ELF64 segments, Xen notes.
 *
 * Every offset comes from the file, so everything is read through window(),
 * which answers NULL outside it, and copied out before use: fields need not be
 * aligned.  Facts: Linux' Documentation/arch/x86/boot.rst, the ELF-64 object
 * file format, <xen/elfnote.h>.
 */
#include "xen-like/base/kernel_image.h"

#include "xen-like/base/kernel_notes.h"
#include "xen-like/base/string.h"

static const char *const error_texts[KERNEL_IMAGE_ERRORS] = {
	[KERNEL_IMAGE_OK] = "is fine",
	[KERNEL_IMAGE_TOO_SHORT] = "file is too short to be a kernel",
	[KERNEL_IMAGE_NOT_A_KERNEL] = "file is neither a bzImage nor an ELF64 file",
	[KERNEL_IMAGE_PROTOCOL_TOO_OLD] = "is a bzImage with a boot protocol before 2.08, which "
					  "does not say where its ELF is",
	[KERNEL_IMAGE_PAYLOAD_OUTSIDE] =
		"file is truncated: its header places the packed kernel beyond the end",
	[KERNEL_IMAGE_PAYLOAD_SIZE] = "claims an impossible unpacked size (damaged file?)",
	[KERNEL_IMAGE_PACKED_BZIP2] = "is packed with bzip2; use one packed with xz, gzip, zstd or "
				      "lz4, or an ELF vmlinux",
	[KERNEL_IMAGE_PACKED_LZMA] = "is packed with old lzma; use one packed with xz, gzip, zstd "
				     "or lz4, or an ELF vmlinux",
	[KERNEL_IMAGE_PACKED_LZO] =
		"is packed with lzo; use one packed with xz, gzip, zstd or lz4, or an ELF vmlinux",
	[KERNEL_IMAGE_PACKED_UNKNOWN] = "is packed in a way Enso does not know (damaged file?)",
	[KERNEL_IMAGE_NOT_ELF] = "unpacks to something that is not an ELF64 file",
	[KERNEL_IMAGE_NOT_X86_64] = "is not for x86-64",
	[KERNEL_IMAGE_NOT_EXECUTABLE] = "is an ELF file but not an executable one",
	[KERNEL_IMAGE_HEADERS_OUTSIDE] = "is truncated: its ELF headers lie beyond the end",
	[KERNEL_IMAGE_NO_SEGMENTS] = "has no loadable segment",
	[KERNEL_IMAGE_TOO_MANY_SEGMENTS] = "has more loadable segments than Enso accepts (16)",
	[KERNEL_IMAGE_SEGMENT_OUTSIDE] = "is truncated: a segment lies beyond the end",
	[KERNEL_IMAGE_SEGMENT_SHRINKS] = "has a segment bigger in the file than in memory",
	[KERNEL_IMAGE_SEGMENT_WRAPS] = "has a segment at an impossible address",
	[KERNEL_IMAGE_SEGMENTS_OVERLAP] = "has segments that overlap",
	[KERNEL_IMAGE_NOTE_MALFORMED] = "has a malformed Xen note",
	[KERNEL_IMAGE_NO_XEN_NOTES] =
		"has no Xen notes: it cannot run paravirtualized (CONFIG_XEN_PV is off?)",
	[KERNEL_IMAGE_FEATURE_UNKNOWN] = "requires a feature Enso does not know",
	[KERNEL_IMAGE_ADDRESSES_WRAP] = "has notes whose addresses wrap around",
};

const char *kernel_image_error_text(enum kernel_image_error error)
{
	return (unsigned int)error < KERNEL_IMAGE_ERRORS ? error_texts[error] : "is unusable";
}

const char *kernel_compression_name(enum kernel_compression compression)
{
	static const char *const names[KERNEL_COMPRESSIONS] = {"nothing", "gzip", "xz", "zstd",
							       "lz4"};

	return (unsigned int)compression < KERNEL_COMPRESSIONS ? names[compression] : "?";
}

/* ---- the file around the kernel ------------------------------------------ */

#define SETUP_SECTORS  0x1f1
#define SETUP_MAGIC    0x202 /* "HdrS" */
#define SETUP_VERSION  0x206
#define SETUP_PAYLOAD  0x248 /* offset, then length, both u32 */
#define SETUP_BYTES    0x250
#define UNPACKED_LIMIT (1024ul * 1024 * 1024)

static const struct packing {
	uint8_t magic[6];
	uint8_t length;
	uint8_t error; /* enum kernel_image_error */
	uint8_t compression;
} packings[] = {
	{{0x7f, 'E', 'L', 'F'}, 4, 0, KERNEL_COMPRESSION_NONE},
	{{0xfd, '7', 'z', 'X', 'Z', 0}, 6, 0, KERNEL_COMPRESSION_XZ},
	{{0x1f, 0x8b}, 2, 0, KERNEL_COMPRESSION_GZIP},
	{{0x28, 0xb5, 0x2f, 0xfd}, 4, 0, KERNEL_COMPRESSION_ZSTD},
	{{0x02, 0x21, 0x4c, 0x18}, 4, 0, KERNEL_COMPRESSION_LZ4},
	{{'B', 'Z', 'h'}, 3, KERNEL_IMAGE_PACKED_BZIP2, 0},
	{{0x5d, 0, 0}, 3, KERNEL_IMAGE_PACKED_LZMA, 0},
	{{0x89, 'L', 'Z', 'O'}, 4, KERNEL_IMAGE_PACKED_LZO, 0},
};

static enum kernel_image_error recognize_packing(const uint8_t *start,
						 enum kernel_compression *compression)
{
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		if (memcmp(start, packings[i].magic, packings[i].length) != 0)
			continue;
		*compression = packings[i].compression;
		return packings[i].error;
	}
	return KERNEL_IMAGE_PACKED_UNKNOWN;
}

static enum kernel_image_error bzimage_payload(struct bytes file, struct kernel_payload *payload)
{
	uint64_t sectors = file.start[SETUP_SECTORS];
	uint64_t offset, length;
	enum kernel_image_error error;
	const uint8_t *start;

	if (little_endian(file.start + SETUP_VERSION, 2) < 0x0208)
		return KERNEL_IMAGE_PROTOCOL_TOO_OLD;
	/* 0 means 4 for historical reasons. */
	offset = ((sectors ? sectors : 4) + 1) * 512 + little_endian(file.start + SETUP_PAYLOAD, 4);
	length = little_endian(file.start + SETUP_PAYLOAD + 4, 4);
	start = window(file, offset, length);
	if (!start)
		return KERNEL_IMAGE_PAYLOAD_OUTSIDE;
	if (length < 16)
		return KERNEL_IMAGE_PAYLOAD_SIZE;

	error = recognize_packing(start, &payload->compression);
	if (error)
		return error;
	payload->offset = offset;
	payload->bytes = length;
	payload->unpacked_bytes = length;
	if (payload->compression == KERNEL_COMPRESSION_NONE)
		return KERNEL_IMAGE_OK;

	/*
	 * Linux' build appends the unpacked length as a 32-bit word to all
	 * formats but gzip, which ends with that word anyway.
	 */
	payload->unpacked_bytes = little_endian(start + length - 4, 4);
	if (payload->compression != KERNEL_COMPRESSION_GZIP)
		payload->bytes -= 4;
	if (payload->unpacked_bytes < 64 || payload->unpacked_bytes > UNPACKED_LIMIT)
		return KERNEL_IMAGE_PAYLOAD_SIZE;
	return KERNEL_IMAGE_OK;
}

enum kernel_image_error kernel_image_payload(const void *start, size_t file_bytes,
					     struct kernel_payload *payload)
{
	struct bytes file = {start, file_bytes};

	if (file_bytes < 64)
		return KERNEL_IMAGE_TOO_SHORT;
	if (memcmp(file.start, packings[0].magic, 4) == 0) {
		*payload =
			(struct kernel_payload){.bytes = file_bytes, .unpacked_bytes = file_bytes};
		return KERNEL_IMAGE_OK;
	}
	if (file_bytes < SETUP_BYTES)
		return KERNEL_IMAGE_TOO_SHORT;
	if (memcmp(file.start + SETUP_MAGIC, "HdrS", 4) != 0)
		return KERNEL_IMAGE_NOT_A_KERNEL;
	return bzimage_payload(file, payload);
}

/* ---- segments ------------------------------------------------------------ */

#define ELF_TYPE_EXEC	   2
#define ELF_TYPE_DYN	   3
#define ELF_MACHINE_X86_64 62
#define SEGMENT_LOAD	   1
#define SEGMENT_NOTE	   4
#define SECTION_NOTE	   7
#define SEGMENT_HEADER	   56
#define SECTION_HEADER	   64
#define PHYSICAL_LIMIT	   (1ull << 46) /* of x86-64 PV guests: all a p2m could name */

struct elf {
	struct bytes file;
	uint64_t entry;
	uint64_t segments; /* offset of the headers; all of them are in the file */
	uint64_t nr_segments;
	uint64_t sections; /* not checked yet: they are optional */
	uint64_t nr_sections;
};

static enum kernel_image_error open_elf(struct bytes file, struct elf *elf)
{
	static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	const uint8_t *header = window(file, 0, 64);
	uint64_t type;

	if (!header || memcmp(header, ident, 4) != 0)
		return KERNEL_IMAGE_NOT_ELF;
	if (memcmp(header, ident, sizeof(ident)) != 0 ||
	    little_endian(header + 18, 2) != ELF_MACHINE_X86_64)
		return KERNEL_IMAGE_NOT_X86_64;
	type = little_endian(header + 16, 2);
	if (type != ELF_TYPE_EXEC && type != ELF_TYPE_DYN)
		return KERNEL_IMAGE_NOT_EXECUTABLE;

	elf->file = file;
	elf->entry = little_endian(header + 24, 8);
	elf->segments = little_endian(header + 32, 8);
	elf->sections = little_endian(header + 40, 8);
	elf->nr_segments = little_endian(header + 56, 2);
	elf->nr_sections = little_endian(header + 60, 2);
	if (little_endian(header + 58, 2) != SECTION_HEADER)
		elf->nr_sections = 0;
	if (!elf->nr_segments)
		return KERNEL_IMAGE_NO_SEGMENTS;
	if (little_endian(header + 54, 2) != SEGMENT_HEADER ||
	    !window(file, elf->segments, elf->nr_segments * SEGMENT_HEADER))
		return KERNEL_IMAGE_HEADERS_OUTSIDE;
	return KERNEL_IMAGE_OK;
}

/* Keeps segments[] ascending; there are at most 16. */
static void insert_segment(struct kernel_image *image, struct kernel_segment segment)
{
	uint32_t at = image->nr_segments++;

	while (at > 0 && image->segments[at - 1].physical > segment.physical) {
		image->segments[at] = image->segments[at - 1];
		at--;
	}
	image->segments[at] = segment;
}

static enum kernel_image_error read_segment(const struct elf *elf, const uint8_t *header,
					    struct kernel_image *image)
{
	struct kernel_segment segment = {
		.file_offset = little_endian(header + 8, 8),
		.physical = little_endian(header + 24, 8),
		.file_bytes = little_endian(header + 32, 8),
		.memory_bytes = little_endian(header + 40, 8),
	};

	if (!segment.memory_bytes && !segment.file_bytes)
		return KERNEL_IMAGE_OK;
	if (segment.file_bytes > segment.memory_bytes)
		return KERNEL_IMAGE_SEGMENT_SHRINKS;
	if (!window(elf->file, segment.file_offset, segment.file_bytes))
		return KERNEL_IMAGE_SEGMENT_OUTSIDE;
	if (segment.memory_bytes > PHYSICAL_LIMIT ||
	    segment.physical + segment.memory_bytes < segment.physical)
		return KERNEL_IMAGE_SEGMENT_WRAPS;
	if (image->nr_segments == KERNEL_IMAGE_MAX_SEGMENTS)
		return KERNEL_IMAGE_TOO_MANY_SEGMENTS;
	insert_segment(image, segment);
	return KERNEL_IMAGE_OK;
}

static enum kernel_image_error read_segments(const struct elf *elf, struct kernel_image *image)
{
	for (uint64_t i = 0; i < elf->nr_segments; i++) {
		const uint8_t *header = elf->file.start + elf->segments + i * SEGMENT_HEADER;
		enum kernel_image_error error;

		if (little_endian(header, 4) != SEGMENT_LOAD)
			continue;
		error = read_segment(elf, header, image);
		if (error)
			return error;
	}
	return image->nr_segments ? KERNEL_IMAGE_OK : KERNEL_IMAGE_NO_SEGMENTS;
}

/* Takes PADDR_OFFSET off; then all must lie in a physical address space. */
static enum kernel_image_error settle_segments(struct kernel_image *image, uint64_t paddr_offset)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < image->nr_segments; i++) {
		struct kernel_segment *segment = &image->segments[i];

		if (segment->physical < paddr_offset)
			return KERNEL_IMAGE_SEGMENT_WRAPS;
		segment->physical -= paddr_offset;
		if (segment->physical > PHYSICAL_LIMIT - segment->memory_bytes)
			return KERNEL_IMAGE_SEGMENT_WRAPS;
		if (i && segment->physical < end)
			return KERNEL_IMAGE_SEGMENTS_OVERLAP;
		end = segment->physical + segment->memory_bytes;
	}
	image->physical_start = image->segments[0].physical;
	image->physical_end = end;
	if (image->virt_base + end < image->virt_base)
		return KERNEL_IMAGE_ADDRESSES_WRAP;
	return KERNEL_IMAGE_OK;
}

/* ---- where the notes are --------------------------------------------------- */

static enum kernel_image_error read_note_segments(const struct elf *elf, struct note_reader *reader)
{
	for (uint64_t i = 0; i < elf->nr_segments; i++) {
		const uint8_t *header = elf->file.start + elf->segments + i * SEGMENT_HEADER;
		uint64_t bytes = little_endian(header + 32, 8);
		const uint8_t *notes = window(elf->file, little_endian(header + 8, 8), bytes);
		enum kernel_image_error error;

		if (little_endian(header, 4) != SEGMENT_NOTE)
			continue;
		if (!notes)
			return KERNEL_IMAGE_SEGMENT_OUTSIDE;
		error = kernel_notes_read(reader, (struct bytes){notes, bytes});
		if (error)
			return error;
	}
	return KERNEL_IMAGE_OK;
}

/* Only when no segment had Xen notes: a linker script may leave them out. */
static enum kernel_image_error read_note_sections(const struct elf *elf, struct note_reader *reader)
{
	const uint8_t *headers =
		window(elf->file, elf->sections, elf->nr_sections * SECTION_HEADER);

	for (uint64_t i = 0; headers && i < elf->nr_sections; i++) {
		const uint8_t *header = headers + i * SECTION_HEADER;
		uint64_t bytes = little_endian(header + 32, 8);
		const uint8_t *notes = window(elf->file, little_endian(header + 24, 8), bytes);
		enum kernel_image_error error;

		if (little_endian(header + 4, 4) != SECTION_NOTE)
			continue;
		if (!notes)
			return KERNEL_IMAGE_SEGMENT_OUTSIDE;
		error = kernel_notes_read(reader, (struct bytes){notes, bytes});
		if (error)
			return error;
	}
	return KERNEL_IMAGE_OK;
}

enum kernel_image_error kernel_image_parse(const void *start, size_t elf_bytes,
					   struct kernel_image *image)
{
	struct note_reader reader = {.image = image};
	struct elf elf = {0};
	enum kernel_image_error error;

	memset(image, 0, sizeof(*image));
	error = open_elf((struct bytes){start, elf_bytes}, &elf);
	if (!error) {
		image->entry = elf.entry;
		error = read_segments(&elf, image);
	}
	if (!error)
		error = read_note_segments(&elf, &reader);
	if (!error && !image->notes_present)
		error = read_note_sections(&elf, &reader);
	if (error)
		return error;
	if (!image->notes_present)
		return KERNEL_IMAGE_NO_XEN_NOTES;
	return settle_segments(image, reader.paddr_offset);
}
