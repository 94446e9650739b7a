/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/guest_copy.S - moves bytes to or from the running guest.  The
 * only place that opens guest pages to Enso (STAC), and one that may fault:
 * a fault at 1 goes on at 2 with what is left in RCX.
 *
 * uint64_t guest_copy_bytes(void *to, const void *from, uint64_t bytes)
 */
#include "xen-like/arch/x86/asm.h"

	.text
	.globl	guest_copy_bytes
	.type	guest_copy_bytes, @function
guest_copy_bytes:
	mov	%rdx, %rcx
	cmpb	$0, smap_active(%rip)
	jne	4f
	test	$7, %dl
	jnz	1f
	shr	$3, %rcx
3:	rep movsq
	mov	%rcx, %rax
	ret
1:	rep movsb
2:	mov	%rcx, %rax
	ret
	EXCEPTION_RESUME(3b, 2b)
	EXCEPTION_RESUME(1b, 2b)

4:	stac
5:	rep movsb
6:	clac
	mov	%rcx, %rax
	ret
	EXCEPTION_RESUME(5b, 6b)
	.size	guest_copy_bytes, . - guest_copy_bytes
