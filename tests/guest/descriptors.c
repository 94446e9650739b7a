/* SPDX-License-Identifier: MIT */
/* set_gdt and update_descriptor: which descriptors a guest may have. */
#include "tests/guest/lib/guest.h"

#define CODE64 0x00af9b000000fffful
#define DATA   0x00cf93000000fffful
#define DPL3   0x0000600000000000ul

static uint64_t gdt[512] PAGE_ALIGNED;
static uint64_t frames[16];

static long put(unsigned int index, uint64_t value)
{
	return call_descriptor(maddr_of(&gdt[index]), value);
}

static long load(uint16_t selector)
{
	return try_asm("mov %0, %%ds", : : "r"((uint32_t)selector) : "memory");
}

static void claim_frames(void)
{
	gdt[1] = CODE64 | DPL3;
	gdt[2] = DATA | DPL3;
	frames[0] = mfn_of(gdt);
	expect("writable-refused", call_gdt(frames, 512), -XEN_EINVAL);
	need(!set_pte(gdt, PTE_RO));
	expect("set", call_gdt(frames, 512), 0);
	expect("writable-while-set", set_pte(gdt, PTE_RW), -XEN_EBUSY);
	expect("load", load(2 << 3 | 3), NONE);
	expect("too-many", call_gdt(frames, 8192), -XEN_EINVAL);
	expect("max", call_gdt(frames, 7169), -XEN_EINVAL);
	expect("bad-pointer", call_gdt(NON_CANONICAL, 512), -XEN_EFAULT);
	frames[0] = 0xffffffff;
	expect("no-frame", call_gdt(frames, 512), -XEN_EINVAL);
	expect("no-frame-kept", load(2 << 3 | 3), NONE);
	frames[0] = mfn_of(gdt);
	expect("none", call_gdt(frames, 0), 0);
	load(0);
	expect("none-load", load(2 << 3 | 3), 13);
	expect("none-load-error", this_cpu()->trap.error, 2 << 3);
	expect("none-writable", set_pte(gdt, PTE_RW), 0);
	need(!set_pte(gdt, PTE_RO) && !call_gdt(frames, 512));
}

static void claim_update(void)
{
	expect("data", put(3, DATA | DPL3), 0);
	expect("data-seen", gdt[3] & ~(1ul << 40), (DATA | DPL3) & ~(1ul << 40));
	expect("data-load", load(3 << 3 | 3), NONE);
	expect("dpl-0-raised", put(4, DATA), 0);
	expect("dpl-0-seen", gdt[4] & DPL3, DPL3);
	expect("code", put(5, CODE64 | DPL3), 0);
	expect("not-present", put(6, 0x123456780000ul & ~(1ul << 47)), 0);
	expect("zero", put(7, 0), 0);
	expect("tss", put(8, 0x000089000000fffful), -XEN_EINVAL);
	expect("ldt", put(8, 0x000082000000fffful), -XEN_EINVAL);
	expect("call-gate", put(30, 0x00008c000008fffful | DPL3), -XEN_EINVAL);
	expect("interrupt-gate", put(8, 0x00008e000008fffful | DPL3), -XEN_EINVAL);
	expect("trap-gate", put(8, 0x00008f000008fffful | DPL3), -XEN_EINVAL);
	expect("tss-busy", put(8, 0x00008b000000fffful), -XEN_EINVAL);
	expect("refused-kept", gdt[8], 0);
	expect("conforming", put(9, 0x00af9f000000fffful | DPL3), 0);
	expect("misaligned", call_descriptor(maddr_of(&gdt[9]) + 4, 0), -XEN_EINVAL);
	expect("no-frame-address", call_descriptor(0xfffffffful << 12, 0), -XEN_EINVAL);
	expect("page-table", call_descriptor(start_info->pt_base - VIRT_BASE, 0), -XEN_EINVAL);
	uint64_t *plain = page_alloc();

	expect("plain-page", call_descriptor(maddr_of(&plain[2]), DATA | DPL3), 0);
	expect("plain-page-seen", plain[2], DATA | DPL3);
}

static void claim_contents(void)
{
	uint64_t *bad = page_alloc();

	bad[100] = 0x000089000000fffful;
	need(!set_pte(bad, PTE_RO));
	frames[0] = mfn_of(bad);
	expect("tss-inside", call_gdt(frames, 512), -XEN_EINVAL);
	need(!set_pte(bad, PTE_RW));
	bad[100] = DATA;
	need(!set_pte(bad, PTE_RO));
	expect("dpl-0-inside", call_gdt(frames, 512), 0);
	expect("dpl-0-inside-raised", bad[100] & DPL3, DPL3);
	frames[0] = mfn_of(gdt);
	expect("back", call_gdt(frames, 512), 0);
	expect("released", set_pte(bad, PTE_RW), 0);
}

void guest_main(void)
{
	claim_frames();
	claim_update();
	claim_contents();
	expect("reserved-load", load(FLAT_RING3_SS32), NONE);
	expect("reserved-cs32-load", load(FLAT_RING3_CS32), NONE);
	load(0);
	expect("hypervisor-selector", load(0xe008), 13);
	expect("tss-selector", load(0xe040), 13);
	expect("beyond", load(0xfff8), 13);
}
