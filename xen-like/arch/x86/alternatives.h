/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/alternatives.h - instructions that differ from CPU to CPU.
 *
 * A place in the text is written down with the feature that changes it; before
 * the text becomes read-only and other CPUs start, alternatives_apply() puts
 * the other instructions there.  So what a CPU does not need costs it one no-op
 * at most, and nothing where the place lies over instructions that are needed
 * anyway.  Also included by assembly.
 */
#pragma once

/* What a place may hang on; speculation.c and cpu.c say which are on. */
#define ALTERNATIVE_SMAP	 0 /* STAC and CLAC exist, and are used       */
#define ALTERNATIVE_BARRIER	 1 /* LFENCE behind checks that guard pointers */
#define ALTERNATIVE_THUNK_JUMP	 2 /* indirect branches need no trampoline    */
#define ALTERNATIVE_THUNK_LFENCE 3 /* ... but an LFENCE before them           */
#define ALTERNATIVE_IBPB_SWITCH	 4 /* IBPB between two vCPUs                  */
#define ALTERNATIVE_GUARDED	 5 /* ways in and out are entry_guarded.S'    */
#define ALTERNATIVE_XPTI	 6 /* ... which change CR3                    */
#define ALTERNATIVE_SPEC_CTRL	 7 /* ... and SPEC_CTRL                       */
#define ALTERNATIVE_IBPB_ENTRY	 8
#define ALTERNATIVE_RSB_ENTRY	 9
#define ALTERNATIVE_VERW_EXIT	 10
#define ALTERNATIVE_COUNT	 11

/* In place of the length of a replacement: a jump to it. */
#define ALTERNATIVE_JUMP 0xff

/* Assembly, which the formatter does not know. */
/* clang-format off */

/* A row: with `feature`, the bytes from 771 to 772 become those at `to` (`length` of them). */
#define ALTERNATIVE_ROW_TEXT(feature, to, length)                                                  \
	".pushsection .alternatives, \"a\", @progbits\n\t"                                         \
	".balign 4\n\t"                                                                            \
	".long 771b - ., " to " - .\n\t"                                                           \
	".byte 772b - 771b, " length ", " feature ", 0\n\t"                                        \
	".popsection\n\t"

#define ALTERNATIVE_TEXT(what) #what
#define ALTERNATIVE_NAME(what) ALTERNATIVE_TEXT(what)

#ifdef __ASSEMBLY__

/* `original` (with no-ops, as long as `replacement`), or with `feature` the replacement. */
.macro ALTERNATIVE original, feature, replacement
771:	\original
772:
	alternative_row \feature, "\replacement"
.endm

/* One more row for the place from 771 to 772. */
.macro alternative_row feature, replacement
	.pushsection .alternatives.code, "a", @progbits
773:	\replacement
774:
	.popsection
	.pushsection .alternatives, "a", @progbits
	.balign	4
	.long	771b - ., 773b - .
	.byte	772b - 771b, 774b - 773b, \feature, 0
	.popsection
.endm

/* `original`, five bytes at least, or with `feature` a jump to `target`. */
.macro ALTERNATIVE_TO original, feature, target
771:	\original
772:
	.pushsection .alternatives, "a", @progbits
	.balign	4
	.long	771b - ., \target - .
	.byte	772b - 771b, ALTERNATIVE_JUMP, \feature, 0
	.popsection
.endm

/* One no-op of three and of five bytes. */
.macro no_op_3
	.byte	0x0f, 0x1f, 0x00
.endm
.macro no_op_5
	.byte	0x0f, 0x1f, 0x44, 0x00, 0x00
.endm

/* Guest pages, for where the guest says; and on ways in, as its AC flag must not open them. */
.macro OPEN_GUEST_PAGES
	ALTERNATIVE no_op_3, ALTERNATIVE_SMAP, "stac"
.endm

.macro SHUT_GUEST_PAGES
	ALTERNATIVE no_op_3, ALTERNATIVE_SMAP, "clac"
.endm

#else

#include "xen-like/base/abi.h"

#define NO_OP_3_TEXT ".byte 0x0f, 0x1f, 0x00"
#define NO_OP_5_TEXT ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00"

/* The same in inline assembly: `original` is as long as `replacement` at least. */
#define ALTERNATIVE_IN_TEXT(original, feature, replacement)                                        \
	"771: " original "\n\t772:\n\t"                                                           \
	".pushsection .alternatives.code, \"a\", @progbits\n\t"                                    \
	"773: " replacement "\n\t774:\n\t"                                                        \
	".popsection\n\t" ALTERNATIVE_ROW_TEXT(ALTERNATIVE_NAME(feature), "773b", "774b - 773b")

/* True with `feature` (a constant): a no-op where it is not. */
#define alternative_on(feature)                                                                    \
	({                                                                                         \
		__label__ on, end;                                                                 \
		bool is_on = false;                                                                \
                                                                                                   \
		__asm__ goto("771: " NO_OP_5_TEXT "\n\t772:\n\t"                                      \
			     ALTERNATIVE_ROW_TEXT(ALTERNATIVE_NAME(feature), "%l[on]",             \
						  ALTERNATIVE_NAME(ALTERNATIVE_JUMP))              \
			     : : : : on);                                                          \
		goto end;                                                                          \
	on:                                                                                        \
		is_on = true;                                                                      \
	end:                                                                                       \
		is_on;                                                                             \
	})

/*
 * Boot CPU, while the text may be written and nothing else runs.  `features`:
 * a bit for each that is on.  Logs how many places there are and were changed.
 */
void alternatives_apply(uint32_t features);

#endif
