/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/dispatch.c - the switch that table.def becomes, and multicall.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/pv.h"

enum caller { CALLER_PV = 1, CALLER_CONTROL = 2, CALLER_ANY = CALLER_PV };

#define ARGS_0
#define ARGS_1 call->args[0]
#define ARGS_2 ARGS_1, call->args[1]
#define ARGS_3 ARGS_2, call->args[2]
#define ARGS_4 ARGS_3, call->args[3]
#define ARGS_5 ARGS_4, call->args[4]

static unsigned int caller_kind(const struct vcpu *vcpu)
{
	return CALLER_PV | (vcpu->domain->control ? CALLER_CONTROL : 0);
}

static int64_t call_handler(const struct hypercall *call, unsigned int caller)
{
	switch (call->number) {
#define HYPERCALL(name, count, who)                                                                \
	case __HYPERVISOR_##name:                                                                  \
		return (caller & (who)) ? hc_##name(ARGS_##count) : -XEN_EPERM;
#include "hypercalls/table.def"
#undef HYPERCALL
	default:
		return -XEN_ENOSYS;
	}
}

void hypercall_from_guest(void)
{
	struct vcpu *vcpu = current_vcpu();
	struct regs *regs = &vcpu->regs;
	struct hypercall *call = &vcpu->call;
	int64_t result;

	call->number = (uint32_t)regs->rax;
	call->args[0] = regs->rdi;
	call->args[1] = regs->rsi;
	call->args[2] = regs->rdx;
	call->args[3] = regs->r10;
	call->args[4] = regs->r8;
	call->in_multicall = false;
	result = call_handler(call, caller_kind(vcpu));

	if (likely(result != -XEN_ERESTART)) {
		/* iret has put a whole new set of registers there. */
		if (call->number != __HYPERVISOR_iret)
			regs->rax = (uint64_t)result;
		return;
	}
	/* Made again, with what is left, when the guest runs on. */
	regs->rip -= 2;
	regs->rcx = regs->rip;
	regs->rdi = call->args[0];
	regs->rsi = call->args[1];
	regs->rdx = call->args[2];
	regs->r10 = call->args[3];
	regs->r8 = call->args[4];
}

/*
 * Runs one entry.  An unfinished one is written back with what is left of it:
 * the guest may change that, but only into another call it could have made.
 */
static int64_t multicall_entry(struct vcpu *vcpu, guest_va_t where)
{
	struct multicall_entry entry;
	struct hypercall *call = &vcpu->call;
	int64_t result;

	if (!copy_from_guest(&entry, where, sizeof(entry)))
		return -XEN_EFAULT;
	*call = (struct hypercall){.number = entry.op, .in_multicall = true};
	for (unsigned int i = 0; i < ARRAY_SIZE(call->args); i++)
		call->args[i] = entry.args[i];
	if (entry.op == __HYPERVISOR_multicall || entry.op == __HYPERVISOR_iret)
		result = entry.op == __HYPERVISOR_multicall ? -XEN_EINVAL : -XEN_ENOSYS;
	else
		result = call_handler(call, caller_kind(vcpu));

	if (result != -XEN_ERESTART) {
		uint64_t value = (uint64_t)result;

		return copy_to_guest(guest_va(where.va + offsetof(struct multicall_entry, result)),
				     &value, sizeof(value))
			       ? 0
			       : -XEN_EFAULT;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(call->args); i++)
		entry.args[i] = call->args[i];
	if (!copy_to_guest(where, &entry, sizeof(entry)))
		return -XEN_EFAULT;
	return -XEN_ERESTART;
}

int64_t hc_multicall(reg_t list, reg_t count)
{
	struct vcpu *vcpu = current_vcpu();
	struct hypercall outer = vcpu->call;
	struct work_budget budget = {.left = 64};
	int64_t rc = 0;

	if (outer.in_multicall)
		return -XEN_EINVAL;
	count = (uint32_t)count;
	while (count > 0 && rc == 0) {
		if (work_done(&budget, 1) || read_once(this_cpu()->work)) {
			rc = -XEN_ERESTART;
			break;
		}
		rc = multicall_entry(vcpu, guest_va(list));
		if (rc != 0)
			break;
		list += sizeof(struct multicall_entry);
		count--;
	}
	vcpu->call = outer;
	vcpu->call.args[0] = list;
	vcpu->call.args[1] = count;
	return rc;
}
