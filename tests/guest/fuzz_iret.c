/* SPDX-License-Identifier: MIT */
/* Thousands of random frames for iret to user mode: each comes back as a trap, none escapes. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\nuser_syscall: syscall\n\tud2\n.popsection");
extern const char user_syscall[];

static uint64_t seed = 88172645463325252ul;

static uint64_t random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t pick_address(uint64_t good)
{
	static const uint64_t edges[] = {
		0,    NON_CANONICAL - 1, NON_CANONICAL, HYPERVISOR_VA, M2P_VA,
		~0ul, 0x7ffffffff000ul,	 VIRT_BASE};
	uint64_t r = random();

	if (r % 4 == 0)
		return edges[r / 4 % ARRAY_SIZE(edges)];
	return r % 4 == 1 ? random() : good;
}

void guest_main(void)
{
	static const uint16_t selectors[] = {
		FLAT_USER_CS64, FLAT_USER_SS64, FLAT_RING3_CS32, 0, 3,
		0xe03b,		0xffff,		0xe013,		 7, 0xe043};
	static long seen[256 + 8];
	long odd = 0;

	user_init();
	for (int i = 0; i < 6000; i++) {
		struct trap_frame frame;
		long vector;

		user_frame(&frame, user_syscall);
		frame.rip = pick_address(frame.rip);
		frame.rsp = pick_address(frame.rsp);
		/* Neither TF (it only adds a trap) nor the high half, which is not a flag. */
		frame.rflags = random() & 0x3ffeff;
		if (i % 3 == 0)
			frame.cs = selectors[random() % ARRAY_SIZE(selectors)] | 3;
		if (i % 5 == 0)
			frame.ss = selectors[random() % ARRAY_SIZE(selectors)];
		vector = user_run(&frame);
		if (vector >= 0 && vector < (long)ARRAY_SIZE(seen))
			seen[vector]++;
		else
			odd++;
		if (this_cpu()->trap.rflags & 0x3000)
			odd++;
	}
	expect("odd", odd, 0);
	expect_true("syscalls", seen[VECTOR_SYSCALL] > 100);
	expect_true("faults", seen[13] + seen[14] + seen[VECTOR_FAILSAFE] > 100);
	print("fuzz_iret: syscall %ld, #GP %ld, #PF %ld, failsafe %ld, #NP %ld, #SS %ld",
	      seen[VECTOR_SYSCALL], seen[13], seen[14], seen[VECTOR_FAILSAFE], seen[11], seen[12]);
	struct trap_frame frame;

	user_frame(&frame, user_syscall);
	expect("fine-again", user_run(&frame), VECTOR_SYSCALL);
}
