/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/nmi.c - non-maskable interrupts: another CPU's panic stops
 * us; what the board reports, also without a reason, is dom0's to know.
 *
 * An NMI may come while a lock is held.  So it only takes a note and sends this
 * CPU an ordinary interrupt, and that wakes dom0's first vCPU.
 */
#include "xen-like/arch/x86/apic.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/sched/sched.h"

#define REASON_PORT	0x61
#define REASON_IO_CHECK 0x40
#define REASON_PCI_SERR 0x80

static uint32_t undelivered; /* XEN_NMIREASON_*; only CPU 0 gets the board's NMIs */

static uint32_t reason_of(uint8_t port)
{
	if (port & REASON_PCI_SERR)
		return XEN_NMIREASON_pci_serr;
	if (port & REASON_IO_CHECK)
		return XEN_NMIREASON_io_error;
	return XEN_NMIREASON_unknown;
}

void nmi_handle(struct regs *regs)
{
	(void)regs;
	if (console_panicking())
		machine_halt();
	if (this_cpu()->id != 0 || !hardware_domain)
		return;
	fetch_or(&undelivered, reason_of(port_read_8(REASON_PORT)));
	apic_send_self(VECTOR_KICK);
}

void nmi_deliver(void)
{
	struct vcpu *vcpu;
	uint32_t reasons;

	if (likely(!read_once(undelivered)))
		return;
	reasons = exchange(&undelivered, 0u);
	vcpu = hardware_domain->vcpus[0];
	if (!reasons || !vcpu)
		return;
	fetch_or(&hardware_domain->shared->arch.nmi_reason, (unsigned long)reasons);
	if (!exchange(&vcpu->pv.nmi_pending, true)) {
		sched_wake(vcpu);
		sched_kick(vcpu);
	}
}
