/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_kernel_image.c - any bytes as a kernel file: found, unpacked
 * into little room, parsed, planned; nothing may be touched out of bounds, and
 * a plan that is made must fit its memory.
 */
#include <stdlib.h>

#include "xen-like/base/decompress.h"
#include "xen-like/domain/dom0_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define ROOM (256u << 10)

void decompress_port_enter(void)
{
}

void decompress_port_leave(void)
{
}

static void parse(const uint8_t *elf, size_t bytes)
{
	struct kernel_image image;
	struct pv_plan_request request = {PV_ROLE_DOM0, 64 << 8, 5000, ""};
	struct pv_plan plan;

	if (kernel_image_parse(elf, bytes, &image) != KERNEL_IMAGE_OK ||
	    pv_plan_make(&image, &request, &plan) != PV_PLAN_OK)
		return;
	for (uint64_t pfn = 0; pfn < plan.nr_pages; pfn++) {
		int level;

		dom0_page_kind(&plan, pfn, &level);
		for (uint32_t i = 0; level && i < 512; i += 73) {
			struct dom0_table_entry entry = dom0_table_entry(&plan, pfn, i);

			if (entry.present && entry.pfn >= plan.nr_pages)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct kernel_payload payload;
	uint8_t *out = malloc(ROOM);
	size_t arena_bytes = decompress_arena_bytes(KERNEL_COMPRESSION_XZ, ROOM), got = 0;
	void *arena = malloc(arena_bytes);

	parse(data, bytes);
	if (kernel_image_payload(data, bytes, &payload) == KERNEL_IMAGE_OK &&
	    decompress_payload(payload.compression, data + payload.offset, payload.bytes, out, ROOM,
			       &got, arena, arena_bytes) == DECOMPRESS_OK)
		parse(out, got);
	/* Packed bytes without a bzImage around, so that the decoders are reached often. */
	if (bytes > 1)
		got = decompress_payload(data[0] % KERNEL_COMPRESSIONS, data + 1, bytes - 1, out,
					 ROOM, &got, arena, arena_bytes);
	free(arena);
	free(out);
	return 0;
}
