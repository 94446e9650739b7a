/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/dispatch.c - the switch that table.def becomes, and multicall.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/offsets.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/pv.h"

_Static_assert(HYPERCALL_UNFINISHED == HYPERCALL_NO_RESULT &&
		       HYPERCALL_UNFINISHED + 1 == -XEN_ERESTART &&
		       HYPERCALL_IRET == __HYPERVISOR_iret,
	       "entry.S knows these");

enum caller { CALLER_PV = 1, CALLER_CONTROL = 2, CALLER_ANY = CALLER_PV };

#define ARGS_0
#define ARGS_1 args[0]
#define ARGS_2 ARGS_1, args[1]
#define ARGS_3 ARGS_2, args[2]
#define ARGS_4 ARGS_3, args[3]
#define ARGS_5 ARGS_4, args[4]

static bool may_call(const struct vcpu *vcpu, enum caller who)
{
	return who != CALLER_CONTROL || domain_controls(vcpu->domain);
}

/* Inlined in both places where calls come from, so that arguments are read as they are used. */
static inline __attribute__((always_inline)) int64_t
call_handler(const struct vcpu *vcpu, uint32_t number, const uint64_t args[5])
{
	switch (number) {
#define HYPERCALL(name, count, who)                                                                \
	case __HYPERVISOR_##name:                                                                  \
		return may_call(vcpu, who) ? hc_##name(ARGS_##count) : -XEN_EPERM;
#include "hypercalls/table.def"
#undef HYPERCALL
	default:
		return -XEN_ENOSYS;
	}
}

void hypercall_set_argument(unsigned int index, reg_t value)
{
	struct vcpu *vcpu = current_vcpu();
	struct regs *regs = &vcpu->regs;
	uint64_t *const registers[] = {&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8};

	if (vcpu->multicall_args)
		vcpu->multicall_args[index] = value;
	else
		*registers[index] = value;
}

int64_t hypercall_from_guest(reg_t a, reg_t b, reg_t c, reg_t d, reg_t e, uint32_t number)
{
	const uint64_t args[5] = {a, b, c, d, e};

	count_one(hypercalls);
	return call_handler(current_vcpu(), number, args);
}

void hypercall_unfinished(int64_t result)
{
	struct regs *regs = &current_vcpu()->regs;

	if (result == HYPERCALL_NO_RESULT)
		return;
	/* Made again, with what is left, when the guest runs on. */
	regs->rip -= 2;
	regs->rcx = regs->rip;
}

/*
 * Runs one entry.  An unfinished one is written back with what is left of it:
 * the guest may change that, but only into another call it could have made.
 */
static int64_t multicall_entry(struct vcpu *vcpu, guest_va_t where, struct multicall_entry *entry)
{
	uint64_t result;

	if (!copy_from_guest(entry, where, sizeof(*entry)))
		return -XEN_EFAULT;
	if (entry->op == __HYPERVISOR_multicall)
		result = (uint64_t)-XEN_EINVAL;
	else if (entry->op == __HYPERVISOR_iret)
		result = (uint64_t)-XEN_ENOSYS;
	else
		result = (uint64_t)call_handler(vcpu, (uint32_t)entry->op, entry->args);

	if (likely(result != (uint64_t)-XEN_ERESTART)) {
		where.va += offsetof(struct multicall_entry, result);
		return copy_to_guest(where, &result, sizeof(result)) ? 0 : -XEN_EFAULT;
	}
	return copy_to_guest(where, entry, sizeof(*entry)) ? -XEN_ERESTART : -XEN_EFAULT;
}

int64_t hc_multicall(reg_t list, reg_t count)
{
	struct vcpu *vcpu = current_vcpu();
	struct work_budget budget = {.left = 64};
	struct multicall_entry entry;
	int64_t rc = 0;

	count = (uint32_t)count;
	vcpu->multicall_args = entry.args;
	while (count > 0) {
		if (work_done(&budget, 1) || read_once(this_cpu()->work))
			rc = -XEN_ERESTART;
		else
			rc = multicall_entry(vcpu, guest_va(list), &entry);
		if (rc != 0)
			break;
		list += sizeof(entry);
		count--;
	}
	vcpu->multicall_args = NULL;
	if (rc == -XEN_ERESTART) {
		hypercall_set_argument(0, list);
		hypercall_set_argument(1, count);
	}
	return rc;
}
