/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/pirq.c - interrupts as dom0 knows them: numbers it maps,
 * binds to event channels and acknowledges.  irq.c moves the hardware.
 *
 * One domain drives all devices, so a pirq's number is its line's; a domain
 * may use a line once it has mapped it.
 */
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/irq_line.h"
#include "xen-like/mm/heap.h"

/* That a domain has one is the right to ask for pirqs. */
struct pirq_table {
	struct domain *domain;
};

struct pirq_table *pirq_table_create(struct domain *domain)
{
	struct pirq_table *table = heap_new(struct pirq_table);

	if (table)
		table->domain = domain;
	(void)irq_gsi_count();
	return table;
}

uint32_t pirq_gsi_count(void)
{
	return irq_gsi_count();
}

/* The line a domain has mapped under that number; NULL: none. */
static struct irq_line *line_of(const struct domain *domain, uint32_t pirq)
{
	struct irq_line *line = domain->pirqs ? irq_line_find(pirq) : NULL;

	return line && line->mapped == domain ? line : NULL;
}

/* A GSI's line, mapped or not; NULL: no such pin, or no right to any. */
static struct irq_line *gsi_line(const struct domain *domain, uint32_t gsi)
{
	struct irq_line *line;

	if (!domain->pirqs || gsi >= irq_gsi_count())
		return NULL;
	line = irq_line_find(gsi);
	return line && line->kind == IRQ_GSI ? line : NULL;
}

int pirq_set_trigger(struct domain *domain, uint32_t gsi, bool level, bool active_low)
{
	struct irq_line *line = gsi_line(domain, gsi);
	int rc = 0;

	if (!line)
		return -XEN_EINVAL;
	spin_lock(&irq_lock);
	if (line->enabled || line->handler) {
		rc = -XEN_EEXIST;
	} else {
		line->level = level;
		line->active_low = active_low;
		line->configured = true;
	}
	spin_unlock(&irq_lock);
	return rc;
}

int pirq_map_gsi(struct domain *domain, uint32_t gsi)
{
	struct irq_line *line = gsi_line(domain, gsi);
	int rc = 0;

	if (!line)
		return -XEN_EINVAL;
	spin_lock(&irq_lock);
	if (line->mapped && line->mapped != domain)
		rc = -XEN_EBUSY;
	else
		line->mapped = domain;
	spin_unlock(&irq_lock);
	return rc;
}

/* A free MSI line; irq_lock is held. */
static struct irq_line *msi_line_find(uint32_t wanted)
{
	uint32_t first = wanted, last = wanted;

	if (wanted == ~0u) {
		first = irq_gsi_count();
		last = IRQ_LINES_MAX - 1;
	}
	for (uint64_t i = first; i <= last && i >= irq_gsi_count(); i++) {
		struct irq_line *line = irq_line_make(i);

		if (!line || line->kind == IRQ_NONE)
			return line;
	}
	return NULL;
}

uint32_t pirq_find_free(struct domain *domain)
{
	struct irq_line *line = NULL;

	if (!domain->pirqs)
		return ~0u;
	spin_lock(&irq_lock);
	line = msi_line_find(~0u);
	spin_unlock(&irq_lock);
	return line ? line->number : ~0u;
}

static bool device_equal(struct pci_device a, struct pci_device b)
{
	return a.segment == b.segment && a.bus == b.bus && a.function == b.function;
}

/* Is this message some line's already?  irq_lock is held. */
static bool msi_in_use(const struct msi *msi)
{
	for (uint32_t i = irq_gsi_count(); i < IRQ_LINES_MAX; i++) {
		const struct irq_line *line = irq_line_find(i);

		if (line && line->kind == IRQ_MSI && device_equal(line->msi.device, msi->device) &&
		    (line->msi.extended != msi->extended || line->msi.entry == msi->entry))
			return true;
	}
	return false;
}

static void msi_line_reset(struct irq_line *line)
{
	irq_line_disable(line);
	irq_line_release(line);
	line->kind = IRQ_NONE;
	line->mapped = NULL;
	line->port = 0;
	line->shared = false;
	line->arrivals = line->window_start = 0;
	line->window_count = line->storms = 0;
}

static int msi_line_take(struct domain *domain, const struct msi *msi, uint32_t *pirq)
{
	struct irq_line *line = msi_line_find(*pirq);
	int rc;

	if (!line)
		return *pirq == ~0u ? -XEN_ENOSPC : -XEN_EINVAL;
	if (msi_in_use(msi))
		return -XEN_EEXIST;
	line->kind = IRQ_MSI;
	line->level = line->active_low = false;
	line->msi = *msi;
	rc = irq_line_route(line, domain->vcpus[0]->cpu);
	if (rc) {
		line->kind = IRQ_NONE;
		return rc;
	}
	line->mapped = domain;
	irq_line_program(line);
	*pirq = line->number;
	return 0;
}

int pirq_map_msi(struct domain *domain, struct pci_device device, uint16_t entry,
		 uint64_t table_base, uint32_t *pirq)
{
	struct msi msi;
	int rc;

	if (!domain->pirqs)
		return -XEN_EPERM;
	if (!pci_device_known(device))
		return -XEN_ENODEV;
	spin_lock(&irq_lock);
	rc = msi_find(&msi, device, entry, table_base);
	if (rc == 0)
		rc = msi_line_take(domain, &msi, pirq);
	spin_unlock(&irq_lock);
	return rc;
}

int pirq_unmap(struct domain *domain, uint32_t pirq)
{
	struct irq_line *line;
	int rc = -XEN_EINVAL;

	spin_lock(&irq_lock);
	line = line_of(domain, pirq);
	if (line) {
		rc = 0;
		/* A driver that forgot to close its port just hears no more. */
		if (line->kind == IRQ_MSI) {
			msi_line_reset(line);
		} else {
			if (!line->handler)
				irq_line_disable(line);
			line->mapped = NULL;
			line->port = 0;
		}
	}
	spin_unlock(&irq_lock);
	return rc;
}

int pirq_restore_msi(struct domain *domain, struct pci_device device)
{
	int rc = -XEN_ENODEV;

	spin_lock(&irq_lock);
	for (uint32_t i = irq_gsi_count(); i < IRQ_LINES_MAX; i++) {
		struct irq_line *line = irq_line_find(i);

		if (!line || line->kind != IRQ_MSI || line->mapped != domain ||
		    !device_equal(line->msi.device, device))
			continue;
		irq_line_program(line);
		rc = 0;
	}
	spin_unlock(&irq_lock);
	return rc;
}

int pirq_status(struct domain *domain, uint32_t pirq, uint32_t *flags)
{
	struct irq_line *line;

	spin_lock(&irq_lock);
	line = line_of(domain, pirq);
	*flags = 0;
	if (line && line->kind == IRQ_GSI && line->level)
		*flags |= XENIRQSTAT_needs_eoi;
	if (line && line->shared)
		*flags |= XENIRQSTAT_shared;
	spin_unlock(&irq_lock);
	return pirq < IRQ_LINES_MAX ? 0 : -XEN_EINVAL;
}

int pirq_eoi(struct domain *domain, uint32_t pirq)
{
	struct irq_line *line;

	if (!domain->pirqs || pirq >= IRQ_LINES_MAX)
		return -XEN_EINVAL;
	spin_lock(&irq_lock);
	line = line_of(domain, pirq);
	if (line && line->port)
		irq_line_resume(line);
	spin_unlock(&irq_lock);
	return 0;
}

int pirq_ioapic_read(struct domain *domain, uint64_t address, uint32_t index, uint32_t *value)
{
	bool found;

	if (!domain->pirqs)
		return -XEN_EPERM;
	spin_lock(&irq_lock);
	found = ioapic_read_register(address, index, value);
	spin_unlock(&irq_lock);
	return found ? 0 : -XEN_EINVAL;
}

int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port, bool will_share)
{
	struct irq_line *line;
	int rc;

	spin_lock(&irq_lock);
	line = line_of(domain, pirq);
	if (!line)
		rc = -XEN_EINVAL;
	else if (line->handler)
		rc = -XEN_EBUSY;
	else if (line->port)
		rc = -XEN_EEXIST;
	else
		rc = irq_line_route(line, domain->vcpus[0]->cpu);
	if (rc == 0) {
		line->port = port;
		line->shared = will_share;
		irq_line_enable(line);
	}
	spin_unlock(&irq_lock);
	return rc;
}

void pirq_unbind(struct domain *domain, uint32_t pirq)
{
	struct irq_line *line;

	spin_lock(&irq_lock);
	line = line_of(domain, pirq);
	if (line && line->port) {
		irq_line_disable(line);
		line->port = 0;
	}
	spin_unlock(&irq_lock);
}

void pirq_unmasked(struct domain *domain, uint32_t pirq)
{
	/* Ports and lines are unmasked apart: only PHYSDEVOP_eoi frees a line. */
	(void)domain;
	(void)pirq;
}

void pirq_set_vcpu(struct domain *domain, uint32_t pirq, uint32_t cpu)
{
	struct irq_line *line;

	spin_lock(&irq_lock);
	line = line_of(domain, pirq);
	if (line && line->port)
		irq_line_move(line, cpu);
	spin_unlock(&irq_lock);
}
