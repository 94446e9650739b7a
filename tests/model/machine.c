/* SPDX-License-Identifier: MIT */
/*
 * tests/model/machine.c - two domains and three vCPUs on the host's machine, and
 * what the page-type code leans on: domains, the heap, areas, the switch.
 */
#include <stdlib.h>
#include <string.h>

#include "hypercalls/dispatch.h"
#include "tests/model/model.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/console.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/switch.h"

#define AREA_MARK 0xffffffffffffe000ull /* in slot 256 of each L4 */

struct domain model_domains[DOMAINS];
struct vcpu model_vcpus[VCPUS];
const uint16_t model_indices[INDICES] = {0, 256, 511};
uint8_t model_held[FRAMES];
uint8_t model_guest[4096];
struct boot_info boot_info;

static struct domain io_domain = {.id = DOMID_IO};
static uint64_t regions[1];

void model_create(void)
{
	host_machine_create(FRAMES);
	host_privileged_install();
	host_indices = model_indices;
	host_index_count = INDICES;
	for (unsigned int i = 0; i < DOMAINS; i++) {
		struct domain *domain = &model_domains[i];

		domain->id = (domid_t)i;
		domain->state = DOMAIN_RUNNING;
		domain->control = domain->hardware = i == CONTROL;
		domain->page_lock = SPINLOCK(RANK_PAGE_TABLES);
		domain->lock = SPINLOCK(RANK_DOMAIN);
		domain->regions = regions;
		domain->max_pages = FRAMES;
		domain->area = calloc(1, 1); /* a name for area_map */
		domain->max_vcpus = i == GUEST ? 2 : 1;
	}
	for (unsigned int i = 0; i < VCPUS; i++) {
		unsigned int owner = i < 2 ? GUEST : CONTROL;

		model_vcpus[i].id = i < 2 ? i : 0;
		model_vcpus[i].domain = &model_domains[owner];
		model_domains[owner].vcpus[model_vcpus[i].id] = &model_vcpus[i];
	}
}

void model_clear(void)
{
	static struct saved nothing;

	memset(&nothing, 0, sizeof(nothing));
	for (unsigned int i = 0; i < FRAMES; i++)
		nothing.frames[i].state = i ? FRAME_FREE : FRAME_RESERVED;
	for (unsigned int i = 0; i < DOMAINS; i++)
		nothing.domains[i].flush_epoch = 100;
	model_domains[GUEST].state = DOMAIN_RUNNING;
	memset(nothing.cpu_vcpu, 0xff, sizeof(nothing.cpu_vcpu));
	state_load(&nothing);
}

void model_give(unsigned int frame, unsigned int domain)
{
	frame_assign(mfn(frame), 0, (domid_t)domain);
	model_domains[domain].pages++;
}

/* Guest memory --------------------------------------------------------------------- */

bool host_guest_load(uint64_t va, void *to, uint64_t bytes)
{
	if (va - GUEST_VA >= sizeof(model_guest) || bytes > sizeof(model_guest) - (va - GUEST_VA))
		return false;
	memcpy(to, model_guest + (va - GUEST_VA), bytes);
	return true;
}

bool host_guest_store(uint64_t va, const void *from, uint64_t bytes)
{
	if (va - GUEST_VA >= sizeof(model_guest) || bytes > sizeof(model_guest) - (va - GUEST_VA))
		return false;
	memcpy(model_guest + (va - GUEST_VA), from, bytes);
	return true;
}

/* Calls of one element are made again as they were. */
void hypercall_set_argument(unsigned int index, reg_t value)
{
	(void)index;
	(void)value;
}

/* Domains ---------------------------------------------------------------------------- */

struct domain *domain_get(domid_t id)
{
	if (id == DOMID_SELF)
		id = current_domain()->id;
	return id < DOMAINS ? &model_domains[id] : NULL;
}

struct domain *domain_get_io(void)
{
	return &io_domain;
}

void domain_put(struct domain *domain)
{
	(void)domain;
}

struct domain *domain_of_frame(const struct frame *frame)
{
	return frame->owner < DOMAINS ? &model_domains[frame->owner] : NULL;
}

bool domain_charge_pages(struct domain *domain, uint64_t pages)
{
	if (domain->pages + pages > domain->max_pages)
		return false;
	domain->pages += pages;
	return true;
}

bool domain_claims_allow(struct domain *domain, uint64_t pages)
{
	return true;
}

void domain_uncharge_pages(struct domain *domain, uint64_t pages)
{
	CHECK(domain->pages >= pages);
	domain->pages -= pages;
}

bool iomem_permitted(const struct domain *domain, mfn_t frame)
{
	return domain->hardware && frame.n < 1ull << 20;
}

/* Heap ----------------------------------------------------------------------------------- */

bool heap_alloc_frames(unsigned int order, unsigned int address_bits, mfn_t *first)
{
	for (unsigned int i = 1; order == 0 && i < FRAMES; i++) {
		if (!(frame_of(mfn(i))->state & FRAME_FREE))
			continue;
		memset(frame_of(mfn(i)), 0, sizeof(struct frame));
		*first = mfn(i);
		return true;
	}
	return false;
}

void heap_free_frames(mfn_t first, unsigned int order)
{
	CHECK(order == 0 && !(frame_of(first)->state & FRAME_FREE));
	memset(frame_map(first), 0, PAGE_SIZE);
	*frame_of(first) = (struct frame){.state = FRAME_FREE};
}

void *heap_alloc(size_t bytes)
{
	return calloc(1, bytes);
}

void heap_free(void *object)
{
	free(object);
}

/* The CPU's side -------------------------------------------------------------------------- */

void area_fill_l4(const struct domain *domain, uint64_t *l4)
{
	l4[256] = AREA_MARK + domain->id;
}

void area_map(struct area *area, uint32_t vcpu, unsigned int page, mfn_t frame)
{
	/* The vCPU's own list of frames says the same: host_tlb_descriptors. */
	(void)area;
	(void)vcpu;
	(void)page;
	(void)frame;
}

void vcpu_load_descriptors(struct vcpu *vcpu)
{
	CHECK(vcpu == current_vcpu());
}

void vcpu_load_tables(struct vcpu *vcpu)
{
	mfn_t base = vcpu->pv.kernel_mode ? vcpu->pv.kernel_table : vcpu->pv.user_table;

	CHECK(vcpu == current_vcpu());
	host_cr3_write(base.n << PAGE_SHIFT);
}

void host_tlb_descriptors(unsigned int cpu)
{
	const struct vcpu *vcpu = host_cpus[cpu].current;

	for (unsigned int i = 0; vcpu && i < PAGES; i++)
		if (vcpu->pv.gdt_frames[i].n != ~0ull)
			host_tlb_note(cpu, vcpu->pv.gdt_frames[i].n, TLB_DESCRIPTORS);
}

/* As pv/switch.c does it: marked before, unmarked when the translations are gone. */
void model_cpu_runs(unsigned int cpu, unsigned int vcpu)
{
	struct domain *next = model_vcpus[vcpu].domain, *old;
	uint64_t bit = 1ull << cpu;

	host_cpu_become(cpu);
	old = host_cpus[cpu].current ? host_cpus[cpu].current->domain : NULL;
	next->dirty_cpus.bits[0] |= bit;
	host_cpus[cpu].current = &model_vcpus[vcpu];
	vcpu_load_tables(&model_vcpus[vcpu]);
	if (old && old != next)
		old->dirty_cpus.bits[0] &= ~bit;
}

void model_cpu_leaves(unsigned int cpu)
{
	host_cpu_become(cpu);
	host_cr3_write(0);
	host_cpus[cpu].current->domain->dirty_cpus.bits[0] &= ~(1ull << cpu);
	host_cpus[cpu].current = NULL;
	memset(host_tlb[cpu], 0, FRAMES);
}

void model_vcpu_toggle(unsigned int vcpu)
{
	model_vcpus[vcpu].pv.kernel_mode = !model_vcpus[vcpu].pv.kernel_mode;
	vcpu_load_tables(&model_vcpus[vcpu]);
}

/* Looking ------------------------------------------------------------------------------------ */

static const char *check_l4(unsigned int number)
{
	const struct frame *frame = frame_of(mfn(number));
	const uint64_t *words = frame_map(mfn(number));

	if (frame_type(frame->state) == FRAME_L4 && (frame->state & FRAME_VALIDATED) &&
	    words[256] != AREA_MARK + frame->owner)
		return host_text("L4 %u: slot 256 holds %#lx", number, words[256]);
	return NULL;
}

static const char *check_free(unsigned int number)
{
	static const uint8_t zero[PAGE_SIZE];

	if ((frame_of(mfn(number))->state & FRAME_FREE) &&
	    memcmp(frame_map(mfn(number)), zero, PAGE_SIZE) != 0)
		return host_text("frame %u is free, but not zero", number);
	return NULL;
}

const char *model_check(void)
{
	struct domain *const domains[DOMAINS] = {&model_domains[0], &model_domains[1]};
	const char *wrong;

	for (unsigned int i = 0; i < HOST_CPUS; i++)
		host_tlb_fill(i);
	recount_begin();
	for (unsigned int i = 1; i < FRAMES; i++)
		recount_expect(i, model_held[i], model_held[i]);
	wrong = recount_end(domains, DOMAINS);
	if (!wrong)
		wrong = host_tlb_check();
	for (unsigned int i = 1; !wrong && i < FRAMES; i++) {
		wrong = check_l4(i);
		if (!wrong)
			wrong = check_free(i);
	}
	for (unsigned int i = 0; !wrong && i < DOMAINS; i++)
		if (model_domains[i].page_lock.held)
			wrong = "a page_lock is still held";
	return wrong;
}
