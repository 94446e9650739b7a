/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/switch.c - from one vCPU's state to another's.
 *
 * The general registers need no moving: they live in struct vcpu (regs.h).
 * What is here stays in the CPU while it idles, and is written back only when
 * another vCPU comes, or when the vCPU itself goes to another CPU.
 */
#include "xen-like/pv/switch.h"
#include "xen-like/arch/x86/asm.h"
#include "xen-like/console.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/emulate.h"
#include "xen-like/pv/pte.h"
#include "xen-like/pv/pv.h"
#include "xen-like/sched/sched.h"

/* GS ---------------------------------------------------------------------- */

uint64_t guest_gs_base_read(void)
{
	uint64_t base;

	if (!cpu_features.fsgsbase)
		return read_msr(MSR_KERNEL_GS_BASE);
	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r"(base));
	return base;
}

void guest_gs_base_write(uint64_t base)
{
	if (!cpu_features.fsgsbase) {
		write_msr(MSR_KERNEL_GS_BASE, base);
		return;
	}
	__asm__ volatile("swapgs; wrgsbase %0; swapgs" : : "r"(base) : "memory");
}

static uint64_t fs_base_read(void)
{
	uint64_t base;

	if (!cpu_features.fsgsbase)
		return read_msr(MSR_FS_BASE);
	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static void fs_base_write(uint64_t base)
{
	if (cpu_features.fsgsbase)
		__asm__ volatile("wrfsbase %0" : : "r"(base) : "memory");
	else
		write_msr(MSR_FS_BASE, base);
}

/* Each loads a selector, or says that the CPU refused it (then it is null). */
#define DEFINE_LOAD_SEGMENT(name, before, after)                                                   \
	static bool load_##name(uint16_t selector)                                                 \
	{                                                                                          \
		bool loaded = false;                                                               \
		uint32_t null = 0;                                                                 \
                                                                                                   \
		__asm__ volatile(before "1: mov %w2, %%" #name "\n\t"                              \
					"movb $1, %0\n\t"                                          \
					"jmp 3f\n\t"                                               \
					"2: mov %w1, %%" #name "\n\t"                              \
					"3: " after "\n\t" EXCEPTION_RESUME_TEXT("1b", "2b")       \
				 : "+r"(loaded)                                                    \
				 : "r"(null), "r"((uint32_t)selector)                              \
				 : "memory");                                                      \
		return loaded;                                                                     \
	}
DEFINE_LOAD_SEGMENT(ds, "", "")
DEFINE_LOAD_SEGMENT(es, "", "")
DEFINE_LOAD_SEGMENT(fs, "", "")
#undef DEFINE_LOAD_SEGMENT

/*
 * Loading GS changes the active base, which is ours: between two SWAPGS it is
 * the guest's.  The fault handler needs our GS, so a bad selector is found out
 * beforehand, by loading it into FS.
 */
static bool load_gs(struct vcpu *vcpu, uint16_t selector)
{
	/* No other vCPU may change the descriptor between the trial and the load. */
	struct pages_locked locked = pages_lock(vcpu->domain);
	uint64_t fs_base = fs_base_read();
	uint16_t fs;
	bool loadable;

	__asm__ volatile("mov %%fs, %0" : "=r"(fs));
	loadable = load_fs(selector);
	(void)!load_fs(fs);
	fs_base_write(fs_base);
	if (!loadable)
		selector = 0;
	__asm__ volatile("swapgs; mov %w0, %%gs; mfence; swapgs"
			 :
			 : "r"((uint32_t)selector)
			 : "memory");
	pages_unlock(locked);
	return loadable;
}

void vcpu_load_user_gs(struct vcpu *vcpu, uint16_t selector)
{
	uint64_t active = guest_gs_base_read();

	/* CPUs that keep the base under a null selector must keep the user's. */
	if (vcpu->pv.kernel_mode)
		guest_gs_base_write(vcpu->pv.gs_base_user);
	(void)!load_gs(vcpu, selector);
	/* The selector's base is the user's; the kernel's own stays active. */
	if (vcpu->pv.kernel_mode) {
		vcpu->pv.gs_base_user = guest_gs_base_read();
		guest_gs_base_write(active);
	}
}

/* Tables ------------------------------------------------------------------ */

static uint64_t cr3_of(const struct vcpu *vcpu)
{
	return mfn_to_maddr(vcpu->pv.kernel_mode ? vcpu->pv.kernel_table : vcpu->pv.user_table).n;
}

void vcpu_load_tables(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();

	cpu->loaded_cr3 = cr3_of(vcpu);
	cpu_load_tables(cpu->loaded_cr3);
	if (alternative_on(ALTERNATIVE_XPTI))
		fetch_or(&cpu->work, WORK_TABLES);
}

bool vcpu_toggle_mode(struct vcpu *vcpu)
{
	uint64_t active = guest_gs_base_read();
	mfn_t table = vcpu->pv.kernel_mode ? vcpu->pv.user_table : vcpu->pv.kernel_table;

	if (table.n == 0)
		return false;
	if (vcpu->pv.kernel_mode) {
		vcpu->pv.gs_base_kernel = active;
		guest_gs_base_write(vcpu->pv.gs_base_user);
	} else {
		vcpu->pv.gs_base_user = active;
		guest_gs_base_write(vcpu->pv.gs_base_kernel);
	}
	vcpu->pv.kernel_mode = !vcpu->pv.kernel_mode;
	vcpu_load_tables(vcpu);
	return true;
}

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static void load_ldt(const struct vcpu *vcpu)
{
	uint64_t base = area_ldt(vcpu->id);
	uint64_t *descriptor =
		(uint64_t *)(this_cpu()->gdt_page + (SELECTOR_LDT - RESERVED_GDT_BYTE));
	uint32_t limit = vcpu->pv.ldt_entries * 8 - 1;

	if (vcpu->pv.ldt_entries == 0) {
		__asm__ volatile("lldt %w0" : : "r"(0));
		return;
	}
	descriptor[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82ull << 40 |
			(uint64_t)(limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;
	__asm__ volatile("lldt %w0" : : "r"(SELECTOR_LDT));
}

void vcpu_load_descriptors(struct vcpu *vcpu)
{
	struct area *area = vcpu->domain->area;
	struct table_pointer gdt = {GDT_PAGES * PAGE_SIZE - 1, area_gdt(vcpu->id)};
	mfn_t own = frame_of_mapped(this_cpu()->gdt_page);

	area_map(area, vcpu->id, RESERVED_GDT_FIRST_PAGE, own);
	__asm__ volatile("lgdt %0" : : "m"(gdt));
	load_ldt(vcpu);
}

/* Debug registers --------------------------------------------------------- */

#define DEBUG_ACTIVE 0xffull

static void load_debug(const struct vcpu *vcpu)
{
	const uint64_t *debug = vcpu->pv.debug;

	__asm__ volatile("mov %0, %%db0" : : "r"(debug[0]));
	__asm__ volatile("mov %0, %%db1" : : "r"(debug[1]));
	__asm__ volatile("mov %0, %%db2" : : "r"(debug[2]));
	__asm__ volatile("mov %0, %%db3" : : "r"(debug[3]));
	__asm__ volatile("mov %0, %%db7" : : "r"(debug[7]));
}

static void clear_debug(void)
{
	__asm__ volatile("mov %0, %%db7" : : "r"(0ull));
}

/* The whole ---------------------------------------------------------------- */

static void state_save(struct vcpu *vcpu)
{
	struct vcpu_pv *pv = &vcpu->pv;
	uint64_t gs_base = guest_gs_base_read();

	__asm__ volatile("mov %%ds, %0" : "=r"(pv->ds));
	__asm__ volatile("mov %%es, %0" : "=r"(pv->es));
	__asm__ volatile("mov %%fs, %0" : "=r"(pv->fs));
	__asm__ volatile("mov %%gs, %0" : "=r"(pv->gs));
	pv->fs_base = fs_base_read();
	if (pv->kernel_mode)
		pv->gs_base_kernel = gs_base;
	else
		pv->gs_base_user = gs_base;
	if (pv->debug[7] & DEBUG_ACTIVE)
		clear_debug();
}

static void segments_load(struct vcpu *vcpu)
{
	struct vcpu_pv *pv = &vcpu->pv;
	bool good = true;

	good &= load_ds(pv->ds);
	good &= load_es(pv->es);
	good &= load_fs(pv->fs);
	good &= load_gs(vcpu, pv->gs);
	fs_base_write(pv->fs_base);
	guest_gs_base_write(pv->kernel_mode ? pv->gs_base_kernel : pv->gs_base_user);
	if (!good) {
		/* As if loading them in the guest had faulted. */
		pv->bad_segments = true;
		bounce_failsafe(vcpu);
	}
}

static void state_load(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();
	struct domain *domain = vcpu->domain;

	/* Marked before its translations can be cached, unmarked after they are gone. */
	if (cpu->loaded_domain != domain)
		bit_set(domain->dirty_cpus.bits, cpu->id);
	/* Who flushes this vCPU must find this CPU before it caches anything. */
	store_release(&vcpu->dirty, true);
	vcpu_load_tables(vcpu);
	if (cpu->loaded_domain && cpu->loaded_domain != domain)
		bit_clear(cpu->loaded_domain->dirty_cpus.bits, cpu->id);
	cpu->loaded_domain = domain;
	vcpu_load_descriptors(vcpu);
	if (vcpu->pv.debug[7] & DEBUG_ACTIVE)
		load_debug(vcpu);
	segments_load(vcpu);
}

/*
 * The vCPU goes elsewhere: this (idle) CPU must not stay on its tables, which
 * are held only as long as the vCPU has them loaded.
 */
static void leave_tables(void)
{
	struct cpu *cpu = this_cpu();

	cpu_load_own_tables(cpu);
	if (cpu->loaded_domain)
		bit_clear(cpu->loaded_domain->dirty_cpus.bits, cpu->id);
	cpu->loaded_domain = NULL;
	cpu->state_of = NULL;
}

/* All of its state to memory; another CPU may take it the moment `dirty` is off. */
static void keep_nothing_of(struct vcpu *vcpu)
{
	extended_state_save(vcpu);
	state_save(vcpu);
	/* Its tables and GDT are held only until another CPU may run it. */
	leave_tables();
	store_release(&vcpu->dirty, false);
}

/* Runs on the CPU that keeps the state. */
static void sync_here(void *argument)
{
	struct vcpu *vcpu = argument;

	if (this_cpu()->state_of == vcpu) {
		keep_nothing_of(vcpu);
	}
}

void vcpu_sync_state(struct vcpu *vcpu)
{
	if (!read_once(vcpu->dirty))
		return;
	if (vcpu->state_cpu == this_cpu()->id) {
		sync_here(vcpu);
	} else {
		struct cpumask mask = {.bits = {0}};

		bit_set(mask.bits, vcpu->state_cpu);
		cpu_call(&mask, sync_here, vcpu);
	}
}

void vcpu_switch_state(struct vcpu *from, struct vcpu *to)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *kept = cpu->state_of;

	(void)from;
	cpu->current = to;
	if (to == cpu->idle)
		return;
	cpu->guest_frame = (uint64_t)(&to->regs + 1);
	if (!alternative_on(ALTERNATIVE_GUARDED))
		cpu->tss.rsp[0] = cpu->guest_frame;
	if (kept == to)
		return;
	if (kept)
		keep_nothing_of(kept);
	count_one(vcpu_switches);
	vcpu_sync_state(to);
	/* What the one before has trained must not lead the next one's branches. */
	if (alternative_on(ALTERNATIVE_IBPB_SWITCH))
		write_msr(MSR_PRED_COMMAND, PRED_IBPB);
	cpu->state_of = to;
	to->state_cpu = cpu->id;
	state_load(to);
	vcpu_load_cr4(to);
	extended_state_switch(to);
}
