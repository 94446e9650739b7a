/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/decompress.c - one call for four formats.
 *
 * The decoding is liblzma's, zlib's, libzstd's and liblz4's, compiled by the
 * distribution; here are only their entry points that neither start threads
 * nor allocate outside the arena.  The same file runs in host tests.
 */
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "xen-like/base/decompress.h"

#include "xen-like/base/string.h"

struct stream {
	const uint8_t *in;
	size_t in_bytes;
	size_t in_at;
	uint8_t *out;
	size_t out_capacity;
	size_t out_at;
	struct arena *arena;
};

/* Only grows; the caller takes all of it back at the end. */
struct arena {
	uint8_t *start;
	size_t bytes;
	size_t used;
};

static void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
	size_t bytes, at = (arena->used + 63) & ~(size_t)63;

	if (__builtin_mul_overflow(count, size, &bytes) || at > arena->bytes ||
	    bytes > arena->bytes - at)
		return NULL;
	arena->used = at + bytes;
	return arena->start + at;
}

static uint32_t word_at(const uint8_t *from)
{
	return from[0] | from[1] << 8 | from[2] << 16 | (uint32_t)from[3] << 24;
}

const char *decompress_result_text(enum decompress_result result)
{
	static const char *const texts[DECOMPRESS_RESULTS] = {
		[DECOMPRESS_OK] = "is unpacked",
		[DECOMPRESS_UNSUPPORTED] = "is packed with an option Enso cannot unpack",
		[DECOMPRESS_CORRUPT] = "file is damaged: it does not unpack",
		[DECOMPRESS_TRUNCATED] = "file is truncated: its packed part ends too early",
		[DECOMPRESS_OUTPUT_TOO_BIG] =
			"unpacks to more than its header says (damaged file?)",
		[DECOMPRESS_NO_MEMORY] = "needs more memory to unpack than there is",
	};

	return (unsigned int)result < DECOMPRESS_RESULTS ? texts[result] : "does not unpack";
}

/* ---- xz ------------------------------------------------------------------ */

static void *xz_allocate(void *arena, size_t count, size_t size)
{
	return arena_allocate(arena, count, size);
}

static void xz_free(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

static enum decompress_result xz_result(const struct stream *stream, lzma_ret status)
{
	switch (status) {
	case LZMA_OK:
	case LZMA_STREAM_END:
		return DECOMPRESS_OK;
	case LZMA_OPTIONS_ERROR:
	case LZMA_UNSUPPORTED_CHECK:
		return DECOMPRESS_UNSUPPORTED;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return DECOMPRESS_NO_MEMORY;
	case LZMA_BUF_ERROR:
		return stream->in_at >= stream->in_bytes ? DECOMPRESS_TRUNCATED
							 : DECOMPRESS_OUTPUT_TOO_BIG;
	default:
		return DECOMPRESS_CORRUPT;
	}
}

/*
 * A dictionary longer than all the output is never looked into, but would be
 * allocated: kernels are packed with 128 MiB.
 */
static void shorten_dictionary(lzma_filter *filters, size_t out_capacity)
{
	for (int i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++) {
		lzma_options_lzma *options = filters[i].options;

		if (filters[i].id == LZMA_FILTER_LZMA2 && options->dict_size > out_capacity)
			options->dict_size = (uint32_t)MAX(out_capacity, 4096ul);
	}
}

static enum decompress_result unpack_xz_block(struct stream *stream, lzma_check check,
					      const lzma_allocator *allocator,
					      lzma_index_hash *index)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = {.version = 1, .check = check, .filters = filters};
	size_t arena_used = stream->arena->used;
	lzma_ret status;

	block.header_size = lzma_block_header_size_decode(stream->in[stream->in_at]);
	if (block.header_size > stream->in_bytes - stream->in_at)
		return DECOMPRESS_TRUNCATED;
	status = lzma_block_header_decode(&block, allocator, stream->in + stream->in_at);
	if (status != LZMA_OK)
		return xz_result(stream, status);
	stream->in_at += block.header_size;
	shorten_dictionary(filters, stream->out_capacity - stream->out_at);

	status = lzma_block_buffer_decode(&block, allocator, stream->in, &stream->in_at,
					  stream->in_bytes, stream->out, &stream->out_at,
					  stream->out_capacity);
	if (status == LZMA_OK)
		status = lzma_index_hash_append(index, lzma_block_unpadded_size(&block),
						block.uncompressed_size);
	stream->arena->used = arena_used;
	return xz_result(stream, status);
}

/* The index at the end repeats every block's sizes, the footer the flags. */
static enum decompress_result check_xz_end(struct stream *stream, const lzma_stream_flags *header,
					   lzma_index_hash *index)
{
	lzma_stream_flags footer;
	lzma_ret status =
		lzma_index_hash_decode(index, stream->in, &stream->in_at, stream->in_bytes);

	if (status == LZMA_OK)
		return DECOMPRESS_TRUNCATED;
	if (status != LZMA_STREAM_END)
		return xz_result(stream, status);
	if (stream->in_bytes - stream->in_at < LZMA_STREAM_HEADER_SIZE)
		return DECOMPRESS_TRUNCATED;
	status = lzma_stream_footer_decode(&footer, stream->in + stream->in_at);
	if (status != LZMA_OK || footer.backward_size != lzma_index_hash_size(index) ||
	    lzma_stream_flags_compare(header, &footer) != LZMA_OK)
		return DECOMPRESS_CORRUPT;
	stream->in_at += LZMA_STREAM_HEADER_SIZE;
	return DECOMPRESS_OK;
}

static enum decompress_result unpack_xz(struct stream *stream)
{
	const lzma_allocator allocator = {xz_allocate, xz_free, stream->arena};
	enum decompress_result result = DECOMPRESS_OK;
	lzma_index_hash *index;
	lzma_stream_flags header;
	lzma_ret status;

	if (stream->in_bytes < LZMA_STREAM_HEADER_SIZE)
		return DECOMPRESS_TRUNCATED;
	status = lzma_stream_header_decode(&header, stream->in);
	if (status != LZMA_OK)
		return xz_result(stream, status);
	/* What Linux' own unpacker takes; crc64 would need liblzma's constructor. */
	if (header.check != LZMA_CHECK_CRC32 && header.check != LZMA_CHECK_NONE)
		return DECOMPRESS_UNSUPPORTED;
	stream->in_at = LZMA_STREAM_HEADER_SIZE;
	index = lzma_index_hash_init(NULL, &allocator);
	if (!index)
		return DECOMPRESS_NO_MEMORY;

	for (;;) {
		if (stream->in_at >= stream->in_bytes)
			return DECOMPRESS_TRUNCATED;
		if (stream->in[stream->in_at] == 0) /* no block, but the index */
			return check_xz_end(stream, &header, index);
		result = unpack_xz_block(stream, header.check, &allocator, index);
		if (result != DECOMPRESS_OK)
			return result;
	}
}

/* ---- gzip ---------------------------------------------------------------- */

static void *gzip_allocate(void *arena, unsigned int count, unsigned int size)
{
	return arena_allocate(arena, count, size);
}

static void gzip_free(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

#define GZIP_WINDOW (16 + 15) /* a gzip header, up to 32 KiB of window */

static enum decompress_result unpack_gzip(struct stream *stream)
{
	z_stream zip = {
		.zalloc = gzip_allocate,
		.zfree = gzip_free,
		.opaque = stream->arena,
		.next_in = (Bytef *)stream->in,
		.avail_in = (uInt)stream->in_bytes,
		.next_out = stream->out,
		.avail_out = (uInt)stream->out_capacity,
	};
	int status;

	if (stream->in_bytes > UINT32_MAX || stream->out_capacity > UINT32_MAX)
		return DECOMPRESS_UNSUPPORTED;
	status = inflateInit2(&zip, GZIP_WINDOW);
	if (status != Z_OK)
		return status == Z_MEM_ERROR ? DECOMPRESS_NO_MEMORY : DECOMPRESS_UNSUPPORTED;
	status = inflate(&zip, Z_FINISH);
	stream->in_at = stream->in_bytes - zip.avail_in;
	stream->out_at = stream->out_capacity - zip.avail_out;

	if (status == Z_STREAM_END)
		return DECOMPRESS_OK;
	if (status == Z_MEM_ERROR)
		return DECOMPRESS_NO_MEMORY;
	if (status != Z_OK && status != Z_BUF_ERROR)
		return DECOMPRESS_CORRUPT;
	return zip.avail_in ? DECOMPRESS_OUTPUT_TOO_BIG : DECOMPRESS_TRUNCATED;
}

/* ---- zstd ---------------------------------------------------------------- */

static enum decompress_result unpack_zstd(struct stream *stream)
{
	size_t bytes = ZSTD_estimateDCtxSize();
	void *memory = arena_allocate(stream->arena, 1, bytes);
	ZSTD_DCtx *context = memory ? ZSTD_initStaticDCtx(memory, bytes) : NULL;
	size_t frame, status;

	if (!context)
		return DECOMPRESS_NO_MEMORY;
	/* Frames of zstd before 0.8 have other magics; the hypervisor lacks their decoders. */
	if (stream->in_bytes < 4)
		return DECOMPRESS_TRUNCATED;
	if (word_at(stream->in) != ZSTD_MAGICNUMBER)
		return DECOMPRESS_CORRUPT;
	/* One frame: Linux' length word may follow. */
	frame = ZSTD_findFrameCompressedSize(stream->in, stream->in_bytes);
	status = ZSTD_isError(frame) ? frame
				     : ZSTD_decompressDCtx(context, stream->out,
							   stream->out_capacity, stream->in, frame);
	if (!ZSTD_isError(status)) {
		stream->out_at = status;
		return DECOMPRESS_OK;
	}
	switch (ZSTD_getErrorCode(status)) {
	case ZSTD_error_srcSize_wrong:
		return DECOMPRESS_TRUNCATED;
	case ZSTD_error_dstSize_tooSmall:
		return DECOMPRESS_OUTPUT_TOO_BIG;
	case ZSTD_error_memory_allocation:
		return DECOMPRESS_NO_MEMORY;
	case ZSTD_error_frameParameter_unsupported:
	case ZSTD_error_frameParameter_windowTooLarge:
	case ZSTD_error_version_unsupported:
	case ZSTD_error_dictionary_wrong:
		return DECOMPRESS_UNSUPPORTED;
	default:
		return DECOMPRESS_CORRUPT;
	}
}

/* ---- lz4, legacy frame --------------------------------------------------- */

#define LZ4_LEGACY_MAGIC 0x184c2102u
#define LZ4_LEGACY_BLOCK (8u << 20) /* each block but the last unpacks to this */

/*
 * Magic, then blocks {packed bytes u32, data} until the input ends.  The frame
 * has no checksum and no end mark; a magic between blocks starts another frame.
 */
static enum decompress_result unpack_lz4(struct stream *stream)
{
	if (stream->in_bytes < 4)
		return DECOMPRESS_TRUNCATED;
	if (word_at(stream->in) != LZ4_LEGACY_MAGIC)
		return DECOMPRESS_CORRUPT;
	stream->in_at = 4;

	while (stream->in_at < stream->in_bytes) {
		size_t room = stream->out_capacity - stream->out_at;
		size_t left = stream->in_bytes - stream->in_at;
		uint32_t packed;
		int count;

		if (left < 4)
			return DECOMPRESS_TRUNCATED;
		packed = word_at(stream->in + stream->in_at);
		stream->in_at += 4;
		if (packed == LZ4_LEGACY_MAGIC)
			continue;
		if (packed > left - 4)
			return DECOMPRESS_TRUNCATED;
		if (!packed || packed > (uint32_t)LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK))
			return DECOMPRESS_CORRUPT;
		count = LZ4_decompress_safe((const char *)stream->in + stream->in_at,
					    (char *)stream->out + stream->out_at, (int)packed,
					    (int)MIN(room, (size_t)LZ4_LEGACY_BLOCK));
		if (count < 0)
			return room < LZ4_LEGACY_BLOCK ? DECOMPRESS_OUTPUT_TOO_BIG
						       : DECOMPRESS_CORRUPT;
		stream->in_at += packed;
		stream->out_at += (size_t)count;
	}
	return DECOMPRESS_OK;
}

static enum decompress_result unpack_nothing(struct stream *stream)
{
	if (stream->in_bytes > stream->out_capacity)
		return DECOMPRESS_OUTPUT_TOO_BIG;
	memcpy(stream->out, stream->in, stream->in_bytes);
	stream->out_at = stream->in_bytes;
	return DECOMPRESS_OK;
}

/* The decoders keep SSE values on the stack, so it has to be aligned for them. */
__attribute__((force_align_arg_pointer)) enum decompress_result
decompress_payload(enum kernel_compression compression, const void *in, size_t in_bytes, void *out,
		   size_t out_capacity, size_t *out_bytes, void *arena_start, size_t arena_bytes)
{
	static enum decompress_result (*const unpack[KERNEL_COMPRESSIONS])(struct stream *) = {
		[KERNEL_COMPRESSION_NONE] = unpack_nothing, [KERNEL_COMPRESSION_GZIP] = unpack_gzip,
		[KERNEL_COMPRESSION_XZ] = unpack_xz,	    [KERNEL_COMPRESSION_ZSTD] = unpack_zstd,
		[KERNEL_COMPRESSION_LZ4] = unpack_lz4,
	};
	struct arena arena = {arena_start, arena_bytes, 0};
	struct stream stream = {.in = in,
				.in_bytes = in_bytes,
				.out = out,
				.out_capacity = out_capacity,
				.arena = &arena};
	enum decompress_result result;

	*out_bytes = 0;
	if ((unsigned int)compression >= KERNEL_COMPRESSIONS)
		return DECOMPRESS_UNSUPPORTED;
	decompress_port_enter();
	result = unpack[compression](&stream);
	decompress_port_leave();
	if (result == DECOMPRESS_OK)
		*out_bytes = stream.out_at;
	return result;
}
