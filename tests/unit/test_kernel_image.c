// needs: xen-like/base/kernel_image.c xen-like/base/kernel_notes.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_kernel_image.c - built ELF and bzImage files, right and
 * wrong, each in a buffer of exactly its size so that ASan sees a byte too far;
 * and Debian's kernel, when the lab has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-like/base/kernel_image.h"

static int failures;

static void check(const char *name, bool good)
{
	printf(good ? "PASS kernel_image_%s\n" : "FAIL kernel_image_%s: not so\n", name);
	failures += !good;
}

struct maker {
	uint8_t bytes[8192];
	size_t used;
};

static void put(struct maker *m, size_t at, uint64_t value, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		m->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void segment(struct maker *m, int index, uint32_t type, uint64_t offset, uint64_t physical,
		    uint64_t file, uint64_t memory)
{
	size_t at = 64 + (size_t)index * 56;

	put(m, at, type, 4);
	put(m, at + 8, offset, 8);
	put(m, at + 24, physical, 8);
	put(m, at + 32, file, 8);
	put(m, at + 40, memory, 8);
}

static void note(struct maker *m, uint32_t type, const void *value, uint32_t bytes)
{
	put(m, m->used, 4, 4);
	put(m, m->used + 4, bytes, 4);
	put(m, m->used + 8, type, 4);
	memcpy(m->bytes + m->used + 12, "Xen", 4);
	memcpy(m->bytes + m->used + 16, value, bytes);
	m->used += 16 + ((bytes + 3) & ~3u);
}

static void number_note(struct maker *m, uint32_t type, uint64_t value, uint32_t bytes)
{
	note(m, type, &value, bytes);
}

#define NOTES_AT 0x200

/* Two segments at 16 MiB and 18 MiB, given out of order, and Linux' notes. */
static struct maker good_elf(void)
{
	struct maker m = {.used = NOTES_AT};

	memcpy(m.bytes, "\177ELF\2\1\1", 7);
	put(&m, 16, 2, 2);
	put(&m, 18, 62, 2);
	put(&m, 24, 0x1000000, 8);
	put(&m, 32, 64, 8);
	put(&m, 54, 56, 2);
	put(&m, 56, 3, 2);
	put(&m, 58, 64, 2);
	segment(&m, 0, 1, 0x1000, 0x1200000, 0x100, 0x5000);
	segment(&m, 1, 1, 0x1000, 0x1000000, 0x800, 0x2000);

	number_note(&m, XEN_ELFNOTE_ENTRY, 0xffffffff81000010, 8);
	number_note(&m, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000, 8);
	number_note(&m, XEN_ELFNOTE_PADDR_OFFSET, 0, 4);
	note(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	note(&m, XEN_ELFNOTE_GUEST_OS, "li\033ux", 6);
	note(&m, XEN_ELFNOTE_PAE_MODE, "yes", 4);
	note(&m, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb|odd", 46);
	note(&m, XEN_ELFNOTE_L1_MFN_VALID, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0", 16);
	number_note(&m, XEN_ELFNOTE_INIT_P2M, 0x8000000000, 8);
	number_note(&m, XEN_ELFNOTE_MOD_START_PFN, 1, 4);
	number_note(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801, 4);
	segment(&m, 2, 4, NOTES_AT, 0, m.used - NOTES_AT, m.used - NOTES_AT);
	m.used = 0x1800;
	return m;
}

static enum kernel_image_error parse(const struct maker *m, struct kernel_image *image)
{
	uint8_t *exact = malloc(m->used ? m->used : 1);
	enum kernel_image_error error;

	memcpy(exact, m->bytes, m->used);
	error = kernel_image_parse(exact, m->used, image);
	free(exact);
	return error;
}

static void test_good(void)
{
	struct maker m = good_elf();
	struct kernel_image k;

	check("good", parse(&m, &k) == KERNEL_IMAGE_OK);
	check("sorted", k.nr_segments == 2 && k.segments[0].physical == 0x1000000);
	check("range", k.physical_start == 0x1000000 && k.physical_end == 0x1205000);
	check("entry", k.entry == 0xffffffff81000010 && k.virt_base == 0xffffffff80000000);
	check("features", k.features_supported == 0x8811 && k.features_required == 1);
	check("text_is_printable",
	      !strcmp(k.guest_os, "li?ux") && !strcmp(k.xen_version, "xen-3.0"));
	check("flags", k.extended_cr3 && k.mod_start_pfn && k.init_p2m == 0x8000000000);

	/* The same notes, in a section only. */
	segment(&m, 2, 0, 0, 0, 0, 0);
	put(&m, 40, 0x1700, 8);
	put(&m, 60, 1, 2);
	put(&m, 0x1704, 7, 4);
	put(&m, 0x1718, NOTES_AT, 8);
	put(&m, 0x1720, 0x180, 8);
	check("section_notes", parse(&m, &k) == KERNEL_IMAGE_OK && k.init_p2m == 0x8000000000);
	put(&m, 60, 0, 2);
	check("no_notes", parse(&m, &k) == KERNEL_IMAGE_NO_XEN_NOTES);
}

#define REFUSED(name, change, error)                                                               \
	do {                                                                                       \
		struct maker m = good_elf();                                                       \
		struct kernel_image k;                                                             \
		change;                                                                            \
		check("refuses_" name, parse(&m, &k) == (error));                                  \
	} while (0)

static void test_refusals(void)
{
	REFUSED("magic", m.bytes[1] = 'e', KERNEL_IMAGE_NOT_ELF);
	REFUSED("32_bit", m.bytes[4] = 1, KERNEL_IMAGE_NOT_X86_64);
	REFUSED("arm", put(&m, 18, 183, 2), KERNEL_IMAGE_NOT_X86_64);
	REFUSED("object", put(&m, 16, 1, 2), KERNEL_IMAGE_NOT_EXECUTABLE);
	REFUSED("headers_outside", put(&m, 32, ~0ull - 8, 8), KERNEL_IMAGE_HEADERS_OUTSIDE);
	REFUSED("no_headers", put(&m, 56, 0, 2), KERNEL_IMAGE_NO_SEGMENTS);
	REFUSED("truncated", m.used = 0x1700, KERNEL_IMAGE_SEGMENT_OUTSIDE);
	REFUSED("shrinking", segment(&m, 0, 1, 0, 0x1200000, 9, 8), KERNEL_IMAGE_SEGMENT_SHRINKS);
	REFUSED("wrapping", segment(&m, 0, 1, 0, ~0xfffull, 9, 0x2000), KERNEL_IMAGE_SEGMENT_WRAPS);
	REFUSED("far", segment(&m, 0, 1, 0, 1ull << 60, 9, 0x2000), KERNEL_IMAGE_SEGMENT_WRAPS);
	REFUSED("overlap", segment(&m, 0, 1, 0, 0x1001fff, 9, 9), KERNEL_IMAGE_SEGMENTS_OVERLAP);
	REFUSED("file_wrap", segment(&m, 0, 1, ~0ull - 3, 0x1200000, 9, 9),
		KERNEL_IMAGE_SEGMENT_OUTSIDE);
	REFUSED("note_size", put(&m, NOTES_AT + 4, 3, 4), KERNEL_IMAGE_NOTE_MALFORMED);
	REFUSED("note_beyond", put(&m, NOTES_AT + 4, ~0u, 4), KERNEL_IMAGE_NOTE_MALFORMED);
	REFUSED("name_beyond", put(&m, NOTES_AT, ~0u, 4), KERNEL_IMAGE_NOTE_MALFORMED);
	REFUSED("strange_feature", memcpy(memmem(m.bytes, m.used, "writable", 8), "Writable", 8),
		KERNEL_IMAGE_FEATURE_UNKNOWN);
}

/* Any single byte changed, and any truncation: an answer, and no byte too far. */
static void test_any_damage(void)
{
	struct kernel_image k;
	unsigned int fine = 0;

	for (size_t at = 0; at < 0x400; at++) {
		static const uint8_t values[] = {0, 0x7f, 0x80, 0xff};

		for (size_t i = 0; i < sizeof(values); i++) {
			struct maker m = good_elf();

			m.bytes[at] = values[i];
			fine += parse(&m, &k) == KERNEL_IMAGE_OK;
		}
	}
	for (size_t size = 0; size < 0x1800; size += 7) {
		struct maker m = good_elf();

		m.used = size;
		fine += parse(&m, &k) == KERNEL_IMAGE_OK;
	}
	check("survives_damage", fine > 0);
}

static struct maker good_bzimage(void)
{
	struct maker m = {.used = 0x1000};

	m.bytes[0x1f1] = 3;
	memcpy(m.bytes + 0x202, "HdrS", 4);
	put(&m, 0x206, 0x20f, 2);
	put(&m, 0x248, 0x100, 4);
	put(&m, 0x24c, 0x700, 4);
	memcpy(m.bytes + 0x900,
	       "\xfd"
	       "7zXZ",
	       6);
	put(&m, 0x900 + 0x700 - 4, 65906612, 4);
	return m;
}

static enum kernel_image_error payload(const struct maker *m, struct kernel_payload *p)
{
	uint8_t *exact = malloc(m->used ? m->used : 1);
	enum kernel_image_error error;

	memcpy(exact, m->bytes, m->used);
	error = kernel_image_payload(exact, m->used, p);
	free(exact);
	return error;
}

static void test_bzimage(void)
{
	struct maker m = good_bzimage();
	struct kernel_payload p;

	check("bzimage", payload(&m, &p) == KERNEL_IMAGE_OK && p.offset == 0x900 &&
				 p.bytes == 0x6fc && p.unpacked_bytes == 65906612 &&
				 p.compression == KERNEL_COMPRESSION_XZ);
	memcpy(m.bytes + 0x900, "BZh", 3);
	check("bzip2_is_named", payload(&m, &p) == KERNEL_IMAGE_PACKED_BZIP2);
	memcpy(m.bytes + 0x900, "???", 3);
	check("unknown_packing", payload(&m, &p) == KERNEL_IMAGE_PACKED_UNKNOWN);
	m = good_bzimage();
	m.used--;
	check("bzimage_truncated", payload(&m, &p) == KERNEL_IMAGE_PAYLOAD_OUTSIDE);
	m = good_bzimage();
	put(&m, 0x248, ~0u, 4);
	check("bzimage_offset", payload(&m, &p) == KERNEL_IMAGE_PAYLOAD_OUTSIDE);
	put(&m, 0x206, 0x207, 2);
	check("bzimage_old", payload(&m, &p) == KERNEL_IMAGE_PROTOCOL_TOO_OLD);
	m = good_bzimage();
	put(&m, 0xffc, ~0u, 4);
	check("bzimage_unpacked_size", payload(&m, &p) == KERNEL_IMAGE_PAYLOAD_SIZE);
	m.bytes[0x202] = 0;
	check("not_a_kernel", payload(&m, &p) == KERNEL_IMAGE_NOT_A_KERNEL);
	m.used = 10;
	check("too_short", payload(&m, &p) == KERNEL_IMAGE_TOO_SHORT);
}

static void test_texts(void)
{
	bool all = true;

	for (int i = 0; i < KERNEL_IMAGE_ERRORS; i++)
		all = all && kernel_image_error_text((enum kernel_image_error)i);
	check("every_error_has_a_text", all);
}

/* The facts of abi/pv-boot, read from Debian's own file. */
static void test_debian(const char *path, const char *name)
{
	FILE *file = fopen(path, "rb");
	struct kernel_image k;
	uint8_t *bytes;
	size_t size;

	if (!file) {
		printf("SKIP kernel_image_%s: no %s\n", name, path);
		return;
	}
	bytes = malloc(128u << 20);
	size = fread(bytes, 1, 128u << 20, file);
	fclose(file);
	check(name, kernel_image_parse(bytes, size, &k) == KERNEL_IMAGE_OK &&
			    k.virt_base == 0xffffffff80000000 && k.init_p2m == 0x8000000000 &&
			    (!k.hypervisor_low || k.hypervisor_low == 0xffff800000000000) &&
			    k.mod_start_pfn && k.extended_cr3 && k.physical_start == 0x1000000 &&
			    (k.features_supported & 0x8801) == 0x8801 &&
			    !strcmp(k.guest_os, "linux") && !strcmp(k.loader, "generic"));
	free(bytes);
}

int main(void)
{
	test_good();
	test_refusals();
	test_any_damage();
	test_bzimage();
	test_texts();
	test_debian("build/lab/vmlinux-6.1", "debian_6_1");
	test_debian("build/lab/vmlinux-6.12", "debian_6_12");
	return failures != 0;
}
