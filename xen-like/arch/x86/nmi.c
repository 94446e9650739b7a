/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/nmi.c - non-maskable interrupts: another CPU's panic stops
 * us; what the board reports is dom0's to know.
 */
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"

#define REASON_PORT	0x61
#define REASON_IO_CHECK 0x40
#define REASON_PCI_SERR 0x80

static void tell_dom0(unsigned int reason)
{
	struct vcpu *vcpu = hardware_domain ? hardware_domain->vcpus[0] : NULL;

	if (!vcpu)
		return;
	fetch_or(&hardware_domain->shared->arch.nmi_reason, 1ul << reason);
	store_release(&vcpu->pv.nmi_pending, true);
}

void nmi_handle(struct regs *regs)
{
	uint8_t reason;

	(void)regs;
	if (console_panicking())
		machine_halt();
	if (this_cpu()->id != 0)
		return;
	reason = port_read_8(REASON_PORT);
	if (reason & REASON_PCI_SERR)
		tell_dom0(_XEN_NMIREASON_pci_serr);
	else if (reason & REASON_IO_CHECK)
		tell_dom0(_XEN_NMIREASON_io_error);
}
