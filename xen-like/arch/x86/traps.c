/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/traps.c - the IDT, and the first decision about each trap:
 * a guest's goes to pv/, an interrupt to irq.c, one of our own resumes where
 * the exception table says or ends in a panic.
 */
#include "xen-like/arch/x86/traps.h"
#include "xen-like/arch/x86/asm.h"

#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/machine_check.h"
#include "xen-like/arch/x86/offsets.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/panic.h"
#include "xen-like/pv/emulate.h"
#include "xen-like/pv/fault.h"
#include "xen-like/pv/pv.h"

#define TRAP_FAILSAFE  0x101
#define TRAP_SYSCALL32 0x102
#define DEVICE_VECTORS 0x20

/* What entry.S and guest_copy.S know. */
_Static_assert(FLAGS_OF_GUEST == (0x3fffffull & ~(FLAG_IOPL | FLAG_VM | FLAG_VIF | FLAG_VIP)),
	       "offsets.h");
_Static_assert(FLAGS_NOT_ENTERED == (FLAG_AC | FLAG_VM | FLAG_RF | FLAG_NT | FLAG_TF | FLAG_IOPL),
	       "offsets.h");
#define REGS_AT(offset, field) _Static_assert(offsetof(struct regs, field) == (offset), #field)
#define VCPU_AT(offset, field) _Static_assert(offsetof(struct vcpu, field) == (offset), #field)
REGS_AT(REGS_R15, r15);
REGS_AT(REGS_R14, r14);
REGS_AT(REGS_R13, r13);
REGS_AT(REGS_R12, r12);
REGS_AT(REGS_RBP, rbp);
REGS_AT(REGS_RBX, rbx);
REGS_AT(REGS_R11, r11);
REGS_AT(REGS_R10, r10);
REGS_AT(REGS_R9, r9);
REGS_AT(REGS_R8, r8);
REGS_AT(REGS_RAX, rax);
REGS_AT(REGS_RCX, rcx);
REGS_AT(REGS_RDX, rdx);
REGS_AT(REGS_RSI, rsi);
REGS_AT(REGS_RDI, rdi);
REGS_AT(REGS_ERROR, error_code);
REGS_AT(REGS_VECTOR, vector);
REGS_AT(REGS_RIP, rip);
REGS_AT(REGS_CS, cs);
REGS_AT(REGS_RFLAGS, rflags);
REGS_AT(REGS_RSP, rsp);
REGS_AT(REGS_SS, ss);
_Static_assert(sizeof(struct regs) == REGS_SIZE, "struct regs");
VCPU_AT(VCPU_REGS, regs); /* also for the CPU's alignment */
VCPU_AT(VCPU_INFO, info);
VCPU_AT(VCPU_DOMAIN, domain);
VCPU_AT(VCPU_KERNEL_MODE, pv.kernel_mode);
VCPU_AT(VCPU_NMI_PENDING, pv.nmi_pending);
VCPU_AT(VCPU_NMI_MASKED, pv.nmi_masked);
VCPU_AT(VCPU_KERNEL_TABLE, pv.kernel_table);
VCPU_AT(VCPU_USER_TABLE, pv.user_table);
VCPU_AT(VCPU_GS_BASE_KERNEL, pv.gs_base_kernel);
VCPU_AT(VCPU_GS_BASE_USER, pv.gs_base_user);
VCPU_AT(VCPU_KERNEL_SP, pv.kernel_sp);
VCPU_AT(VCPU_SYSCALL, pv.syscall.address);
VCPU_AT(VCPU_SYSCALL_MASKS, pv.syscall.mask_events);
VCPU_AT(VCPU_FAULT, pv.traps[TRAP_PF].address);
VCPU_AT(VCPU_FAULT_MASKS, pv.traps[TRAP_PF].mask_events);
_Static_assert(offsetof(struct domain, vm_assist) == DOMAIN_VM_ASSIST, "struct domain");
_Static_assert(1u << VMASST_TYPE_architectural_iopl == ASSIST_IOPL, "entry_quick.S");
_Static_assert(offsetof(vcpu_info_t, evtchn_upcall_pending) == 0 &&
		       offsetof(vcpu_info_t, evtchn_upcall_mask) == 1 &&
		       offsetof(vcpu_info_t, arch.cr2) == INFO_CR2,
	       "entry.S, entry_quick.S");

struct idt_gate {
	uint16_t offset_low, selector;
	uint8_t ist, flags;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

static struct idt_gate idt[256] __attribute__((aligned(4096)));
extern const char entry_stubs[][16], guarded_stubs[][16];
extern const char quick_page_fault[], quick_general_protection[];

#define GATE_INTERRUPT 0x8e
#define GATE_RING3     0x60

static void gate_lead(unsigned int vector, const char *stub)
{
	uint64_t entry = (uint64_t)stub;

	idt[vector].offset_low = (uint16_t)entry;
	idt[vector].offset_middle = (uint16_t)(entry >> 16);
	idt[vector].offset_high = (uint32_t)(entry >> 32);
}

static void gate_set(unsigned int vector, uint8_t ist, uint8_t flags)
{
	idt[vector] = (struct idt_gate){
		.selector = SELECTOR_HYPERVISOR_CS,
		.ist = ist,
		.flags = flags,
	};
	gate_lead(vector, entry_stubs[vector]);
}

void idt_guard(void)
{
	for (unsigned int vector = 0; vector < 256; vector++)
		gate_lead(vector, guarded_stubs[vector]);
}

void idt_quicken(void)
{
	gate_lead(TRAP_PF, quick_page_fault);
	gate_lead(TRAP_GP, quick_general_protection);
}

const void *idt_page(void)
{
	return idt;
}

void idt_install(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) descriptor = {sizeof(idt) - 1, (uint64_t)idt};

	if (!idt[0].selector) {
		for (unsigned int vector = 0; vector < 256; vector++)
			gate_set(vector, 0, GATE_INTERRUPT);
		gate_set(TRAP_DF, IST_DF, GATE_INTERRUPT);
		gate_set(TRAP_NMI, IST_NMI, GATE_INTERRUPT);
		gate_set(TRAP_MC, IST_MC, GATE_INTERRUPT);
		gate_set(TRAP_DB, IST_DB, GATE_INTERRUPT);
		/* INT3 and INTO are for guests' debuggers too. */
		gate_set(TRAP_BP, 0, GATE_INTERRUPT | GATE_RING3);
		gate_set(TRAP_OF, 0, GATE_INTERRUPT | GATE_RING3);
	}
	__asm__ volatile("lidt %0" : : "m"(descriptor));
}

static void guest_debug(struct vcpu *vcpu)
{
	uint64_t status;

	__asm__ volatile("mov %%db6, %0" : "=r"(status));
	__asm__ volatile("mov %0, %%db6" : : "r"(0xffff0ff0ull));
	vcpu->pv.debug[6] |= status & 0xe00f;
	bounce_exception(vcpu, &(struct guest_exception){.vector = TRAP_DB});
}

/* A bit for each vector that has one. */
#define WITH_ERROR_CODE                                                                            \
	(1u << TRAP_DF | 1u << TRAP_TS | 1u << TRAP_NP | 1u << TRAP_SS | 1u << TRAP_GP |           \
	 1u << TRAP_PF | 1u << TRAP_AC | 1u << TRAP_CP)

static void guest_exception(struct vcpu *vcpu)
{
	uint32_t vector = vcpu->regs.vector & 31;

	bounce_exception(vcpu, &(struct guest_exception){
				       .vector = (uint8_t)vector,
				       .has_error = (WITH_ERROR_CODE >> vector) & 1,
				       .error_code = vcpu->regs.error_code,
			       });
}

/* Told once: the guest finds its TS cleared, as CLTS would leave it. */
static void guest_no_device(struct vcpu *vcpu)
{
	vcpu->pv.task_switched = false;
	write_cr0(read_cr0() & ~CR0_TS);
	guest_exception(vcpu);
}

/* entry.S: all that is no hypercall and no system call. */
void guest_trap(struct regs *regs);
void guest_trap(struct regs *regs)
{
	struct vcpu *vcpu = current_vcpu();
	uint32_t vector = regs->vector;

	if (likely(vector == TRAP_PF))
		guest_page_fault(vcpu, read_cr2(), regs->error_code);
	else if (vector - DEVICE_VECTORS < 256 - DEVICE_VECTORS)
		irq_handle((uint8_t)vector);
	else if (vector == TRAP_UD)
		guest_invalid_opcode(vcpu);
	else if (vector == TRAP_GP)
		guest_general_protection(vcpu, regs->error_code);
	else if (vector == TRAP_NM)
		guest_no_device(vcpu);
	else if (vector == TRAP_DB)
		guest_debug(vcpu);
	else if (vector == TRAP_SYSCALL32)
		bounce_syscall32(vcpu);
	else if (vector == TRAP_FAILSAFE)
		bounce_failsafe(vcpu);
	else
		guest_exception(vcpu);
}

/* entry.S: on the way out, when there may be some. */
void guest_events(struct vcpu *vcpu);
void guest_events(struct vcpu *vcpu)
{
	if (unlikely(vcpu->pv.nmi_pending && !vcpu->pv.nmi_masked))
		bounce_events(vcpu);
	else if (read_once(vcpu->info->evtchn_upcall_pending) &&
		 !read_once(vcpu->info->evtchn_upcall_mask))
		bounce_events(vcpu);
}

struct resume_entry {
	int32_t fault, resume;
};
extern const struct resume_entry exception_table_start[], exception_table_end[];

static bool resume_after_fault(struct regs *regs)
{
	const struct resume_entry *entry;

	for (entry = exception_table_start; entry < exception_table_end; entry++) {
		if ((uint64_t)&entry->fault + (uint64_t)(int64_t)entry->fault != regs->rip)
			continue;
		regs->rip = (uint64_t)&entry->resume + (uint64_t)(int64_t)entry->resume;
		return true;
	}
	return false;
}

static const char *const trap_names[] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bound range",
	"invalid opcode",
	"no device",
	"double fault",
	"coprocessor overrun",
	"invalid TSS",
	"segment not present",
	"stack fault",
	"general protection",
	"page fault",
	"reserved",
	"x87 error",
	"alignment check",
	"machine check",
	"SIMD error",
	"virtualization",
	"control protection",
};

static void fatal_trap(struct regs *regs)
{
	const char *name = regs->vector < ARRAY_SIZE(trap_names) ? trap_names[regs->vector] : "?";

	panic_begin();
	if (regs->vector == TRAP_MC)
		machine_check_print();
	panic_end(regs, "unexpected %s (vector %u, error %#x, address %#llx) at %pS", name,
		  regs->vector, regs->error_code, (unsigned long long)read_cr2(),
		  (void *)regs->rip);
}

void enso_trap(struct regs *regs);
void enso_trap(struct regs *regs)
{
	if (regs->vector >= DEVICE_VECTORS)
		irq_handle((uint8_t)regs->vector);
	else if (!resume_after_fault(regs))
		fatal_trap(regs);
}

void own_stack_trap(struct regs *regs);
void own_stack_trap(struct regs *regs)
{
	if (regs->vector == TRAP_NMI)
		nmi_handle(regs);
	else if (regs->vector == TRAP_DB)
		/* MOV SS before SYSCALL moves the guest's trap to our first instruction. */
		__asm__ volatile("mov %0, %%db6" : : "r"(0xffff0ff0ull));
	else
		fatal_trap(regs);
}

bool read_msr_safe(uint32_t index, uint64_t *value)
{
	uint32_t low = 0, high = 0;
	bool done = false;

	__asm__ volatile("1: rdmsr\n\t"
			 "movb $1, %2\n\t"
			 "2:\n\t" EXCEPTION_RESUME_TEXT("1b", "2b")
			 : "+a"(low), "+d"(high), "+m"(done)
			 : "c"(index));
	*value = (uint64_t)high << 32 | low;
	return done;
}

bool write_msr_safe(uint32_t index, uint64_t value)
{
	bool done = false;

	__asm__ volatile("1: wrmsr\n\t"
			 "movb $1, %0\n\t"
			 "2:\n\t" EXCEPTION_RESUME_TEXT("1b", "2b")
			 : "+m"(done)
			 : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
	return done;
}
