/* SPDX-License-Identifier: MIT */
/* set_trap_table, and the frame of an exception taken in the guest's kernel. */
#include "tests/guest/lib/guest.h"

static trap_info_t two[3];

static void claim_frame(void)
{
	uint64_t rsp, at;
	struct trap_frame *trap = &this_cpu()->trap;

	this_vcpu_info()->evtchn_upcall_mask = 0;
	asm volatile("mov %%rsp, %0\n\tlea 1f(%%rip), %1\n\tmov $0x1234, %%ecx\n\t"
		     "mov $0x5678, %%r11d\n\t8:\n1:\tud2\n9:\n\t"
		     ".pushsection .extable, \"a\"\n\t.quad 8b, 9b\n\t.popsection"
		     : "=&r"(rsp), "=&r"(at)
		     :
		     : "rcx", "r11", "memory");
	this_vcpu_info()->evtchn_upcall_mask = 1;
	expect("ud-vector", trap->vector, 6);
	expect("ud-error", trap->error, 0);
	expect("ud-rip", trap->rip, at);
	expect("ud-rsp", trap->rsp, rsp);
	expect("ud-cs-rpl-cleared", trap->cs & 0xffff, FLAT_KERNEL_CS & ~3);
	expect("ud-cs-mask", trap->cs >> 32, 0);
	expect("ud-ss", trap->ss, FLAT_KERNEL_SS);
	expect("ud-if-is-not-mask", trap->rflags & 0x200, 0x200);
	expect("ud-iopl", trap->rflags & 0x3000, 0);
	expect("ud-rcx", trap->rcx, 0x1234);
	expect("ud-r11", trap->r11, 0x5678);
	expect("masked-after", this_vcpu_info()->evtchn_upcall_mask, 1);
	try_asm("ud2");
	expect("masked-cs-mask", trap->cs >> 32, 1);
	expect("masked-if", trap->rflags & 0x200, 0);
}

static void claim_flags(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	/* AC in the frame as it was, DF too; neither TF nor IOPL can be forced. */
	try_asm("pushfq; orq $0x40400, (%%rsp); popfq; nop; 18: ud2; 19:\n"
		".pushsection .extable, \"a\"\n\t.quad 18b, 19b\n\t.popsection\n"
		"cld; pushfq; andq $~0x40000, (%%rsp); popfq",
		:
		:
		: "memory", "cc");
	expect("frame-ac", trap->rflags & 0x40000, 0x40000);
	expect("frame-df", trap->rflags & 0x400, 0x400);
	expect("identity", trap->vector, 6);
	expect("mask-stays", this_vcpu_info()->evtchn_upcall_mask, 1);
}

static void claim_vectors(void)
{
	uint64_t value;
	uint32_t zero = 0;

	expect("de", try_asm("divl %0", : : "m"(zero), "a"(1), "d"(0) : "memory"), 0);
	expect("bp", try_asm("int3", : : : "memory"), 3);
	expect("bp-rip-behind", *(uint8_t *)(this_cpu()->trap.rip - 1), 0xcc);
	expect("ud", try_asm("ud2"), 6);
	expect("gp-non-canonical", try_read(NON_CANONICAL, &value), 13);
	expect("gp-error", this_cpu()->trap.error, 0);
	expect("pf", try_read(UNMAPPED_VA, &value), 14);
	expect("pf-error", this_cpu()->trap.error, 0);
	expect("pf-cr2", this_cpu()->cr2, UNMAPPED_VA);
	expect("pf-write", try_write(UNMAPPED_VA + 8, 1), 14);
	expect("pf-write-error", this_cpu()->trap.error, 2);
	expect("pf-write-cr2", this_cpu()->cr2, UNMAPPED_VA + 8);
	expect("pf-hypervisor", try_read(HYPERVISOR_VA, &value), 14);
	expect("pf-hypervisor-cr2", this_cpu()->cr2, HYPERVISOR_VA);
	expect("pf-hypervisor-error", this_cpu()->trap.error & ~1ul, 0);
	expect("pf-read-only", try_write((uint64_t)read_only_page(), 1), 14);
	expect("pf-read-only-error", this_cpu()->trap.error, 3);
}

static void claim_table(void)
{
	/* One entry again; the others stay. */
	two[0] = trap_table[6];
	two[0].address = (uint64_t)trap_stubs + 0x81 * 32;
	expect("partial", call_traps(two), 0);
	expect("partial-new", try_asm("ud2"), 0x81);
	expect("partial-kept", try_asm("int3", : : : "memory"), 3);
	expect("bad-pointer", call_traps(NON_CANONICAL), -XEN_EFAULT);
	expect("bad-pointer-kept", try_asm("int3", : : : "memory"), 3);
	two[0].address = NON_CANONICAL;
	two[0].vector = 0x90;
	expect("non-canonical-handler", call_traps(two), -XEN_EINVAL);
	expect("restored", call_traps(trap_table), 0);
	expect("restored-ud", try_asm("ud2"), 6);
	trap_info_t *edge = edge_of_page(sizeof(trap_info_t));

	*edge = trap_table[6];
	expect("runs-into-edge", call_traps(edge), -XEN_EFAULT);
}

void guest_main(void)
{
	claim_frame();
	claim_flags();
	claim_vectors();
	claim_table();
	expect("unmask-flag", ({
		       two[0] = trap_table[6];
		       two[0].flags = 0;
		       call_traps(two);
	       }),
	       0);
	this_vcpu_info()->evtchn_upcall_mask = 0;
	trap_hook = NULL;
	try_asm("ud2");
	expect("open-gate-keeps-events", this_vcpu_info()->evtchn_upcall_mask, 0);
}
