/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/offsets.h - where assembly finds fields of struct regs and
 * struct vcpu; traps.c checks them.  Macros only.
 */
#pragma once

/* struct regs (regs.h) */
#define REGS_R15    0
#define REGS_R14    8
#define REGS_R13    16
#define REGS_R12    24
#define REGS_RBP    32
#define REGS_RBX    40
#define REGS_R11    48
#define REGS_R10    56
#define REGS_R9	    64
#define REGS_R8	    72
#define REGS_RAX    80
#define REGS_RCX    88
#define REGS_RDX    96
#define REGS_RSI    104
#define REGS_RDI    112
#define REGS_ERROR  120
#define REGS_VECTOR 124
#define REGS_RIP    128
#define REGS_CS	    136
#define REGS_RFLAGS 144
#define REGS_RSP    152
#define REGS_SS	    160
#define REGS_SIZE   168

/* struct vcpu and struct domain (domain/domain.h) */
#define VCPU_REGS	    8
#define VCPU_INFO	    176
#define VCPU_DOMAIN	    184
#define VCPU_KERNEL_MODE    192
#define VCPU_NMI_PENDING    193
#define VCPU_NMI_MASKED	    194
#define VCPU_KERNEL_TABLE   200
#define VCPU_USER_TABLE	    208
#define VCPU_GS_BASE_KERNEL 216
#define VCPU_GS_BASE_USER   224
#define VCPU_KERNEL_SP	    248
#define VCPU_SYSCALL	    256
#define VCPU_SYSCALL_MASKS  264
#define VCPU_FAULT	    576 /* pv.traps[TRAP_PF] */
#define VCPU_FAULT_MASKS    585
#define INFO_CR2	    16 /* vcpu_info_t */
#define DOMAIN_VM_ASSIST    168
#define ASSIST_IOPL	    16 /* VMASST_TYPE_architectural_iopl's bit */

/* What of RFLAGS a guest has a say in, and what is cleared of them for its handlers. */
#define FLAGS_OF_GUEST	  0x25cfff
#define FLAGS_NOT_ENTERED 0x77100 /* AC, VM, RF, NT, IOPL, TF */

/* The lower of two results of a hypercall that are none: hypercalls/dispatch.h. */
#define HYPERCALL_UNFINISHED (-86)
#define HYPERCALL_IRET	     23 /* __HYPERVISOR_iret */
