/* SPDX-License-Identifier: MIT */
/* SYSCALL and SYSENTER from user mode when the kernel has registered nothing for them. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\n"
    "user_syscall: syscall\n\tud2\n"
    "user_sysenter: sysenter\n\tud2\n"
    ".popsection");
extern const char user_syscall[], user_sysenter[];

static long user(const char *text)
{
	struct trap_frame frame;

	user_frame(&frame, text);
	return user_run(&frame);
}

void guest_main(void)
{
	long vector;
	struct callback_unregister unregister = {.type = CALLBACKTYPE_syscall};

	user_init();
	expect("before", user(user_syscall), VECTOR_SYSCALL);
	expect("unregister-syscall", call_callback(CALLBACKOP_unregister, &unregister),
	       -XEN_EINVAL);
	unregister.type = CALLBACKTYPE_event;
	expect("unregister-event", call_callback(CALLBACKOP_unregister, &unregister), -XEN_EINVAL);
	/* AMD has no SYSENTER in long mode; on Intel it is refused for want of a callback. */
	vector = user(user_sysenter);
	expect_true("sysenter", vector == 6 || vector == 13);
}
