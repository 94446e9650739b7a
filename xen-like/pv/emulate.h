/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/emulate.h - what the files that carry out instructions for a
 * paravirtual guest (emulate*.c) say to each other.  Its users need pv.h only.
 */
#pragma once

#include "xen-like/domain/domain.h"
#include "xen-like/pv/decode.h"

enum emulated {
	EMULATED_DONE,	  /* RIP goes on behind the instruction    */
	EMULATED_REFUSED, /* #GP(0) for the guest                  */
	EMULATED_AGAIN,	  /* not finished: the guest executes it again */
	EMULATED_BOUNCED, /* another exception is on its way       */
};

/* emulate_io.c: IN, OUT, INS, OUTS; rights are checked. */
enum emulated emulate_port(struct vcpu *vcpu, const struct instruction *instruction);
enum emulated emulate_port_string(struct vcpu *vcpu, const struct instruction *instruction);

/* emulate_msr.c: RDMSR, WRMSR of the running vCPU's kernel. */
enum emulated emulate_read_msr(struct vcpu *vcpu);
enum emulated emulate_write_msr(struct vcpu *vcpu);

/* emulate_control.c: control and debug registers, XSETBV, CLTS; kernel only. */
enum emulated emulate_control(struct vcpu *vcpu, const struct instruction *instruction);

/* Makes this CPU's CR4.TSD what the vCPU wants; for switch.c too. */
void vcpu_load_cr4(const struct vcpu *vcpu);

/* The live FS base and the active GS base of the running vCPU. */
struct segment_bases guest_segment_bases(void);
