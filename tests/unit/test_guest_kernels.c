/* SPDX-License-Identifier: MIT */
// needs: dom0-tools/builder/kernel.c dom0-tools/builder/cache*.c dom0-tools/builder/sha256.c
// needs: xen-like/base/pv_plan.c dom0-tools/lib/files.c dom0-tools/lib/failure.c
// needs: xen-like/base/kernel_*.c xen-like/base/decompress.c
// libs: -DCACHE_DIRECTORY='"build/unit/kernels"' -llzma -lz -lzstd -llz4
/*
 * tests/unit/test_guest_kernels.c - three hundred kernels nobody should boot, made
 * from a fixed seed: each is refused with one clear sentence or makes a plan that
 * holds; nothing crashes, fills memory or stays behind.  Then the cache itself.
 */
#include <dirent.h>
#include <elf.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "dom0-tools/builder/cache.h"
#include "dom0-tools/builder/kernel.h"
#include "xen-like/base/pv_plan.h"

#include "tests/unit/check.h"

#define FOLDER	   "build/unit/kernels"
#define FILE_PATH  "build/unit/kernels.image"
#define IMAGES	   300
#define ROOM	   (256u << 10)
#define MOST_BYTES (96l << 20) /* that one image may make the process grow */

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % limit;
}

/* ---- a small good kernel --------------------------------------------------- */

struct maker {
	uint8_t bytes[ROOM];
	size_t count;
};

static void put(struct maker *m, const void *bytes, size_t count)
{
	if (count > sizeof(m->bytes) - m->count)
		abort();
	memcpy(m->bytes + m->count, bytes, count);
	m->count += count;
}

static void put_note(struct maker *m, uint32_t type, const void *value, uint32_t bytes)
{
	static const uint8_t padding[4];
	Elf64_Nhdr header = {.n_namesz = 4, .n_descsz = bytes, .n_type = type};

	put(m, &header, sizeof(header));
	put(m, "Xen", 4);
	put(m, value, bytes);
	put(m, padding, -bytes & 3);
}

static void put_number(struct maker *m, uint32_t type, uint64_t value)
{
	put_note(m, type, &value, sizeof(value));
}

static void make_elf(struct maker *m)
{
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = 0x1000100,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 3,
	};
	Elf64_Phdr segments[3] = {
		{.p_type = PT_LOAD,
		 .p_flags = 5,
		 .p_offset = 0x1000,
		 .p_paddr = 0x1000000,
		 .p_vaddr = 0xffffffff81000000,
		 .p_filesz = 0x3000,
		 .p_memsz = 0x3000},
		{.p_type = PT_LOAD,
		 .p_flags = 6,
		 .p_offset = 0x4000,
		 .p_paddr = 0x1200000,
		 .p_vaddr = 0xffffffff81200000,
		 .p_filesz = 0x1000,
		 .p_memsz = 0x9000},
		{.p_type = PT_NOTE, .p_flags = 4},
	};
	size_t notes;

	memset(m, 0, sizeof(*m));
	m->count = 0x5000;
	for (size_t i = 0x1000; i < m->count; i++)
		m->bytes[i] = (uint8_t)(i * 7 >> 3);
	notes = m->count;
	put_number(m, XEN_ELFNOTE_ENTRY, 0xffffffff81000100);
	put_number(m, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
	put_number(m, XEN_ELFNOTE_PADDR_OFFSET, 0);
	put_note(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	put_note(m, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	put_note(m, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb", 42);
	put_number(m, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	put_number(m, XEN_ELFNOTE_MOD_START_PFN, 1);
	segments[2].p_offset = notes;
	segments[2].p_filesz = segments[2].p_memsz = m->count - notes;
	memcpy(m->bytes, &header, sizeof(header));
	memcpy(m->bytes + sizeof(header), segments, sizeof(segments));
}

/* The ELF as a bzImage of protocol 2.15, packed with gzip. */
static void make_bzimage(struct maker *m, const struct maker *elf)
{
	z_stream packer = {0};
	uint32_t length;

	memset(m, 0, sizeof(*m));
	if (deflateInit2(&packer, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	packer.next_in = (uint8_t *)elf->bytes;
	packer.avail_in = elf->count;
	packer.next_out = m->bytes + 0x400 + 0x80;
	packer.avail_out = ROOM - 0x1000;
	if (deflate(&packer, Z_FINISH) != Z_STREAM_END)
		abort();
	length = packer.total_out;
	deflateEnd(&packer);
	m->bytes[0x1f1] = 1;
	memcpy(m->bytes + 0x1fe, "\x55\xaa", 2);
	memcpy(m->bytes + 0x202, "HdrS", 4);
	memcpy(m->bytes + 0x206, "\x0f\x02", 2);
	m->count = 0x480 + length;
	/* gzip ends with the length already; Linux counts it in. */
	memcpy(m->bytes + 0x248, &(uint32_t){0x80}, 4);
	memcpy(m->bytes + 0x24c, &length, 4);
}

/* ---- what can be done to it -------------------------------------------------- */

static void flip_bits(struct maker *m, uint32_t first, uint32_t last)
{
	for (uint32_t i = random_below(8) + 1; i > 0; i--)
		m->bytes[first + random_below(last - first)] ^= 1u << random_below(8);
}

static void put_extremes(struct maker *m, uint32_t first, uint32_t last)
{
	static const uint64_t extremes[] = {0,		~0ull, 1ull << 63, 0x7fffffffffffffff,
					    0xffffffff, 4095,  1ull << 40, 0xffff800000000000};

	for (uint32_t i = random_below(3) + 1; i > 0; i--)
		memcpy(m->bytes + first + random_below((last - first) / 8) * 8,
		       &extremes[random_below(ARRAY_SIZE(extremes))], 8);
}

static Elf64_Phdr *segment(struct maker *m, unsigned int index)
{
	return (Elf64_Phdr *)(m->bytes + sizeof(Elf64_Ehdr)) + index;
}

/* One field, and exactly what somebody would try. */
static void damage_field(struct maker *m, unsigned int which)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)m->bytes;
	Elf64_Nhdr *note = (Elf64_Nhdr *)(m->bytes + 0x5000);

	switch (which % 12) {
	case 0:
		m->count = 0;
		break;
	case 1:
		header->e_ident[EI_CLASS] = ELFCLASS32;
		break;
	case 2: /* two segments in one place */
		segment(m, 1)->p_paddr = segment(m, 0)->p_paddr + 0x1000;
		segment(m, 1)->p_vaddr = segment(m, 0)->p_vaddr + 0x1000;
		break;
	case 3:
		segment(m, 1)->p_memsz = 8ull << 30;
		break;
	case 4: /* a note that begins again with itself */
		note->n_descsz = 0u - (uint32_t)sizeof(*note) - 4;
		break;
	case 5:
		note->n_namesz = note->n_descsz = UINT32_MAX;
		break;
	case 6:
		header->e_phnum = UINT16_MAX;
		break;
	case 7:
		header->e_phentsize = 0;
		break;
	case 8:
		segment(m, 1)->p_filesz = segment(m, 1)->p_memsz + 1;
		break;
	case 9:
		segment(m, 2)->p_filesz = 8ull << 30;
		break;
	case 10:
		segment(m, 0)->p_offset = UINT64_MAX - 0xfff;
		break;
	case 11:
		header->e_machine = EM_AARCH64;
		break;
	}
}

static void damage_elf(struct maker *m, unsigned int kind, unsigned int which)
{
	const uint32_t headers = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr), notes = 0x5000;

	switch (kind) {
	case 0:
		flip_bits(m, 0, headers);
		break;
	case 1:
		put_extremes(m, 16, headers);
		break;
	case 2:
		flip_bits(m, notes, m->count);
		break;
	case 3:
		put_extremes(m, notes, m->count);
		break;
	case 4:
		m->count = random_below(m->count);
		break;
	case 5:
		for (size_t i = 0; i < m->count; i++)
			m->bytes[i] = (uint8_t)random_below(256);
		break;
	case 6:
		damage_field(m, which);
		break;
	}
}

static void damage_bzimage(struct maker *m, unsigned int kind)
{
	switch (kind) {
	case 0:
		flip_bits(m, 0x1f1, 0x250);
		break;
	case 1:
		put_extremes(m, 0x248, 0x250);
		break;
	case 2:
		flip_bits(m, 0x480, m->count);
		break;
	case 3:
		m->count = random_below(m->count);
		break;
	case 4: /* it claims to unpack to something else */
		memcpy(m->bytes + m->count - 4, &(uint32_t){random_below(1u << 31)}, 4);
		break;
	case 5:
		memcpy(m->bytes + 0x480,
		       "BZh\xfd\x37\x7aXZ\x28\xb5\x2f\xfd\x02\x21\x4c\x18" + random_below(5) * 3,
		       4);
		break;
	}
}

static void make_image(struct maker *m, int number)
{
	static struct maker elf;

	random_state = 0x5eed0000 + number;
	make_elf(&elf);
	if (number % 3 == 0) {
		make_bzimage(m, &elf);
		damage_bzimage(m, number / 3 % 6);
	} else if (number % 3 == 1) {
		*m = elf;
		damage_elf(m, number / 3 % 7, number / 21);
	} else { /* a good package with a bad kernel in it */
		damage_elf(&elf, number / 3 % 7, number / 21);
		make_bzimage(m, &elf);
	}
}

/* ---- trying them -------------------------------------------------------------- */

static void write_image(const char *path, const struct maker *m)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(m->bytes, 1, m->count, file) != m->count || fclose(file))
		abort();
}

/* How many files the cache holds, links and contents. */
static int count_files(const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	int count = 0;

	while (directory && (entry = readdir(directory)))
		count += entry->d_type != DT_DIR;
	if (directory)
		closedir(directory);
	return count;
}

static void empty_cache(void)
{
	if (system("rm -rf " FOLDER))
		abort();
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* One sentence: something in it, no line's end, nothing unprintable. */
static bool is_clear(const struct failure *failure)
{
	size_t length = strlen(failure->cause);

	for (size_t i = 0; i < length; i++) {
		if (failure->cause[i] < ' ' || failure->cause[i] > '~')
			return false;
	}
	return failure->error > 0 && length > 15 && length < 200 && failure->object[0];
}

static void check_plan(const struct guest_kernel *kernel)
{
	struct pv_plan plan;
	struct pv_plan_request request = {PV_ROLE_GUEST, 64 << 8, 5000, NULL};
	enum pv_plan_error error = pv_plan_make(&kernel->image, &request, &plan);

	if (error)
		EXPECT(strlen(pv_plan_error_text(error)) > 15);
	else
		EXPECT(plan.needed_pages <= plan.nr_pages);
}

static void test_guest_kernels_malformed(void)
{
	static struct maker image;
	int refused = 0;
	long before;

	empty_cache();
	before = peak_kib();
	for (int i = 0; i < IMAGES && !check_state.failed; i++) {
		struct failure failure = {0};
		struct guest_kernel kernel;
		int result;

		make_image(&image, i);
		write_image(FILE_PATH, &image);
		result = guest_kernel_open(FILE_PATH, &kernel, &failure);
		if (result) {
			refused++;
			EXPECT(is_clear(&failure) && result == -failure.error);
			EXPECT_EQUAL(kernel.descriptor, -1);
		} else {
			check_plan(&kernel);
			guest_kernel_close(&kernel);
		}
		if (check_state.failed)
			fprintf(stderr, "image %d: %s: %s\n", i, failure.object, failure.cause);
	}
	EXPECT(refused > IMAGES / 2 && refused < IMAGES);
	EXPECT((peak_kib() - before) * 1024 < MOST_BYTES);
	/* Contents are kernels, and no drafts. */
	EXPECT(count_files(FOLDER) <= IMAGES - refused);
}

/* A packed image of a good kernel, that the index is willing to remember. */
static void write_settled(void)
{
	static struct maker elf, image;
	struct stat status;

	make_elf(&elf);
	make_bzimage(&image, &elf);
	write_image(FILE_PATH, &image);
	/* The index trusts no file changed within the last seconds. */
	do {
		usleep(100000);
	} while (stat(FILE_PATH, &status) == 0 && time(NULL) - status.st_ctime < 4);
}

static void test_guest_kernels_cached(void)
{
	struct guest_kernel first, second;
	struct failure failure = {0};

	empty_cache();
	write_settled();
	EXPECT_EQUAL(guest_kernel_open(FILE_PATH, &first, &failure), 0);
	EXPECT_EQUAL(guest_kernel_open(FILE_PATH, &second, &failure), 0);
	EXPECT(first.unpacked_now && !second.unpacked_now);
	EXPECT_EQUAL(first.image.entry, 0xffffffff81000100);
	EXPECT(!memcmp(&first.image, &second.image, sizeof(first.image)));
	EXPECT_EQUAL(count_files(FOLDER), 1);
	EXPECT_EQUAL(count_files(FOLDER "/by-file"), 1);
	guest_kernel_close(&first);
	guest_kernel_close(&second);
}

/* Another file in the same place is another kernel; the old one's content goes. */
static void test_guest_kernels_replaced(void)
{
	struct guest_kernel kernel;
	struct failure failure = {0};
	FILE *file = fopen(FILE_PATH, "r+");

	fseek(file, 0x10, SEEK_SET);
	fputc('x', file);
	fclose(file);
	EXPECT_EQUAL(guest_kernel_open(FILE_PATH, &kernel, &failure), 0);
	EXPECT(kernel.unpacked_now);
	guest_kernel_close(&kernel);
	EXPECT_EQUAL(count_files(FOLDER), 2);
	usleep(100000);
	while (guest_kernel_open(FILE_PATH, &kernel, &failure) == 0 && kernel.unpacked_now) {
		guest_kernel_close(&kernel);
		usleep(200000);
	}
	EXPECT_EQUAL(count_files(FOLDER), 1);
	EXPECT_EQUAL(count_files(FOLDER "/by-file"), 1);
	guest_kernel_close(&kernel);
	empty_cache();
	unlink(FILE_PATH);
}

/* --write FOLDER: the images as files, for who has a whole machine to try them on. */
static int write_all(const char *folder)
{
	static struct maker image;

	for (int i = 0; i < IMAGES; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%03d.kernel", folder, i);
		make_image(&image, i);
		write_image(path, &image);
	}
	return 0;
}

int main(int count, char **words)
{
	if (count == 3 && !strcmp(words[1], "--write"))
		return write_all(words[2]);
	RUN(test_guest_kernels_malformed);
	RUN(test_guest_kernels_cached);
	RUN(test_guest_kernels_replaced);
	return check_result();
}
