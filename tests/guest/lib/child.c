/* SPDX-License-Identifier: MIT */
/* tests/guest/lib/child.c - see child.h. */
#include "tests/guest/lib/child.h"

#include <xen/sysctl.h>

/* Data words: 0 a counter; the stack is the page's end. */
asm(".pushsection .rodata, \"a\"\n"
    ".globl child_text_start, child_text_end, child_shutdown, child_spin, child_send, child_crash\n"
    ".globl child_refused, child_watchdog, child_watchdog_stopped\n"
    "child_text_start:\n"
    "child_shutdown:\n"
    "	push %rdi\n"
    "	mov %rsp, %rsi\n"
    "	mov $2, %edi\n" /* SCHEDOP_shutdown */
    "	mov $29, %eax\n"
    "	syscall\n"
    "	ud2\n"
    "child_spin:\n"
    "	incq 0x101000\n"
    "	pause\n"
    "	jmp child_spin\n"
    "child_send:\n"
    "	push %rdi\n"
    "	mov %rsp, %rsi\n"
    "	mov $4, %edi\n" /* EVTCHNOP_send */
    "	mov $32, %eax\n"
    "	syscall\n"
    "	mov %rax, 0x101000\n"
    "1:	mov $1, %edi\n" /* SCHEDOP_block */
    "	mov $29, %eax\n"
    "	syscall\n"
    "	jmp 1b\n"
    "child_crash:\n"
    "	ud2\n"
    "child_refused:\n"
    "	mov %edi, %esi\n"
    "	mov $0x12345, %ecx\n"
    "1:	rdmsr\n"
    "	dec %esi\n"
    "	jnz 1b\n"
    "	xor %edi, %edi\n"
    "	jmp child_shutdown\n"
    "child_watchdog:\n"
    "	shl $32, %rdi\n"
    "	call 2f\n"
    "	jmp child_spin\n"
    "child_watchdog_stopped:\n"
    "	shl $32, %rdi\n"
    "	call 2f\n"
    "	mov %eax, %edi\n" /* the one just made, and no time */
    "	call 2f\n"
    "	mov %rax, 0x101008\n"
    "	jmp child_spin\n"
    "2:	push %rdi\n"
    "	mov %rsp, %rsi\n"
    "	mov $6, %edi\n" /* SCHEDOP_watchdog */
    "	mov $29, %eax\n"
    "	syscall\n"
    "	pop %rdi\n"
    "	ret\n"
    "child_text_end:\n"
    ".popsection\n");

long domctl(struct xen_domctl *request)
{
	request->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return hc1(__HYPERVISOR_domctl, request);
}

long domctl_simple(uint32_t command, domid_t domain)
{
	struct xen_domctl request = {.cmd = command, .domain = domain};

	return domctl(&request);
}

long child_create(struct child *child, uint32_t vcpus)
{
	return child_create_as(child, vcpus, 0);
}

long child_create_as(struct child *child, uint32_t vcpus, domid_t wanted)
{
	struct xen_domctl request = {.cmd = XEN_DOMCTL_createdomain, .domain = wanted};
	long rc;

	request.u.createdomain.max_vcpus = vcpus;
	request.u.createdomain.max_evtchn_port = 1023;
	request.u.createdomain.max_grant_frames = 4;
	request.u.createdomain.max_maptrack_frames = 4;
	request.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	request.u.createdomain.handle[15] = 0x42;
	rc = domctl(&request);
	child->id = request.domain;
	if (rc)
		return rc;
	memset(&request, 0, sizeof(request));
	request.cmd = XEN_DOMCTL_max_vcpus;
	request.domain = child->id;
	request.u.max_vcpus.max = vcpus;
	return domctl(&request);
}

long child_max_mem(const struct child *child, uint64_t pages)
{
	struct xen_domctl request = {.cmd = XEN_DOMCTL_max_mem, .domain = child->id};

	request.u.max_mem.max_memkb = pages * 4;
	return domctl(&request);
}

long child_populate(struct child *child, uint32_t pages)
{
	struct xen_memory_reservation reserve = {.nr_extents = pages, .domid = child->id};
	long got;

	for (uint32_t i = 0; i < pages; i++)
		child->mfns[i] = i;
	set_xen_guest_handle(reserve.extent_start, child->mfns);
	got = call_memory(XENMEM_populate_physmap, &reserve);
	child->pages = got > 0 ? (uint32_t)got : 0;
	return got;
}

void *child_map(const struct child *child, xen_pfn_t mfn, void *window)
{
	if (set_entry_foreign(boot_slot(window, 1), mfn << 12 | PTE_RW, child->id))
		return NULL;
	need(!mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0));
	return window;
}

void child_unmap(void *window)
{
	need(!set_entry(boot_slot(window, 1), 0));
	need(!mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
}

static void fill(struct child *child)
{
	static uint8_t window[4096] PAGE_ALIGNED;
	uint64_t *table;

	need(child_map(child, child->mfns[CHILD_CODE], window));
	memcpy(window, child_text_start, (size_t)(child_text_end - child_text_start));
	for (enum child_page page = CHILD_L1; page <= CHILD_L4; page++) {
		need(child_map(child, child->mfns[page], window));
		table = (uint64_t *)window;
		if (page == CHILD_L1) {
			table[(CHILD_CODE_VA >> 12) & 511] = child->mfns[CHILD_CODE] << 12 | PTE_RW;
			table[(CHILD_DATA_VA >> 12) & 511] = child->mfns[CHILD_DATA] << 12 | PTE_RW;
		} else {
			table[0] = child->mfns[page - 1] << 12 | PTE_TABLE;
		}
	}
	child_unmap(window);
}

static void set_context(struct child *child, const void *start, uint64_t argument)
{
	static struct vcpu_guest_context context;
	struct xen_domctl request = {.cmd = XEN_DOMCTL_setvcpucontext, .domain = child->id};

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel | VGCF_online;
	context.user_regs.rip =
		CHILD_CODE_VA + (uint64_t)((const char *)start - (const char *)child_text_start);
	context.user_regs.rdi = argument;
	context.user_regs.rsp = CHILD_DATA_VA + 4096;
	context.user_regs.cs = FLAT_KERNEL_CS;
	context.user_regs.ss = FLAT_KERNEL_SS;
	context.user_regs.rflags = 0x200;
	context.kernel_ss = FLAT_KERNEL_SS;
	context.kernel_sp = context.user_regs.rsp;
	context.ctrlreg[3] = child->mfns[CHILD_L4] << 12;
	request.u.vcpucontext.vcpu = 0;
	set_xen_guest_handle(request.u.vcpucontext.ctxt, &context);
	need(!domctl(&request));
}

void child_build(struct child *child, const void *start, uint64_t argument)
{
	struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE};

	need(!child_max_mem(child, 64));
	need(child_populate(child, CHILD_PAGES) == CHILD_PAGES);
	fill(child);
	pin.arg1.mfn = child->mfns[CHILD_L4];
	need(!call_mmuext(&pin, 1, NULL, child->id));
	set_context(child, start, argument);
}

long child_info(domid_t id, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl request = {.cmd = XEN_DOMCTL_getdomaininfo, .domain = id};
	long rc = domctl(&request);

	*info = request.u.getdomaininfo;
	return rc == 0 && info->domain != id ? -XEN_ESRCH : rc;
}

bool child_wait(domid_t id, uint32_t flags)
{
	struct xen_domctl_getdomaininfo info;

	for (uint64_t end = now_ns() + 5000000000ul; now_ns() < end;) {
		if (child_info(id, &info) == 0 && (info.flags & flags) == flags)
			return true;
		need(!call_sched(SCHEDOP_yield, NULL));
	}
	return false;
}

bool child_gone(domid_t id)
{
	struct xen_domctl_getdomaininfo info;

	for (uint64_t end = now_ns() + 2000000000ul; now_ns() < end;) {
		if (child_info(id, &info) == -XEN_ESRCH)
			return true;
		need(!call_sched(SCHEDOP_yield, NULL));
	}
	return false;
}

bool child_destroy(const struct child *child)
{
	return domctl_simple(XEN_DOMCTL_destroydomain, child->id) == 0 && child_gone(child->id);
}

uint64_t free_pages(void)
{
	struct xen_sysctl request = {.cmd = XEN_SYSCTL_physinfo};

	request.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	need(!hc1(__HYPERVISOR_sysctl, &request));
	return request.u.physinfo.free_pages + request.u.physinfo.scrub_pages;
}

bool free_pages_again(uint64_t before)
{
	for (uint64_t end = now_ns() + 3000000000ul; now_ns() < end;) {
		if (free_pages() >= before)
			return true;
		need(!call_sched(SCHEDOP_yield, NULL));
	}
	return false;
}
