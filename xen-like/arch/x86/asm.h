/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/asm.h - what assembly files share.
 */
#pragma once

/* Assembly, which the formatter does not know. */
/* clang-format off */

#ifdef __ASSEMBLY__
/* Some CPUs guess that they run on behind a return. */
.macro RETURN
	ret
	int3
.endm
#endif

/*
 * An instruction that may fault, and where to go on if it does.  traps.c looks
 * these up; offsets are from the table entry itself, so nothing is relocated.
 */
#define EXCEPTION_RESUME(fault, resume)                                                            \
	.pushsection .exception_table, "a", @progbits;                                             \
	.balign 4;                                                                                 \
	.long (fault) - .;                                                                         \
	.long (resume) - .;                                                                        \
	.popsection

/* The same for inline assembly. */
#define EXCEPTION_RESUME_TEXT(fault, resume)                                                       \
	".pushsection .exception_table, \"a\", @progbits\n\t"                                      \
	".balign 4\n\t"                                                                            \
	".long (" fault ") - .\n\t"                                                                \
	".long (" resume ") - .\n\t"                                                               \
	".popsection\n\t"
