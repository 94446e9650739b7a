/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/late_nftables.c - what networks use of libnftables, by late.h. */
#include <nftables/libnftables.h>

#include "dom0-tools/lib/late.h"

#define LIBNFTABLES "libnftables.so.1"

LATE(LIBNFTABLES, struct nft_ctx *, nft_ctx_new, (uint32_t flags), (flags))
LATE(LIBNFTABLES, int, nft_ctx_buffer_error, (struct nft_ctx * context), (context))
LATE(LIBNFTABLES, const char *, nft_ctx_get_error_buffer, (struct nft_ctx * context), (context))
LATE(LIBNFTABLES, int, nft_run_cmd_from_buffer, (struct nft_ctx * context, const char *text),
     (context, text))

void nft_ctx_free(struct nft_ctx *context)
{
	void (*real)(struct nft_ctx *) = late_find(LIBNFTABLES, "nft_ctx_free");

	real(context);
}
