/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/guest_copy.S - moves bytes to or from the running guest.  It opens
 * guest pages to Enso (STAC) and may fault, as beside it only entry_quick.S does.
 * What addresses it may be given, guest_copy.c and guest_move.h see to.
 */
#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/asm.h"
#include "xen-like/arch/x86/offsets.h"

	.text
/*
 * RCX words from RSI to RDI; what is left of them in RCX.  Changes nothing
 * else: guest_move.h calls it.
 */
	.globl	guest_move_words
	.type	guest_move_words, @function
guest_move_words:
	OPEN_GUEST_PAGES
1:	rep movsq
2:	SHUT_GUEST_PAGES
	RETURN
	EXCEPTION_RESUME(1b, 2b)
	.size	guest_move_words, . - guest_move_words

/* The same for words of 4 bytes. */
	.globl	guest_move_doublewords
	.type	guest_move_doublewords, @function
guest_move_doublewords:
	OPEN_GUEST_PAGES
1:	rep movsl
2:	SHUT_GUEST_PAGES
	RETURN
	EXCEPTION_RESUME(1b, 2b)
	.size	guest_move_doublewords, . - guest_move_doublewords

/* The same for bytes. */
	.globl	guest_move_bytes
	.type	guest_move_bytes, @function
guest_move_bytes:
	OPEN_GUEST_PAGES
1:	rep movsb
2:	SHUT_GUEST_PAGES
	RETURN
	EXCEPTION_RESUME(1b, 2b)
	.size	guest_move_bytes, . - guest_move_bytes

/*
 * guest_move.h's guest_push_frame(): `to` in RDI, `regs` RSI, `cs` RDX, `rflags`
 * RCX, `gap` R8, `error_code` R9; whether it was done in EAX.  Straight from
 * the registers' place to the stack: this is on the way of each trap, event
 * and system call.
 */
.macro PUT register, where:vararg
1:	mov	\register, \where
	EXCEPTION_RESUME(1b, .Lframe_refused)
.endm
.macro PUT_SAVED offset, where:vararg
	mov	\offset(%rsi), %rax
	PUT	%rax, \where
.endm
	.globl	guest_push_frame
	.type	guest_push_frame, @function
guest_push_frame:
	OPEN_GUEST_PAGES
	PUT_SAVED REGS_RCX, (%rdi)
	PUT_SAVED REGS_R11, 8(%rdi)
	test	%r8, %r8
	jz	.Lno_gap
	PUT	%r9, 16(%rdi)
	add	%r8, %rdi
.Lno_gap:
	PUT_SAVED REGS_RIP, 16(%rdi)
	PUT	%rdx, 24(%rdi)
	PUT	%rcx, 32(%rdi)
	PUT_SAVED REGS_RSP, 40(%rdi)
	PUT_SAVED REGS_SS, 48(%rdi)
	SHUT_GUEST_PAGES
	mov	$1, %eax
	RETURN
.Lframe_refused:
	SHUT_GUEST_PAGES
	xor	%eax, %eax
	RETURN
	.size	guest_push_frame, . - guest_push_frame

	.section .note.GNU-stack, "", @progbits
