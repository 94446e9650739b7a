/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/sha256.c - after FIPS 180-4, section 6.2; names are its own. */
#include "dom0-tools/builder/sha256.h"

#include <string.h>

#define BLOCK_BYTES 64

/* The first 32 bits of the cube roots' fractions of the first 64 primes. */
static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned int bits)
{
	return word >> bits | word << (32 - bits);
}

static uint32_t big_endian(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

static void digest_block(uint32_t hash[8], const uint8_t *block)
{
	uint32_t schedule[64], v[8];

	for (int t = 0; t < 16; t++)
		schedule[t] = big_endian(block + 4 * t);
	for (int t = 16; t < 64; t++) {
		uint32_t a = schedule[t - 2], b = schedule[t - 15];

		schedule[t] = (rotate(a, 17) ^ rotate(a, 19) ^ a >> 10) + schedule[t - 7] +
			      (rotate(b, 7) ^ rotate(b, 18) ^ b >> 3) + schedule[t - 16];
	}
	memcpy(v, hash, sizeof(v));
	for (int t = 0; t < 64; t++) {
		uint32_t a = v[0], e = v[4];
		uint32_t first = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
				 ((e & v[5]) ^ (~e & v[6])) + constants[t] + schedule[t];
		uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
				  ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += first;
		v[0] = first + second;
	}
	for (int i = 0; i < 8; i++)
		hash[i] += v[i];
}

void sha256(const void *bytes, size_t count, uint8_t digest[SHA256_BYTES])
{
	uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	uint8_t tail[2 * BLOCK_BYTES] = {0};
	const uint8_t *from = bytes;
	size_t left = count, tail_bytes;

	for (; left >= BLOCK_BYTES; left -= BLOCK_BYTES, from += BLOCK_BYTES)
		digest_block(hash, from);
	/* A one bit, zeroes, and the length in bits end the last block. */
	if (left)
		memcpy(tail, from, left);
	tail[left] = 0x80;
	tail_bytes = left < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES;
	for (int i = 0; i < 8; i++)
		tail[tail_bytes - 1 - i] = (uint8_t)((uint64_t)count * 8 >> 8 * i);
	for (size_t at = 0; at < tail_bytes; at += BLOCK_BYTES)
		digest_block(hash, tail + at);
	for (int i = 0; i < SHA256_BYTES; i++)
		digest[i] = (uint8_t)(hash[i / 4] >> (24 - 8 * (i % 4)));
}

char *sha256_write(char text[SHA256_TEXT], const uint8_t digest[SHA256_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < SHA256_BYTES; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[2 * SHA256_BYTES] = '\0';
	return text;
}
