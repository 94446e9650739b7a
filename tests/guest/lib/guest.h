/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/lib/guest.h - what a micro-guest's test file needs.
 *
 * A test defines guest_main() and states claims with expect(); the library
 * boots it, catches faults, and prints `PASS name.claim` or
 * `FAIL name.claim: reason`, then DONE.  Events stay masked unless a test
 * opens them.  Nothing here is thread-safe except what says so; the second
 * vCPU's code should only touch memory, hypercalls and its own struct cpu.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/callback.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

#include "tests/guest/lib/hypercall.h"
#include "tests/guest/lib/layout.h"

#define PAGE_SIZE	 4096ul
#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define DOM0_PAGES	 (32l << 8) /* what tests/guest/run gives one, as dom0 */
#define PAGE_ALIGNED	 __attribute__((aligned(4096)))
#define barrier()	 asm volatile("" ::: "memory")
#define read_once(x)	 (*(const volatile __typeof__(x) *)&(x))
#define write_once(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define NONE		 (-1L)

/* Addresses that are wrong in different ways (see bad_pointers[]). */
#define NON_CANONICAL 0x0000800000000000ul
#define HYPERVISOR_VA 0xffff820000000000ul
#define M2P_VA	      0xffff800000000000ul
#define UNMAPPED_VA   0x0000123456789000ul

/* --- claims --------------------------------------------------------------- */

#ifndef GUEST_NAME
#define GUEST_NAME "lib"
#endif

/* Whether the command line has this word behind its first. */
bool asked_for(const char *word);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void claim_equal(const char *claim, long got, long want);
void claim_true(const char *claim, bool holds, const char *expression);
void guest_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void guest_done(void) __attribute__((noreturn));

/* The claim holds if `got` equals `want`; both are shown if it does not. */
#define expect(claim, got, want)      claim_equal(GUEST_NAME "." claim, (long)(got), (long)(want))
#define expect_true(claim, condition) claim_true(GUEST_NAME "." claim, (condition), #condition)
/*
 * Refused for what it is, whatever the errno: callers that care for a certain
 * one are tested with expect().
 */
void claim_refused(const char *claim, long got);
#define expect_refused(claim, got) claim_refused(GUEST_NAME "." claim, (long)(got))
/* For claims made in a loop: the claim is a run-time string, prefixed here. */
void claim_named(const char *group, const char *claim, long got, long want);
#define expect_named(claim, got, want) claim_named(GUEST_NAME, claim, (long)(got), (long)(want))

/* Announces that what follows must end the domain, and only the domain. */
#define expect_crash(claim) print("CRASH " GUEST_NAME "." claim)

/* Stops the test at once if what it needs to go on cannot be had. */
#define need(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			guest_fail(GUEST_NAME ".setup: %s (line %d)", #condition, __LINE__);       \
	} while (0)

void guest_main(void);

/* --- start of day --------------------------------------------------------- */

struct entry_registers {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, cs, ss, ds, es, fs, gs;
};
extern struct entry_registers entry_registers;
extern start_info_t *start_info;
extern shared_info_t *shared_info; /* mapped by the library before guest_main() */
extern char image_start[], image_end[], user_text_start[], user_text_end[];

/* --- a vCPU's own state: at the foot of its stack ------------------------- */

/* What an entry into the kernel left on the stack; see entry.S. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

struct cpu {
	int id;
	long caught;		/* vector of the last caught trap, NONE if none */
	uint64_t cr2;		/* vcpu_info.arch.cr2 at that trap */
	uint64_t catch_rsp;	/* not 0 while catch_call() runs */
	uint64_t user_rsp;	/* not 0 while user mode runs */
	struct trap_frame trap; /* the last trap, however it was handled */
	void (*start)(void *);
	void *argument;
	volatile int finished;
};

static inline struct cpu *this_cpu(void)
{
	uint64_t rsp;

	asm("mov %%rsp, %0" : "=r"(rsp));
	return (struct cpu *)(rsp & ~(uint64_t)(STACK_SIZE - 1));
}

static inline vcpu_info_t *this_vcpu_info(void)
{
	return &shared_info->vcpu_info[this_cpu()->id];
}

/* --- faults --------------------------------------------------------------- */

/*
 * One instruction that may fault: the value is the vector or NONE, the frame
 * is in this_cpu()->trap.  Operands follow as in asm().  The instruction may
 * not move RSP.
 */
#define try_asm(instruction, ...)                                                                  \
	({                                                                                         \
		this_cpu()->caught = NONE;                                                         \
		barrier();                                                                         \
		asm volatile("8: " instruction "\n9:\n\t"                                          \
			     ".pushsection .extable, \"a\"\n\t.quad 8b, "                          \
			     "9b\n\t.popsection" __VA_ARGS__);                                     \
		barrier();                                                                         \
		this_cpu()->caught;                                                                \
	})

/* A whole function that may fault: the value is the vector or NONE. */
long try_call(void (*function)(void *), void *argument);
void catch_call(void (*function)(void *), void *argument, uint64_t *rsp);
extern char catch_landing[];

static inline long try_read(uint64_t va, uint64_t *value)
{
	return try_asm("mov (%1), %0", : "=&r"(*value) : "r"(va) : "memory");
}

static inline long try_write(uint64_t va, uint64_t value)
{
	return try_asm("mov %0, (%1)", : : "r"(value), "r"(va) : "memory");
}

/* A test may see every trap first; true if it dealt with it. */
extern bool (*trap_hook)(struct trap_frame *frame);
extern char trap_stubs[]; /* 256 entries of 32 bytes */
extern char event_callback[], syscall_callback[], sysenter_callback[], failsafe_callback[];
extern uint64_t failsafe_selectors[4]; /* ds, es, fs, gs */
extern trap_info_t trap_table[257];    /* as installed; vector 3, 4, 0x80 have DPL 3 */
void traps_init(void);
void iret_raw(struct iret_context *context) __attribute__((noreturn));

/* --- memory --------------------------------------------------------------- */

#define PTE_P	       0x001ul
#define PTE_W	       0x002ul
#define PTE_U	       0x004ul
#define PTE_PWT	       0x008ul
#define PTE_PCD	       0x010ul
#define PTE_A	       0x020ul
#define PTE_D	       0x040ul
#define PTE_PSE	       0x080ul
#define PTE_G	       0x100ul
#define PTE_AVAIL0     0x200ul
#define PTE_NX	       (1ul << 63)
#define PTE_RW	       (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_RO	       (PTE_P | PTE_U | PTE_A | PTE_D)
#define PTE_TABLE      (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_FRAME(pte) (((pte)&0x000ffffffffff000ul) >> 12)

/* Pages of the image's bss, zeroed, mapped writable; there is no free. */
void *page_alloc(void);
#define POOL_PAGES 512

uint64_t pfn_of(const void *va); /* va in the boot mapping */
uint64_t mfn_of(const void *va);
void *va_of_pfn(uint64_t pfn);
uint64_t *p2m_array(void);
static inline uint64_t m2p(uint64_t mfn)
{
	return ((uint64_t *)M2P_VA)[mfn];
}
static inline uint64_t maddr_of(const void *va)
{
	return mfn_of(va) << 12 | ((uint64_t)va & 0xfff);
}

/* The entry for va at level 1..4 in the tables at root (a VA), NULL if absent. */
uint64_t *table_slot(void *root, uint64_t va, int level);
uint64_t *boot_slot(const void *va, int level); /* in start_info's tables */
/* A pfn no mapping reaches at start: beyond the boot area. */
uint64_t unused_pfn(unsigned int index);

long set_entry(uint64_t *slot, uint64_t value); /* by mmu_update; -errno */
long set_entry_foreign(uint64_t *slot, uint64_t value, uint32_t domain);
long set_pte(const void *va, uint64_t flags); /* the page's own frame; 0 = not present */
long mmuext(unsigned int command, uint64_t argument1, uint64_t argument2);
long pin_table(int level, const void *page); /* MMUEXT_PIN_Ln */
long unpin_table(const void *page);
/* Makes L3, L2, L1 for va below the boot tables if missing; -errno. */
long prepare_va(uint64_t va);
long map_va(uint64_t va, uint64_t pte); /* prepare_va() and the entry */

/* --- events and time ------------------------------------------------------ */

extern volatile uint32_t event_count[4096]; /* upcalls seen, by port */
extern volatile uint32_t upcall_count;
void events_init(void); /* registers the callbacks; events stay masked */
void events_open(void); /* unmask, and take what is pending */
void events_close(void);
bool event_pending(uint32_t port);
void event_clear(uint32_t port);
bool event_masked(uint32_t port);
void event_mask(uint32_t port, bool masked);
long bind_ipi(uint32_t vcpu); /* the port, or -errno */
long bind_virq(uint32_t virq, uint32_t vcpu);
long close_port(uint32_t port);
long send_port(uint32_t port);
uint64_t now_ns(void); /* pvclock of this vCPU */
static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (uint64_t)high << 32;
}
void wait_ns(uint64_t nanoseconds); /* spins */
/* Spins until *word is value; false after two seconds. */
bool wait_for(volatile int *word, int value);

/* --- other vCPUs and user mode -------------------------------------------- */

/* Starts vCPU id (once) in function; -errno.  Its traps are as the first's. */
long vcpu_start(int id, void (*function)(void *), void *argument);
void vcpu_context_init(struct vcpu_guest_context *context, int id);
bool vcpu_wait(int id); /* until its function returned; false after 5 s */
struct cpu *cpu_of(int id);
extern char vcpu_entry[];

/* User tables: .user text at USER_TEXT_VA (RO), 4 pages at USER_DATA_VA (RW). */
void user_init(void);
extern void *user_root; /* the user L4, a VA of the kernel's */
extern uint8_t user_data[4 * 4096];
#define USER_STACK	      (USER_DATA_VA + 0x2000)
#define user_va(symbol)	      (USER_TEXT_VA + ((uint64_t)(symbol) - (uint64_t)user_text_start))
#define user_data_va(pointer) (USER_DATA_VA + ((uint64_t)(pointer) - (uint64_t)user_data))
void user_frame(struct trap_frame *frame, const char *text); /* fills in the selectors */
/*
 * Runs user mode until a trap or a system call brings it back: the vector
 * (VECTOR_SYSCALL for SYSCALL), with this_cpu()->trap as the frame.
 */
long user_run(struct trap_frame *frame);
long user_enter(struct trap_frame *frame, uint64_t *kernel_rsp);
void user_leave(uint64_t kernel_rsp, long result) __attribute__((noreturn));

/* --- wrong pointers ------------------------------------------------------- */

struct bad_pointer {
	const char *name;
	uint64_t va;
};
#define BAD_POINTERS 6
extern struct bad_pointer bad_pointers[BAD_POINTERS];
/* The last `bytes` of a page whose next page is not mapped. */
void *edge_of_page(size_t bytes);
/* A page mapped read-only (the frame is an ordinary page). */
void *read_only_page(void);

void *memset(void *to, int value, size_t length);
void *memcpy(void *to, const void *from, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *text);
