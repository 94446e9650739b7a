/* SPDX-License-Identifier: MIT */
/*
 * tests/host/hypervisor.c - making the two domains, calling for them, looking after.
 */
#include <string.h>

#include "grant-tables/table.h"
#include "hypercalls/dispatch.h"
#include "tests/host/hypervisor.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/console.h"
#include "xen-like/domain/audit.h"
#include "xen-like/domain/context.h"
#include "xen-like/irq.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/options.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/sched/sched.h"

#define FRAMES 2048

uint64_t host_pages[HOST_DOMAINS][HOST_GUEST_PAGES];

/* Making ------------------------------------------------------------------------------ */

static uint64_t *words(uint64_t frame)
{
	return frame_map(mfn(frame));
}

static void take_pages(struct domain *domain)
{
	for (unsigned int i = 0; i < HOST_GUEST_PAGES; i++) {
		mfn_t frame;

		CHECK(domain_charge_pages(domain, 1) && heap_alloc_frames(0, 0, &frame));
		frame_assign(frame, 0, domain->id);
		m2p_set(frame, i);
		host_pages[domain->id][i] = frame.n;
	}
}

static void write_tables(const struct domain *domain)
{
	const uint64_t *pages = host_pages[domain->id];
	uint64_t first = HOST_GUEST_VA >> PAGE_SHIFT;

	for (unsigned int i = 0; i < 3; i++)
		words(pages[i])[0] = pages[i + 1] << PAGE_SHIFT | 0x67;
	for (unsigned int i = 0; i < HOST_TABLES + HOST_WRITABLE; i++)
		words(pages[3])[first + i] =
			pages[i] << PAGE_SHIFT | (i < HOST_TABLES ? 0x25 : 0x67);
	words(pages[3])[HOST_SHARED_VA >> PAGE_SHIFT] = domain->shared_frame.n << PAGE_SHIFT | 0x67;
}

static void start(struct domain *domain)
{
	vcpu_guest_context_t *context = heap_new(vcpu_guest_context_t);
	mfn_t root = mfn(host_pages[domain->id][0]);
	int rc;

	CHECK(context);
	do {
		struct work_budget budget = WORK_BUDGET;
		struct pages_locked locked = pages_lock(domain);

		rc = mmu_pin(locked, root, FRAME_L4, &budget);
		pages_unlock(locked);
	} while (rc == -XEN_ERESTART);
	CHECK(rc == 0);
	context->flags = VGCF_in_kernel;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = context->kernel_ss = FLAT_KERNEL_SS;
	context->ctrlreg[3] = xen_pfn_to_cr3(root.n);
	do
		rc = vcpu_set_context(domain->vcpus[0], context);
	while (rc == -XEN_ERESTART);
	CHECK(rc == 0);
	heap_free(context);
	vcpu_set_up(domain->vcpus[0]);
	CHECK(domain_controller_unpause(domain) == 0);
}

static void create_domain(domid_t id)
{
	const struct domain_limits limits = {.max_vcpus = 2,
					     .max_pages = 200,
					     .grant_frames = 4,
					     .grant_handles = 64,
					     .event_ports = 256};
	struct domain *domain;
	domid_t claimed = id;

	CHECK(id == 0 || domain_claim_id(id, &claimed) == 0);
	domain = domain_create(id, &limits, (const uint8_t[16]){(uint8_t)id});
	CHECK(domain);
	if (id == 0) {
		domain->control = domain->hardware = true;
		domain->pirqs = pirq_table_create(domain);
		CHECK(domain->pirqs);
		hardware_domain = domain;
	}
	take_pages(domain);
	write_tables(domain);
	start(domain);
}

static void no_complaint(const char *why, const char *word)
{
	(void)why;
	(void)word;
}

/* Globals: all of the hypervisor's and the machine's lie in two sections (build.mk). */
extern uint8_t __start_host_data[], __stop_host_data[], __start_host_bss[], __stop_host_bss[];
static uint8_t kept_data[1 << 20] __attribute__((section("kept_bss,\"aw\",@nobits#")));
static uint8_t kept_bss[4 << 20] __attribute__((section("kept_bss,\"aw\",@nobits#")));

/* The bytes between variables are none of the sanitizer's business here. */
__attribute__((no_sanitize("address"))) static void copy_bytes(uint8_t *to, const uint8_t *from,
							       uint64_t bytes)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static uint64_t data_bytes(void)
{
	return (uint64_t)(__stop_host_data - __start_host_data);
}

static uint64_t bss_bytes(void)
{
	return (uint64_t)(__stop_host_bss - __start_host_bss);
}

/* The auditor's memory, set aside: a history may end with none left. */
static void *audit_room;

#define AUDIT_ROOM_ORDER 4

void hypervisor_create(void)
{
	host_privileged_install();
	host_machine_create(FRAMES);
	host_cpu_become(0);
	options_parse(&options, "", no_complaint);
	boot_info.e820[0] = (struct e820_entry){0, FRAMES * PAGE_SIZE, E820_RAM};
	boot_info.e820_count = 1;
	heap_add(maddr(PAGE_SIZE), maddr(FRAMES * PAGE_SIZE));
	audit_room = heap_alloc_pages(AUDIT_ROOM_ORDER);
	CHECK(audit_room);
	for (uint32_t i = 0; i < HOST_CPUS; i++)
		CHECK(timers_prepare_cpu(i) && sched_prepare_cpu(i) && irq_prepare_cpu(i));
	create_domain(0);
	create_domain(1);
	for (unsigned int i = 0; i < HOST_CPUS; i++)
		host_cpus[i].work |= WORK_SCHEDULE;
	for (unsigned int i = 0; i < 4; i++)
		host_work();
	CHECK(host_cpu_of_domain(0) >= 0 && host_cpu_of_domain(1) >= 0);
	host_cpu_become(0);
	CHECK(data_bytes() <= sizeof(kept_data) && bss_bytes() <= sizeof(kept_bss));
	copy_bytes(kept_data, __start_host_data, data_bytes());
	copy_bytes(kept_bss, __start_host_bss, bss_bytes());
	host_machine_keep();
}

void hypervisor_reset(void)
{
	host_cpu_become(0);
	copy_bytes(__start_host_data, kept_data, data_bytes());
	copy_bytes(__start_host_bss, kept_bss, bss_bytes());
	host_machine_restore();
	host_waits = 0;
}

/* Guest memory --------------------------------------------------------------------------- */

/* By the tables the CPU has loaded; NULL: it faults. */
static void *guest_byte(uint64_t va, bool write)
{
	uint64_t entry = this_cpu()->loaded_cr3 | 1;

	for (unsigned int level = 4; level > 0; level--) {
		uint64_t frame = (entry & PTE_ADDRESS) >> PAGE_SHIFT;

		if (frame == 0 || frame >= frame_limit)
			return NULL;
		entry = words(frame)[table_index(va, level)];
		if (!(entry & PTE_PRESENT) || (write && !(entry & PTE_WRITE)))
			return NULL;
	}
	if ((entry & PTE_ADDRESS) >> PAGE_SHIFT >= frame_limit)
		return NULL; /* a device's */
	return (char *)words((entry & PTE_ADDRESS) >> PAGE_SHIFT) + (va & ~PAGE_MASK);
}

static uint64_t guest_move(uint64_t va, void *own, uint64_t bytes, bool write)
{
	while (bytes > 0) {
		uint64_t part = MIN(bytes, PAGE_SIZE - (va & ~PAGE_MASK));
		void *at = guest_byte(va, write);

		if (!at)
			return bytes;
		memcpy(write ? at : own, write ? own : at, part);
		own = (char *)own + part;
		va += part;
		bytes -= part;
	}
	return 0;
}

bool host_guest_store(uint64_t va, const void *from, uint64_t bytes)
{
	return guest_move(va, (void *)(uintptr_t)from, bytes, true) == 0;
}

bool host_guest_load(uint64_t va, void *to, uint64_t bytes)
{
	return guest_move(va, to, bytes, false) == 0;
}

/* Calls --------------------------------------------------------------------------------------- */

#define RIP	  0x1000ull
#define CALLS_MAX 200

int64_t host_call(uint32_t number, const uint64_t args[5])
{
	struct vcpu *vcpu = current_vcpu();
	struct regs *regs = &vcpu->regs;
	unsigned int cpu = this_cpu()->id;
	int64_t result = 0;

	regs->rdi = args[0];
	regs->rsi = args[1];
	regs->rdx = args[2];
	regs->r10 = args[3];
	regs->r8 = args[4];
	for (unsigned int i = 0; i < CALLS_MAX; i++) {
		regs->rip = RIP;
		result = hypercall_from_guest(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8,
					      number);
		if (result == HYPERCALL_NO_RESULT || result == -XEN_ERESTART)
			hypercall_unfinished(result);
		if (number == __HYPERVISOR_iret || regs->rip == RIP)
			break;
		/* It may have to wait, or another's turn has come. */
		host_work();
		host_cpu_become(cpu);
		if (current_vcpu() != vcpu)
			return -XEN_ERESTART;
	}
	return number == __HYPERVISOR_iret ? (int64_t)regs->rax : result;
}

/* Looking -----------------------------------------------------------------------------------------
 */

void host_tlb_descriptors(unsigned int cpu)
{
	const struct vcpu *vcpu = host_cpus[cpu].state_of;

	for (unsigned int i = 0; vcpu && i < RESERVED_GDT_FIRST_PAGE; i++)
		if (vcpu->pv.gdt_frames[i].n != ~0ull)
			host_tlb_note(cpu, vcpu->pv.gdt_frames[i].n, TLB_DESCRIPTORS);
	for (unsigned int i = 0; vcpu && i < LDT_PAGES; i++)
		if (vcpu->pv.ldt_frames[i].n != ~0ull)
			host_tlb_note(cpu, vcpu->pv.ldt_frames[i].n, TLB_DESCRIPTORS);
}

static bool recounting;

void __real_audit_expect(mfn_t frame, uint32_t references, uint32_t uses);
void __wrap_audit_expect(mfn_t frame, uint32_t references, uint32_t uses);

/* The grant tables name their holdings to the auditor; here to both in turn. */
void __wrap_audit_expect(mfn_t frame, uint32_t references, uint32_t uses)
{
	if (recounting)
		recount_expect(frame.n, references, uses);
	else
		__real_audit_expect(frame, references, uses);
}

const char *hypervisor_check_tlbs(void)
{
	for (unsigned int i = 0; i < HOST_CPUS; i++)
		host_tlb_fill(i);
	return host_ranks_held ? "a lock is still held" : host_tlb_check();
}

const char *hypervisor_check(void)
{
	static struct domain *domains[64];
	unsigned int count = 0;
	domid_t next = 0;
	const char *wrong;

	recount_begin();
	recounting = true;
	while (count < ARRAY_SIZE(domains) && (domains[count] = domain_get_next(next)) != NULL) {
		grant_table_audit(domains[count]->grants);
		next = (domid_t)(domains[count++]->id + 1);
	}
	recounting = false;
	wrong = recount_end(domains, count);
	for (unsigned int i = 0; i < count; i++)
		domain_put(domains[i]);
	heap_free_pages(audit_room, AUDIT_ROOM_ORDER);
	if (!wrong && audit_run() != 0)
		wrong = "the auditor says no";
	return wrong;
}
