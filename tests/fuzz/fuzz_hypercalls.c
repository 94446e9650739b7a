/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_hypercalls.c - bytes as a history of hypercalls by two
 * domains, with whatever arguments and structures the bytes say.
 *
 * After each call no CPU may reach what it must not, and a vCPU that waits has
 * not missed its event; at the end every page's references add up, by the
 * auditor and by a count of its own.  A CHECK, a panic, an endless wait or a
 * sanitizer's word is a crash.
 *
 * A step:
 *	who      bit 0: the domain; bit 1: structures end at a page nobody has mapped;
 *		 bit 2: timers are due by the time the CPU leaves Enso
 *	call     the hypercall's number; 0xff: time passes; 0xfe: the guest writes
 *		 its words where the first register points
 *	count    of words the guest writes first, where pointers will point
 *	words    `count`, then five for the registers; each a kind and its bytes:
 *		 0 a byte, 1 two, 2 eight; 3 a pointer (2: offset to the words);
 *		 4 a frame; 5 an entry's machine address (1, 2: which frame, offset);
 *		 6 an entry (1, 1: which frame, flags); 7 one of the hostile values;
 *		 8, 9, 10: what lies in the place of word n, its low or its high half
 *	frames   below 64 own pages, below 128 the other's, below 192 any; then those
 *		 whose numbers lie in the place of word n - 192
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/host/hypervisor.h"
#include "xen-like/sched/sched.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define SECOND	  1000000000ull
#define STEPS_MAX 40
#define WORDS_MAX 24
/* Where words are written: the first writable page, or the end of the last one. */
#define PLACE	  (HOST_GUEST_VA + HOST_TABLES * 4096)
#define PLACE_END (HOST_GUEST_VA + (HOST_TABLES + HOST_WRITABLE) * 4096)

static jmp_buf power_off;
static bool talks; /* HOST_LOG=1: every call and its result */

struct input {
	const uint8_t *at, *end;
	unsigned int domain;
	uint64_t place;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes && in->at < in->end; i++)
		value |= (uint64_t)*in->at++ << (8 * i);
	return value;
}

/* What an earlier call may have answered. */
static uint64_t guest_word(const struct input *in, uint64_t index)
{
	uint64_t word = 0;
	int cpu = host_cpu_of_domain(in->domain);

	if (cpu >= 0) {
		host_cpu_become((unsigned int)cpu);
		(void)host_guest_load(in->place + index * 8, &word, sizeof(word));
	}
	return word;
}

/* Own pages, the other's, any frame of the machine's and some beyond. */
static uint64_t take_frame(struct input *in)
{
	uint8_t which = (uint8_t)take(in, 1);

	if (which < 128)
		return host_pages[which < 64 ? in->domain : !in->domain]
				 [which % 64 % HOST_GUEST_PAGES];
	if (which < 192)
		return (which - 128u) * 40;
	return guest_word(in, which - 192u);
}

static uint64_t take_hostile(struct input *in)
{
	static const uint64_t values[] = {
		0,
		~0ull,
		~7ull,
		0x7fffffffffff,
		0x800000000000,
		0xffff7fffffffffff,
		0xffff800000000000,
		0xffff87fffffffff8,
		0xffff880000000000,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		1ull << 63,
		1ull << 40,
		0xfee00,
		0xa0,
		HOST_GUEST_VA,		  /* an L4, read-only      */
		HOST_GUEST_VA + 3 * 4096, /* the L1                */
		PLACE_END,		  /* not mapped            */
		PLACE_END - 4,		  /* half of it            */
		HOST_SHARED_VA,
		DOMID_SELF,
		DOMID_IO,
		DOMID_XEN,
		DOMID_INVALID,
	};

	return values[take(in, 1) % (sizeof(values) / sizeof(values[0]))];
}

static uint64_t take_word(struct input *in)
{
	uint64_t frame;

	switch (take(in, 1) & 15) {
	case 0:
		return take(in, 1);
	case 1:
		return take(in, 2);
	case 2:
		return take(in, 8);
	case 3:
		return in->place + take(in, 2);
	case 4:
		return take_frame(in);
	case 5:
		frame = take_frame(in);
		return frame << PAGE_SHIFT | (take(in, 2) & 0xfff);
	case 6:
		frame = take_frame(in);
		return frame << PAGE_SHIFT | take(in, 1);
	case 8:
		return guest_word(in, take(in, 1));
	case 9:
		return (uint32_t)guest_word(in, take(in, 1));
	case 10:
		return guest_word(in, take(in, 1)) >> 32;
	default:
		return take_hostile(in);
	}
}

static void fail(const char *why)
{
	fprintf(stderr, "hypercalls: %s\n", why);
	abort();
}

void host_died(const char *text)
{
	(void)text;
}

void host_power_off(void)
{
	longjmp(power_off, 1);
}

static void time_passes(struct input *in)
{
	host_now += take(in, 2) << 16;
	for (unsigned int i = 0; i < HOST_CPUS; i++)
		host_cpus[i].work |= WORK_TIMER | WORK_SCHEDULE;
	host_work();
}

/*
 * The CPU leaves Enso behind a call, with timers that are due by then if
 * `late`: an event that comes to the caller before it waits ends its wait.
 */
static void leave(bool late)
{
	const struct vcpu *caller = current_vcpu();
	struct domain *domain = caller->domain;
	bool had_event;

	fetch_add(&domain->references, 1);
	had_event = read_once(caller->info->evtchn_upcall_pending);
	if (late) {
		host_now += SECOND;
		this_cpu()->work |= WORK_TIMER;
	}
	host_work();
	if (!domain_is_dying(domain) && caller->blocked && !had_event &&
	    read_once(caller->info->evtchn_upcall_pending) &&
	    !read_once(caller->info->evtchn_upcall_mask))
		fail("a vCPU waits beside its event");
	domain_put(domain);
}

static void step(struct input *in)
{
	uint8_t who = (uint8_t)take(in, 1), number = (uint8_t)take(in, 1);
	unsigned int count = (unsigned int)take(in, 1) % (WORDS_MAX + 1);
	uint64_t words[WORDS_MAX], args[5];
	int64_t result;
	int cpu;
	const char *wrong;

	in->domain = who & 1;
	in->place = who & 2 ? PLACE_END - 8 * count : PLACE;
	if (number == 0xff) {
		time_passes(in);
		return;
	}
	for (unsigned int i = 0; i < count; i++)
		words[i] = take_word(in);
	for (unsigned int i = 0; i < 5; i++)
		args[i] = take_word(in);
	cpu = host_cpu_of_domain(in->domain);
	if (cpu < 0)
		return;
	host_cpu_become((unsigned int)cpu);
	/* From guest user mode calls go to the guest's own kernel. */
	if (!current_vcpu()->pv.kernel_mode)
		return;
	(void)host_guest_store(number == 0xfe ? args[0] : in->place, words, count * 8);
	result = number == 0xfe ? 0 : host_call(number & 63, args);
	if (talks)
		fprintf(stderr, "domain %u: call %u (%#lx, %#lx, %#lx, %#lx) = %ld\n", in->domain,
			number & 63, args[0], args[1], args[2], args[3], result);
	leave(who & 4);
	wrong = hypervisor_check_tlbs();
	if (wrong)
		fail(wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static bool created;
	struct input in = {.at = data, .end = data + bytes};
	const char *wrong;

	if (!created) {
		created = true;
		talks = getenv("HOST_LOG") != NULL;
		hypervisor_create();
	}
	if (setjmp(power_off) == 0) {
		for (unsigned int i = 0; i < STEPS_MAX && in.at < in.end; i++)
			step(&in);
		host_cpu_become(0);
		wrong = hypervisor_check();
		if (wrong)
			fail(wrong);
	}
	hypervisor_reset();
	return 0;
}
