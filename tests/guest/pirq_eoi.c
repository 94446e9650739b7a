/* SPDX-License-Identifier: MIT */
/*
 * PHYSDEVOP_pirq_eoi_gmfn, a page that tells which pirqs want an EOI call:
 * Enso has none, and Linux then asks PHYSDEVOP_irq_status_query.
 */
#include "tests/guest/lib/guest.h"

static uint8_t page[4096] PAGE_ALIGNED;

void guest_main(void)
{
	struct physdev_pirq_eoi_gmfn eoi = {.gmfn = mfn_of(page)};
	struct physdev_irq_status_query query = {.irq = 9};

	expect("v2", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi), -XEN_ENOSYS);
	expect("v1", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v1, &eoi), -XEN_ENOSYS);
	expect("query-instead", call_physdev(PHYSDEVOP_irq_status_query, &query), 0);
}
