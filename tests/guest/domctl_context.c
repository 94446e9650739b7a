/* SPDX-License-Identifier: MIT */
/* domctl: a vCPU's context as it was set and as it runs; triggers. */
#include "tests/guest/lib/child.h"

static struct xen_domctl request;
static vcpu_guest_context_t context PAGE_ALIGNED;
static uint8_t window[4096] PAGE_ALIGNED;

static long get_context(domid_t domain, uint32_t vcpu, void *to)
{
	memset(&request, 0, sizeof(request));
	request.cmd = XEN_DOMCTL_getvcpucontext;
	request.domain = domain;
	request.u.vcpucontext.vcpu = vcpu;
	request.u.vcpucontext.ctxt.p = to;
	return domctl(&request);
}

static void claim_built(const struct child *child)
{
	expect("context", get_context(child->id, 0, &context), 0);
	expect_true("code", context.user_regs.rip >= CHILD_CODE_VA &&
				    context.user_regs.rip < CHILD_CODE_VA + 4096);
	expect("argument", context.user_regs.rdi, 77);
	expect("tables", context.ctrlreg[3] >> 12, child->mfns[CHILD_L4]);
	expect_true("kernel", context.flags & VGCF_in_kernel);
	expect_true("online", context.flags & VGCF_online);
	expect("ring-3", context.user_regs.cs & 3, 3);
	expect_true("flags-if", context.user_regs.rflags & 0x200);
	expect("fpu-control", *(uint16_t *)&context.fpu_ctxt, 0x37f);
	expect("bad", get_context(child->id, 0, (void *)NON_CANONICAL), -XEN_EFAULT);
}

/* A vCPU that runs is looked at where it is, and runs on. */
static void claim_running(const struct child *child)
{
	volatile uint64_t *counter = child_map(child, child->mfns[CHILD_DATA], window);
	uint64_t seen, end = now_ns() + 3000000000ul;

	need(counter);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child->id));
	while (now_ns() < end && *counter == 0)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect("running-context", get_context(child->id, 0, &context), 0);
	expect_true("running-code", context.user_regs.rip >= CHILD_CODE_VA &&
					    context.user_regs.rip < CHILD_CODE_VA + 4096);
	seen = *counter;
	end = now_ns() + 3000000000ul;
	while (now_ns() < end && *counter == seen)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect_true("runs-on", *counter > seen);
	child_unmap(window);
}

/* Refused for its tables: the GDT's page is not held either. */
static void claim_refused_context(const struct child *child)
{
	struct child more = *child;

	need(child_populate(&more, 1) == 1);
	memset(&context, 0, sizeof(context));
	context.gdt_frames[0] = more.mfns[0];
	context.gdt_ents = 512;
	context.ctrlreg[3] = more.mfns[0] << 12;
	memset(&request, 0, sizeof(request));
	request.cmd = XEN_DOMCTL_setvcpucontext;
	request.domain = child->id;
	request.u.vcpucontext.vcpu = 1;
	set_xen_guest_handle(request.u.vcpucontext.ctxt, &context);
	expect("refused-tables", domctl(&request), -XEN_EINVAL);
	expect("refused-not-set", get_context(child->id, 1, &context), -XEN_ENODATA);
	expect_true("refused-gdt-free", child_map(child, more.mfns[0], window) != NULL);
	child_unmap(window);
}

static long trigger(domid_t domain, uint32_t what, uint32_t vcpu)
{
	memset(&request, 0, sizeof(request));
	request.cmd = XEN_DOMCTL_sendtrigger;
	request.domain = domain;
	request.u.sendtrigger.trigger = what;
	request.u.sendtrigger.vcpu = vcpu;
	return domctl(&request);
}

static void claim_triggers(domid_t domain)
{
	expect("reset", trigger(domain, XEN_DOMCTL_SENDTRIGGER_RESET, 0), -XEN_ENOSYS);
	expect("init", trigger(domain, XEN_DOMCTL_SENDTRIGGER_INIT, 0), -XEN_ENOSYS);
	expect("power", trigger(domain, XEN_DOMCTL_SENDTRIGGER_POWER, 0), -XEN_EINVAL);
	expect("sleep", trigger(domain, XEN_DOMCTL_SENDTRIGGER_SLEEP, 0), -XEN_EINVAL);
	expect("no-trigger", trigger(domain, 9, 0), -XEN_ENOSYS);
	expect("nmi-nobody", trigger(domain, XEN_DOMCTL_SENDTRIGGER_NMI, 9), -XEN_ESRCH);
	expect("nmi", trigger(domain, XEN_DOMCTL_SENDTRIGGER_NMI, 0), 0);
}

void guest_main(void)
{
	struct child child;

	need(!child_create(&child, 2));
	expect("not-yet", get_context(child.id, 0, &context), -XEN_ENODATA);
	expect("absent-vcpu", get_context(child.id, 2, &context), -XEN_EINVAL);
	expect("absent-domain", get_context(99, 0, &context), -XEN_ESRCH);
	child_build(&child, child_spin, 77);
	claim_built(&child);
	claim_refused_context(&child);
	expect("second-not-yet", get_context(child.id, 1, &context), -XEN_ENODATA);
	claim_running(&child);
	claim_triggers(child.id);
	need(child_destroy(&child));
}
