// needs: xen-like/base/decompress.c xen-like/base/kernel_image.c xen-like/base/kernel_notes.c
// libs: -llzma -lz -lzstd -llz4
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_decompress.c - what the distribution's packers made, whole,
 * cut and damaged; and Debian's bzImage against its unpacked ELF.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-like/base/decompress.h"

static int failures;

void decompress_port_enter(void)
{
}

void decompress_port_leave(void)
{
}

static void check(const char *name, const char *what, bool good)
{
	printf(good ? "PASS decompress_%s_%s\n" : "FAIL decompress_%s_%s: not so\n", name, what);
	failures += !good;
}

/* In a buffer of exactly the file's size. */
static uint8_t *read_all(FILE *file, size_t *bytes)
{
	size_t room = 160u << 20;
	uint8_t *all = malloc(room);

	*bytes = fread(all, 1, room, file);
	return realloc(all, *bytes ? *bytes : 1);
}

/* As the kernel's build does: scripts/Makefile.lib, scripts/xz_wrap.sh. */
static const struct packer {
	enum kernel_compression compression;
	const char *name;
	const char *command;
} packers[] = {
	{KERNEL_COMPRESSION_XZ, "xz", "xz --check=crc32 --x86 --lzma2=dict=128MiB -c %s"},
	{KERNEL_COMPRESSION_XZ, "xz_blocks",
	 "xz --check=crc32 --block-size=65536 --x86 --lzma2 -c %s"},
	{KERNEL_COMPRESSION_GZIP, "gzip", "gzip -n -9 -c %s"},
	{KERNEL_COMPRESSION_ZSTD, "zstd", "zstd -q -19 --check -c %s"},
	{KERNEL_COMPRESSION_LZ4, "lz4", "lz4 -q -l -9 -c %s -"},
};

static enum decompress_result unpack(enum kernel_compression compression, const uint8_t *in,
				     size_t in_bytes, size_t room, const uint8_t *wanted,
				     size_t wanted_bytes, bool *same)
{
	size_t arena_bytes = decompress_arena_bytes(compression, room), got = 0;
	uint8_t *exact = malloc(in_bytes ? in_bytes : 1), *out = malloc(room ? room : 1);
	uint8_t *arena = malloc(arena_bytes);
	enum decompress_result result;

	memcpy(exact, in, in_bytes);
	result = decompress_payload(compression, exact, in_bytes, out, room, &got, arena,
				    arena_bytes);
	*same = result == DECOMPRESS_OK && got == wanted_bytes && !memcmp(out, wanted, got);
	free(exact);
	free(out);
	free(arena);
	return result;
}

static void test_damage(const struct packer *packer, uint8_t *packed, size_t packed_bytes,
			const uint8_t *plain, size_t plain_bytes)
{
	bool same, silent = false, cut_seen = true;

	for (int i = 1; i < 40; i++) {
		size_t cut = packed_bytes * (size_t)i / 40;

		unpack(packer->compression, packed, cut, plain_bytes, plain, plain_bytes, &same);
		cut_seen = cut_seen && !same;
	}
	check(packer->name, "cut", cut_seen);

	srand(1);
	for (int i = 0; i < 60; i++) {
		size_t at = i < 30 ? (size_t)i : (size_t)rand() % packed_bytes;
		uint8_t was = packed[at];

		packed[at] ^= (uint8_t)(1 + rand() % 255);
		/* lz4's legacy frame has no checksum: not to overrun is all it can. */
		if (unpack(packer->compression, packed, packed_bytes, plain_bytes, plain,
			   plain_bytes, &same) == DECOMPRESS_OK &&
		    !same)
			silent = packer->compression != KERNEL_COMPRESSION_LZ4;
		packed[at] = was;
	}
	check(packer->name, "damaged", !silent);
}

static void test_packer(const struct packer *packer, const char *path, const uint8_t *plain,
			size_t plain_bytes)
{
	char command[256];
	uint8_t *packed;
	size_t bytes;
	FILE *pipe;
	bool same;

	snprintf(command, sizeof(command), packer->command, path);
	pipe = popen(command, "r");
	packed = read_all(pipe, &bytes);
	pclose(pipe);

	check(packer->name, "whole",
	      unpack(packer->compression, packed, bytes, plain_bytes, plain, plain_bytes, &same) ==
			      DECOMPRESS_OK &&
		      same);
	check(packer->name, "no_room",
	      unpack(packer->compression, packed, bytes, plain_bytes - 1, plain, plain_bytes,
		     &same) == DECOMPRESS_OUTPUT_TOO_BIG);
	test_damage(packer, packed, bytes, plain, plain_bytes);
	free(packed);
}

/* A third text, a third code-like, a third noise. */
static uint8_t *make_plain(size_t bytes)
{
	uint8_t *plain = malloc(bytes);

	srand(7);
	for (size_t i = 0; i < bytes; i++) {
		if (i < bytes / 3)
			plain[i] =
				(uint8_t) "the quick brown fox "[i % 20 + (i % 97 == 0 && i % 20)];
		else if (i < bytes / 3 * 2)
			plain[i] = i % 5 ? (uint8_t)(i >> 10) : 0xe8;
		else
			plain[i] = (uint8_t)rand();
	}
	return plain;
}

static void test_arena(void)
{
	static const uint8_t in[64] = {0x28, 0xb5, 0x2f, 0xfd};
	uint8_t out[64], arena[64];
	size_t got;

	check("zstd", "no_arena",
	      decompress_payload(KERNEL_COMPRESSION_ZSTD, in, 64, out, 64, &got, arena, 64) ==
		      DECOMPRESS_NO_MEMORY);
	check("none", "copies",
	      decompress_payload(KERNEL_COMPRESSION_NONE, in, 64, out, 64, &got, arena, 64) ==
			      DECOMPRESS_OK &&
		      got == 64 && !memcmp(in, out, 64));
}

static void test_debian(void)
{
	FILE *image = fopen("build/lab/vmlinuz-6.1", "rb"),
	     *elf = fopen("build/lab/vmlinux-6.1", "rb");
	struct kernel_payload payload;
	size_t image_bytes, elf_bytes;
	uint8_t *packed, *plain;
	bool same = false;

	if (!image || !elf) {
		printf("SKIP decompress_debian: no build/lab\n");
		return;
	}
	packed = read_all(image, &image_bytes);
	plain = read_all(elf, &elf_bytes);
	fclose(image);
	fclose(elf);
	if (kernel_image_payload(packed, image_bytes, &payload) == KERNEL_IMAGE_OK)
		(void)unpack(payload.compression, packed + payload.offset, payload.bytes,
			     payload.unpacked_bytes, plain, elf_bytes, &same);
	check("debian", "6_1", same);
	free(packed);
	free(plain);
}

int main(void)
{
	char path[] = "/tmp/test-decompress-XXXXXX";
	size_t bytes = 300000;
	uint8_t *plain = make_plain(bytes);
	FILE *file = fdopen(mkstemp(path), "wb");

	fwrite(plain, 1, bytes, file);
	fclose(file);
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++)
		test_packer(&packers[i], path, plain, bytes);
	remove(path);
	free(plain);
	test_arena();
	test_debian();
	return failures != 0;
}
