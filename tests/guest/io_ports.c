/* SPDX-License-Identifier: MIT */
/* IN and OUT in kernel and user mode by virtual IOPL and bitmap; denied ports read all ones. */
#include "tests/guest/lib/cpu.h"

asm(".pushsection .user, \"ax\"\n"
    "user_in80: in $0x80, %al\n\tsyscall\n"
    "user_in71: in $0x71, %al\n\tsyscall\n"
    "user_inw: mov $0xfff, %edx\n\tinw %dx, %ax\n\tsyscall\n"
    "user_cli: cli\n\tsyscall\n"
    "user_sti: sti\n\tsyscall\n"
    "user_out: mov %edi, %edx\n\tout %al, %dx\n\tsyscall\n"
    ".popsection");
extern const char user_in80[], user_in71[], user_inw[], user_cli[], user_sti[], user_out[];

static long user(const char *text)
{
	struct trap_frame frame;

	user_frame(&frame, text);
	frame.rdi = 0x80;
	return user_run(&frame);
}

static long iopl(uint32_t level)
{
	struct physdev_set_iopl set = {.iopl = level};

	return call_physdev(PHYSDEVOP_set_iopl, &set);
}

static long in8(uint16_t port, uint32_t *value)
{
	*value = 0;
	return try_asm("inb %w1, %b0", : "+a"(*value) : "d"(port));
}

static void claim_kernel(void)
{
	uint32_t value;

	expect("iopl-0-in", in8(0x80, &value), 13);
	expect("iopl-0-cli", try_asm("cli"), 13);
	expect("iopl-1", iopl(1), 0);
	expect("iopl-1-in", in8(0x80, &value), NONE);
	expect("iopl-1-out", try_asm("outb %b0, $0x80", : : "a"(0)), NONE);
	expect("iopl-1-cli", try_asm("cli"), NONE);
	expect("iopl-1-sti", try_asm("sti"), NONE);
	expect("iopl-1-mask-kept", this_vcpu_info()->evtchn_upcall_mask, 1);
	expect("iopl-1-flags-hidden", ({
		       uint64_t flags;
		       asm volatile("pushfq\n\tpop %0" : "=r"(flags));
		       flags & 0x3000;
	       }),
	       0);
	expect("pic", in8(0x21, &value), NONE);
	expect("pic-all-ones", value, 0xff);
	expect("pic-out", try_asm("outb %b0, $0x21", : : "a"(0)), NONE);
	expect("pic-still", (in8(0x21, &value), value), 0xff);
	expect("rtc", try_asm("outb %b0, $0x70", : : "a"(0x0b)), NONE);
	expect("rtc-in", in8(0x71, &value), NONE);
	expect_true("rtc-24h-bit", (value & 0xff) != 0xff);
	uint32_t bdf = 0x80000000u, id = 0;

	asm volatile("mov $0xcf8, %%edx\n\toutl %0, %%dx" : : "a"(bdf) : "rdx");
	asm volatile("mov $0xcfc, %%edx\n\tinl %%dx, %0" : "=a"(id) : : "rdx");
	expect_true("pci-host-bridge", (id & 0xffff) == 0x8086);
	asm volatile("mov $0xcf8, %%edx\n\tinl %%dx, %0" : "=a"(id) : : "rdx");
	expect("pci-address-latched", id, bdf);
}

static void claim_user(void)
{
	static uint8_t bitmap[8192];
	struct physdev_set_iobitmap set = {.nr_ports = 0x81};

	expect("user-iopl-1-in", user(user_in80), 13);
	expect("user-iopl-1-cli", user(user_cli), 13);
	expect("iopl-3", iopl(3), 0);
	expect("user-iopl-3-in", user(user_in80), VECTOR_SYSCALL);
	expect("user-iopl-3-out", user(user_out), VECTOR_SYSCALL);
	expect("user-iopl-3-sti", user(user_sti), VECTOR_SYSCALL);
	expect("iopl-4", iopl(4), -XEN_EINVAL);
	expect("iopl-back", iopl(0), 0);
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0x80 / 8] = 0xfe;
	set_xen_guest_handle(set.bitmap, bitmap);
	expect("bitmap", call_physdev(PHYSDEVOP_set_iobitmap, &set), 0);
	expect("bitmap-allowed", user(user_in80), VECTOR_SYSCALL);
	expect("bitmap-denied", user(user_in71), 13);
	expect("bitmap-beyond", user(user_inw), 13);
	set.nr_ports = 65537;
	expect("bitmap-65537", call_physdev(PHYSDEVOP_set_iobitmap, &set), -XEN_EINVAL);
	set.nr_ports = 65536;
	expect("bitmap-65536", call_physdev(PHYSDEVOP_set_iobitmap, &set), 0);
	set.bitmap.p = (uint8_t *)NON_CANONICAL;
	expect("bitmap-bad", call_physdev(PHYSDEVOP_set_iobitmap, &set), -XEN_EINVAL);
	expect("bitmap-bad-old-kept", user(user_in80), VECTOR_SYSCALL);
}

void guest_main(void)
{
	user_init();
	claim_kernel();
	claim_user();
}
