/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/sha256.h - SHA-256 (FIPS 180-4), by which unpacked kernels
 * are known.  Here because the libraries the tools have offer none, and a big
 * one loaded for this alone would cost every command more than the digest.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_TEXT  65 /* lower-case hexadecimal and the NUL */

void sha256(const void *bytes, size_t count, uint8_t digest[SHA256_BYTES]);
char *sha256_write(char text[SHA256_TEXT], const uint8_t digest[SHA256_BYTES]);
