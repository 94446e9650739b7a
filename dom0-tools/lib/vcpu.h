/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/vcpu.h - one vCPU of a domain: how it does, where it may run,
 * how it starts.  hypervisor.h says what all these calls share.
 */
#pragma once

#include "dom0-tools/lib/hypervisor.h"

#define VCPU_CPUS_MAX 256 /* physical CPUs an affinity can name */

struct vcpu_status {
	bool online, blocked, running;
	uint64_t cpu_time_ns;
	uint32_t cpu; /* where it runs or ran last */
};

/* Bit n of bits[n / 64] is CPU n. */
struct vcpu_cpus {
	uint64_t bits[VCPU_CPUS_MAX / 64];
};

struct vcpu_affinity {
	struct vcpu_cpus hard; /* may run on */
	struct vcpu_cpus soft; /* prefers to run on */
};

int MUST_CHECK
vcpu_get_status(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		struct vcpu_status *status, struct failure *failure);

int MUST_CHECK
vcpu_get_affinity(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		  struct vcpu_affinity *affinity, struct failure *failure);

/* Either may be NULL: that one stays.  EINVAL: none of the CPUs is online. */
int MUST_CHECK
vcpu_set_affinity(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		  const struct vcpu_cpus *hard, const struct vcpu_cpus *soft,
		  struct failure *failure);

/* Registers of a vCPU that is not running; setting them makes it startable. */
int MUST_CHECK
vcpu_set_context(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		 const struct vcpu_guest_context *context, struct failure *failure);
int MUST_CHECK
vcpu_get_context(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		 struct vcpu_guest_context *context, struct failure *failure);

/* XEN_DOMCTL_SENDTRIGGER_x; a PV guest takes only the NMI (0). */
#define VCPU_TRIGGER_NMI   0
#define VCPU_TRIGGER_RESET 1
#define VCPU_TRIGGER_INIT  2
#define VCPU_TRIGGER_POWER 3
#define VCPU_TRIGGER_SLEEP 4

int MUST_CHECK
vcpu_send_trigger(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu, uint32_t trigger,
		  struct failure *failure);
