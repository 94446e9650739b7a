/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/operations - what single operations of the hypervisor cost, in instructions of
 * the machine (of which the TSC counts one each under -icount shift=0), the guest's own
 * few included.  Runs as dom0 with two vCPUs on one CPU, on Enso and on Xen alike, and says
 * `COST NAME COUNT TOTAL`: so many times, all of them together.  What a loop costs that
 * does nothing is taken away by the row `nothing`.  `EVENT NAME COUNTER TOTAL` is what the
 * hypervisor has counted meanwhile, if it does.
 */
#include "tests/guest/lib/grant.h"

#include <xen/sysctl.h>

#include "tests/bench/events.h"

#define TIMES  2000
#define BATCH  16
#define PACKET 1500

/* struct vcpu_info and shared_info as operations_entry.S knows them. */
_Static_assert(sizeof(vcpu_info_t) == 64 && offsetof(vcpu_info_t, evtchn_pending_sel) == 8, "");
_Static_assert(offsetof(shared_info_t, evtchn_pending) == 512 * 4, "");

extern char quick_fault[], quick_syscall[], quick_event[];
extern const char user_calls[], user_faults[];
uint32_t quick_ports[VCPU_LIMIT]; /* whose port quick_event takes back, by vCPU */

static uint8_t from[PAGE_SIZE] PAGE_ALIGNED, to[PAGE_SIZE] PAGE_ALIGNED, at[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t entries[2]; /* of update_va_mapping, by turns */
static uint32_t loop_port;  /* interdomain, to this domain */
static struct gnttab_copy copies[BATCH];
static multicall_entry_t calls[8];
static struct vcpu_set_singleshot_timer timer;
static int upcalls, stop; /* for the other vCPU: the second way of waiting; the end */

static long events_call(struct xen_sysctl *request)
{
	return hc1(__HYPERVISOR_sysctl, request);
}

static void say(const char *name, uint64_t times, uint64_t total)
{
	events_end();
	print("COST %s %lu %lu", name, times, total);
	for (uint32_t i = 0; i < events_count; i++)
		print("EVENT %s %s %u", name, events_described[i].name, events_seen(i));
}

/* Once before, for what is done once; then counted. */
static void cost(const char *name, void (*operation)(void))
{
	uint64_t start;

	for (unsigned int i = 0; i < TIMES / 10; i++)
		operation();
	events_begin();
	start = rdtsc();
	for (unsigned int i = 0; i < TIMES; i++)
		operation();
	say(name, TIMES, rdtsc() - start);
}

/* --- operations ---------------------------------------------------------- */

static void nothing(void)
{
	barrier();
}

static void null_hypercall(void)
{
	call_version(XENVER_version, NULL);
}

static void hypercall_with_copy(void)
{
	xen_feature_info_t features = {.submap_idx = 0};

	call_version(XENVER_get_features, &features);
}

static void take_back(uint32_t port)
{
	vcpu_info_t *info = this_vcpu_info();

	event_clear(port);
	write_once(info->evtchn_pending_sel, 0);
	write_once(info->evtchn_upcall_pending, 0);
}

static void event_send(void)
{
	send_port(loop_port);
	take_back(quick_ports[0]);
}

/* With upcalls unmasked: quick_event has run when it returns. */
static void event_loop(void)
{
	send_port(loop_port);
}

static void grant_map_unmap(void)
{
	uint32_t handle;

	grant_map(100, (uint64_t)at, GNTMAP_host_map, &handle);
	grant_unmap((uint64_t)at, handle);
}

static void grant_copy(uint32_t count, uint16_t length)
{
	for (uint32_t i = 0; i < count; i++)
		copies[i].len = length;
	call_grant(GNTTABOP_copy, copies, count);
}

static void grant_copy_64(void)
{
	grant_copy(1, 64);
}

static void grant_copy_4096(void)
{
	grant_copy(1, PAGE_SIZE);
}

static void grant_copy_packets(void)
{
	grant_copy(BATCH, PACKET);
}

static void update_va(void)
{
	static unsigned int turn;

	call_va(at, entries[turn ^= 1], 0);
}

static void update_va_flush(void)
{
	static unsigned int turn;

	call_va(at, entries[turn ^= 1], UVMF_INVLPG);
}

static void multicall(void)
{
	call_multi(calls, ARRAY_SIZE(calls));
}

static void exception(void)
{
	asm volatile("ud2");
}

static void emulated_cpuid(void)
{
	uint32_t a = 1, b, c = 0, d;

	asm volatile("ud2a; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
}

static void emulated_rdmsr(void)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000100));
}

static void emulated_wrmsr(void)
{
	asm volatile("wrmsr" : : "a"(0), "d"(0), "c"(0xc0000100));
}

static void emulated_cr0(void)
{
	uint64_t value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
}

static void stack_switch(void)
{
	call_stack(FLAT_KERNEL_SS, this_cpu());
}

static void fpu_taskswitch(void)
{
	hc1(__HYPERVISOR_fpu_taskswitch, 0);
}

static void yield(void)
{
	call_sched(SCHEDOP_yield, NULL);
}

static void timer_set(void)
{
	call_vcpu(VCPUOP_set_singleshot_timer, 0, &timer);
}

static void timer_set_old(void)
{
	hc1(__HYPERVISOR_set_timer_op, timer.timeout_abs_ns);
}

/* --- two vCPUs on one CPU ------------------------------------------------ */

static void poll_own(void)
{
	struct sched_poll poll = {.nr_ports = 1};

	set_xen_guest_handle(poll.ports, &quick_ports[this_cpu()->id]);
	call_sched(SCHEDOP_poll, &poll);
	take_back(quick_ports[this_cpu()->id]);
}

static void block_own(void)
{
	call_sched(SCHEDOP_block, NULL);
	events_close();
}

/* The other vCPU: answers each event in the way that is counted. */
static void answer(void *argument)
{
	(void)argument;
	for (poll_own(); !read_once(upcalls); poll_own())
		send_port(quick_ports[0]);
	for (send_port(quick_ports[0]), block_own(); !read_once(stop); block_own())
		send_port(quick_ports[0]);
}

static void ipi_trip(void)
{
	send_port(quick_ports[1]);
	poll_own();
}

static void block_trip(void)
{
	send_port(quick_ports[1]);
	block_own();
}

static void count_vcpus(void)
{
	long port = bind_ipi(1);

	need(port > 0);
	quick_ports[1] = (uint32_t)port;
	port = bind_ipi(0);
	need(port > 0);
	quick_ports[0] = (uint32_t)port;
	need(!vcpu_start(1, answer, NULL));
	cost("ipi-trip", ipi_trip);
	write_once(upcalls, 1);
	ipi_trip();
	cost("block-trip", block_trip);
	write_once(stop, 1);
	send_port(quick_ports[1]);
	need(vcpu_wait(1));
}

/* --- user mode ------------------------------------------------------------ */

static void user_cost(const char *name, const char *text)
{
	struct trap_frame frame;
	uint64_t start;

	user_frame(&frame, text);
	frame.rbx = TIMES;
	events_begin();
	start = rdtsc();
	need(user_run(&frame) == VECTOR_SYSCALL);
	say(name, TIMES, rdtsc() - start);
}

static void count_user_mode(void)
{
	user_init();
	user_cost("user-syscall", user_calls);
	user_cost("user-exception", user_faults);
}

/* --- all of them ---------------------------------------------------------- */

static void quick_callback(unsigned int type, unsigned int flags, const char *address)
{
	struct callback_register callback = {
		.type = (uint16_t)type, .flags = (uint16_t)flags, .address = (uint64_t)address};

	need(!call_callback(CALLBACKOP_register, &callback));
}

static void prepare(void)
{
	struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};

	grants_init();
	grant_offer(100, from, 0);
	need(!set_pte(at, 0));
	entries[0] = maddr_of(from) | PTE_RW;
	entries[1] = maddr_of(to) | PTE_RW;
	for (unsigned int i = 0; i < BATCH; i++) {
		copies[i].source.u.ref = 100;
		copies[i].source.domid = SELF;
		copies[i].dest.u.gmfn = mfn_of(to);
		copies[i].dest.domid = DOMID_SELF;
		copies[i].flags = GNTCOPY_source_gref;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		calls[i].op = __HYPERVISOR_xen_version;
	need(!call_event(EVTCHNOP_alloc_unbound, &alloc));
	bind.remote_port = alloc.port;
	need(!call_event(EVTCHNOP_bind_interdomain, &bind));
	loop_port = bind.local_port;
	quick_ports[0] = alloc.port;
	timer.timeout_abs_ns = now_ns() + 1000000000000ull;
	trap_table[6].address = (uint64_t)quick_fault;
	need(!call_traps(trap_table));
	quick_callback(CALLBACKTYPE_event, 0, quick_event);
	quick_callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, quick_syscall);
}

void guest_main(void)
{
	prepare();
	counters_open();
	take_back(quick_ports[0]);
	cost("nothing", nothing);
	cost("null-hypercall", null_hypercall);
	cost("hypercall-copy", hypercall_with_copy);
	cost("event-send", event_send);
	events_open();
	cost("event-loop", event_loop);
	events_close();
	cost("grant-map-unmap", grant_map_unmap);
	cost("grant-copy-64", grant_copy_64);
	cost("grant-copy-4096", grant_copy_4096);
	cost("grant-copy-packets", grant_copy_packets);
	cost("update-va", update_va);
	cost("update-va-flush", update_va_flush);
	cost("multicall-8", multicall);
	cost("exception", exception);
	cost("cpuid", emulated_cpuid);
	cost("rdmsr", emulated_rdmsr);
	cost("wrmsr", emulated_wrmsr);
	cost("read-cr0", emulated_cr0);
	cost("stack-switch", stack_switch);
	cost("fpu-taskswitch", fpu_taskswitch);
	cost("yield", yield);
	cost("timer-set", timer_set);
	cost("timer-set-old", timer_set_old);
	count_user_mode();
	count_vcpus();
	print("COSTS end");
}
