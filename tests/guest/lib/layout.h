/* SPDX-License-Identifier: MIT */
/* Constants that the assembly and the C of a micro-guest share. */
#pragma once

#define VIRT_BASE   0xffffffff80000000
#define INIT_P2M_VA 0x8000000000
#define STACK_SIZE  0x4000
#define VCPU_LIMIT  8

/* Where user mode's pages appear, in the kernel's tables and in the user's. */
#define USER_TEXT_VA 0x40000000
#define USER_DATA_VA 0x40010000

/* Vectors of ours beyond the CPU's: how an entry came about. */
#define VECTOR_SYSCALL	0x100
#define VECTOR_EVENT	0x101
#define VECTOR_FAILSAFE 0x102
#define VECTOR_SYSENTER 0x103
