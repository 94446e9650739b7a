/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/late_unpackers.c - what xen-like/base/decompress.c uses of liblzma,
 * zlib, libzstd and liblz4, by late.h.
 */
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "dom0-tools/lib/late.h"

#define LIBLZMA "liblzma.so.5"
#define ZLIB	"libz.so.1"
#define LIBZSTD "libzstd.so.1"
#define LIBLZ4	"liblz4.so.1"

LATE(LIBLZ4, int, LZ4_decompress_safe, (const char *from, char *to, int bytes, int room),
     (from, to, bytes, room))

LATE(LIBZSTD, size_t, ZSTD_decompressDCtx,
     (ZSTD_DCtx * context, void *to, size_t room, const void *from, size_t bytes),
     (context, to, room, from, bytes))
LATE(LIBZSTD, size_t, ZSTD_estimateDCtxSize, (void), ())
LATE(LIBZSTD, size_t, ZSTD_findFrameCompressedSize, (const void *from, size_t bytes), (from, bytes))
LATE(LIBZSTD, ZSTD_ErrorCode, ZSTD_getErrorCode, (size_t result), (result))
LATE(LIBZSTD, ZSTD_DCtx *, ZSTD_initStaticDCtx, (void *memory, size_t bytes), (memory, bytes))
LATE(LIBZSTD, unsigned, ZSTD_isError, (size_t result), (result))

LATE(ZLIB, int, inflate, (z_streamp stream, int flush), (stream, flush))
LATE(ZLIB, int, inflateInit2_, (z_streamp stream, int window, const char *version, int bytes),
     (stream, window, version, bytes))

LATE(LIBLZMA, lzma_ret, lzma_block_buffer_decode,
     (lzma_block * block, const lzma_allocator *allocator, const uint8_t *in, size_t *in_at,
      size_t in_bytes, uint8_t *out, size_t *out_at, size_t out_bytes),
     (block, allocator, in, in_at, in_bytes, out, out_at, out_bytes))
LATE(LIBLZMA, lzma_ret, lzma_block_header_decode,
     (lzma_block * block, const lzma_allocator *allocator, const uint8_t *in),
     (block, allocator, in))
LATE(LIBLZMA, lzma_vli, lzma_block_unpadded_size, (const lzma_block *block), (block))
LATE(LIBLZMA, lzma_ret, lzma_index_hash_append,
     (lzma_index_hash * index, lzma_vli unpadded, lzma_vli unpacked), (index, unpadded, unpacked))
LATE(LIBLZMA, lzma_ret, lzma_index_hash_decode,
     (lzma_index_hash * index, const uint8_t *in, size_t *in_at, size_t in_bytes),
     (index, in, in_at, in_bytes))
LATE(LIBLZMA, lzma_index_hash *, lzma_index_hash_init,
     (lzma_index_hash * index, const lzma_allocator *allocator), (index, allocator))
LATE(LIBLZMA, lzma_vli, lzma_index_hash_size, (const lzma_index_hash *index), (index))
LATE(LIBLZMA, lzma_ret, lzma_stream_flags_compare,
     (const lzma_stream_flags *one, const lzma_stream_flags *other), (one, other))
LATE(LIBLZMA, lzma_ret, lzma_stream_footer_decode, (lzma_stream_flags * flags, const uint8_t *in),
     (flags, in))
LATE(LIBLZMA, lzma_ret, lzma_stream_header_decode, (lzma_stream_flags * flags, const uint8_t *in),
     (flags, in))
