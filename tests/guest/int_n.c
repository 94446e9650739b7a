/* SPDX-License-Identifier: MIT */
/* INT n: from the guest's kernel and from its user mode, by the gate's DPL. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\n"
    "user_int80: int $0x80\n\tud2\n"
    "user_int81: int $0x81\n\tud2\n"
    "user_int3: int3\n\tud2\n"
    "user_int13: int $13\n\tud2\n"
    "user_intff: int $0xff\n\tud2\n"
    ".popsection");
extern const char user_int80[], user_int81[], user_int3[], user_int13[], user_intff[];

static trap_info_t one[2];

static long user(const char *text)
{
	struct trap_frame frame;

	user_frame(&frame, text);
	return user_run(&frame);
}

void guest_main(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	expect("kernel-80", try_asm("int $0x80", : : : "memory"), 0x80);
	expect("kernel-81-dpl-0", try_asm("int $0x81", : : : "memory"), 13);
	one[0] = trap_table[0x81];
	one[0].flags |= 1;
	expect("set-dpl-1", call_traps(one), 0);
	expect("kernel-81-dpl-1", try_asm("int $0x81", : : : "memory"), 0x81);
	user_init();
	expect("user-80", user(user_int80), 0x80);
	expect("user-80-cs", trap->cs & 0xffff, FLAT_USER_CS64);
	expect("user-80-rip-behind", trap->rip, user_va(user_int80) + 2);
	expect("user-80-rsp", trap->rsp, USER_STACK);
	expect("user-80-ss", trap->ss, FLAT_USER_SS64);
	expect("user-81-refused", user(user_int81), 13);
	expect("user-81-error", trap->error, 0x81 * 8 + 2);
	expect("user-81-rip-at", trap->rip, user_va(user_int81));
	expect("user-int3", user(user_int3), 3);
	expect("user-int3-rip-behind", trap->rip, user_va(user_int3) + 1);
	expect("user-13-refused", user(user_int13), 13);
	expect("user-13-error", trap->error, 13 * 8 + 2);
	expect("user-ff-refused", user(user_intff), 13);
}
