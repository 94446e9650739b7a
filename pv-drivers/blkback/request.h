/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/request.h - [p] bytes of a guest become a request that can be
 * done, or the status it is refused with, before anything acts on them.
 *
 * What it takes is a private copy of a slot (or of indirect pages): nothing here
 * reads shared memory.  Layouts: <xen/io/blkif.h>, x86-64.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xen/io/blkif.h>

#include "xen-like/base/abi.h"

#define REQUEST_SEGMENTS_MOST 64 /* feature-max-indirect-segments: 256 KiB */
#define SECTOR_BYTES	      512
#define GUEST_PAGE_BYTES      4096
#define SEGMENTS_A_PAGE	      (GUEST_PAGE_BYTES / (uint32_t)sizeof(struct blkif_request_segment))

/* What a medium can do. */
struct request_limits {
	uint64_t sectors;	 /* of 512 bytes                        */
	uint32_t sector_bytes;	 /* 512 or 4096: what requests align to */
	bool read_only, discard; /* discard: it is offered              */
};

enum request_kind { REQUEST_READ, REQUEST_WRITE, REQUEST_FLUSH, REQUEST_DISCARD };

struct request_segment {
	uint32_t grant;
	uint16_t offset, bytes; /* in its page; offset + bytes <= 4096 */
};

struct block_request {
	uint64_t id;
	uint8_t operation; /* what the response repeats; of an indirect one that within */
	enum request_kind kind;
	uint64_t offset, bytes; /* on the medium; for a flush both are 0       */
	uint32_t segments;
	/* Pages of segments still to be read; 0: segment[] is complete. */
	uint32_t indirect_pages;
	uint32_t indirect[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
	struct request_segment segment[REQUEST_SEGMENTS_MOST];
};

/*
 * Reads a slot.  BLKIF_RSP_OKAY, or the status of the answer: request->id and
 * ->operation are set in either case.
 */
int16_t MUST_CHECK
request_read(const struct blkif_request *slot, const struct request_limits *limits,
	     struct block_request *request);

/* Reads the segments of an indirect request: request->segments of them. */
int16_t MUST_CHECK
request_read_indirect(const struct blkif_request_segment *segments,
		      const struct request_limits *limits, struct block_request *request);
