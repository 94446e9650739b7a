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
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/pv/fault.h"
#include "xen-like/pv/pv.h"

/* hypercalls/dispatch.c: the one arrow that points up, by name. */
void hypercall_from_guest(void);

#define TRAP_FAILSAFE  0x101
#define TRAP_SYSCALL32 0x102
#define DEVICE_VECTORS 0x20

_Static_assert(offsetof(struct regs, r11) == 48 && offsetof(struct regs, rax) == 80 &&
		       offsetof(struct regs, rcx) == 88 && offsetof(struct regs, vector) == 124 &&
		       offsetof(struct regs, rip) == 128 && sizeof(struct regs) == 168,
	       "entry.S knows these");
_Static_assert(offsetof(struct vcpu, regs) == 8, "entry.S and the CPU's alignment need this");

struct idt_gate {
	uint16_t offset_low, selector;
	uint8_t ist, flags;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

static struct idt_gate idt[256] __attribute__((aligned(4096)));
extern const char entry_stubs[][16];
uint8_t smap_active;

#define GATE_INTERRUPT 0x8e
#define GATE_RING3     0x60

static void gate_set(unsigned int vector, uint8_t ist, uint8_t flags)
{
	uint64_t entry = (uint64_t)entry_stubs[vector];

	idt[vector] = (struct idt_gate){
		.offset_low = (uint16_t)entry,
		.offset_middle = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
		.selector = SELECTOR_HYPERVISOR_CS,
		.ist = ist,
		.flags = flags,
	};
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

static bool has_error_code(uint32_t vector)
{
	return vector == TRAP_DF || (vector >= TRAP_TS && vector <= TRAP_PF) || vector == TRAP_AC ||
	       vector == TRAP_CP;
}

static void guest_exception(struct vcpu *vcpu, const struct regs *regs)
{
	struct guest_exception exception = {
		.vector = (uint8_t)regs->vector,
		.has_error = has_error_code(regs->vector),
		.error_code = regs->error_code,
	};

	bounce_exception(vcpu, &exception);
}

void guest_trap(struct regs *regs);
void guest_trap(struct regs *regs)
{
	struct vcpu *vcpu = current_vcpu();

	switch (regs->vector) {
	case DEVICE_VECTORS ... 255:
		irq_handle((uint8_t)regs->vector);
		break;
	case TRAP_PF:
		guest_page_fault(vcpu, read_cr2(), regs->error_code);
		break;
	case TRAP_GP:
		if (!bounce_sysenter(vcpu) && !emulate_privileged(vcpu, regs->error_code))
			guest_exception(vcpu, regs);
		break;
	case TRAP_UD:
		if (!emulate_invalid_opcode(vcpu))
			guest_exception(vcpu, regs);
		break;
	case TRAP_NM:
		/* Told once: the guest finds its TS cleared, as CLTS would leave it. */
		vcpu->pv.task_switched = false;
		write_cr0(read_cr0() & ~CR0_TS);
		guest_exception(vcpu, regs);
		break;
	case TRAP_DB:
		guest_debug(vcpu);
		break;
	case TRAP_SYSCALL32:
		bounce_syscall32(vcpu);
		break;
	case TRAP_FAILSAFE:
		bounce_failsafe(vcpu);
		break;
	default:
		guest_exception(vcpu, regs);
		break;
	}
}

/* entry.S: SYSCALL.  Which kind it is, is Enso's knowledge, not the selector's. */
void guest_syscall(void);
void guest_syscall(void)
{
	struct vcpu *vcpu = current_vcpu();

	if (vcpu->pv.kernel_mode)
		hypercall_from_guest();
	else
		bounce_syscall(vcpu);
}

/* entry.S: on every way out. */
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

	regs_print(regs);
	panic("unexpected %s (vector %u, error %#x, address %#llx) at %pS", name, regs->vector,
	      regs->error_code, (unsigned long long)read_cr2(), (void *)regs->rip);
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
