/* SPDX-License-Identifier: MIT */
/* Two-level event channels and the paravirtual clock, from the guest's side. */
#include "tests/guest/lib/guest.h"

volatile uint32_t event_count[4096];
volatile uint32_t upcall_count;
void events_take(void);

static void register_callback(unsigned int type, unsigned int flags, const char *address)
{
	struct callback_register callback = {
		.type = (uint16_t)type, .flags = (uint16_t)flags, .address = (uint64_t)address};

	if (call_callback(CALLBACKOP_register, &callback))
		guest_fail("lib.events: callback %u refused", type);
}

void events_init(void)
{
	register_callback(CALLBACKTYPE_event, 0, event_callback);
	register_callback(CALLBACKTYPE_failsafe, 0, failsafe_callback);
	register_callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, syscall_callback);
}

/* Called in the upcall: clears and counts what is pending and not masked. */
void events_take(void)
{
	vcpu_info_t *info = this_vcpu_info();
	uint64_t words;

	__atomic_add_fetch(&upcall_count, 1, __ATOMIC_SEQ_CST);
	info->evtchn_upcall_pending = 0;
	words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (unsigned int word = 0; word < 64; word++) {
		uint64_t bits;

		if (!(words & 1ul << word))
			continue;
		bits = read_once(shared_info->evtchn_pending[word]) &
		       ~read_once(shared_info->evtchn_mask[word]);
		for (unsigned int bit = 0; bit < 64; bit++) {
			if (!(bits & 1ul << bit))
				continue;
			event_clear(word * 64 + bit);
			event_count[word * 64 + bit]++;
		}
	}
}

void events_open(void)
{
	vcpu_info_t *info = this_vcpu_info();

	write_once(info->evtchn_upcall_mask, 0);
	barrier();
	if (read_once(info->evtchn_upcall_pending))
		call_version(XENVER_version, 0);
}

void events_close(void)
{
	write_once(this_vcpu_info()->evtchn_upcall_mask, 1);
	barrier();
}

bool event_pending(uint32_t port)
{
	return read_once(shared_info->evtchn_pending[port / 64]) >> (port % 64) & 1;
}

void event_clear(uint32_t port)
{
	__atomic_and_fetch(&shared_info->evtchn_pending[port / 64], ~(1ul << (port % 64)),
			   __ATOMIC_SEQ_CST);
}

bool event_masked(uint32_t port)
{
	return read_once(shared_info->evtchn_mask[port / 64]) >> (port % 64) & 1;
}

void event_mask(uint32_t port, bool masked)
{
	if (masked)
		__atomic_or_fetch(&shared_info->evtchn_mask[port / 64], 1ul << (port % 64),
				  __ATOMIC_SEQ_CST);
	else
		__atomic_and_fetch(&shared_info->evtchn_mask[port / 64], ~(1ul << (port % 64)),
				   __ATOMIC_SEQ_CST);
}

long bind_ipi(uint32_t vcpu)
{
	struct evtchn_bind_ipi bind = {.vcpu = vcpu};
	long error = call_event(EVTCHNOP_bind_ipi, &bind);

	return error ? error : (long)bind.port;
}

long bind_virq(uint32_t virq, uint32_t vcpu)
{
	struct evtchn_bind_virq bind = {.virq = virq, .vcpu = vcpu};
	long error = call_event(EVTCHNOP_bind_virq, &bind);

	return error ? error : (long)bind.port;
}

long close_port(uint32_t port)
{
	struct evtchn_close close = {.port = port};

	return call_event(EVTCHNOP_close, &close);
}

long send_port(uint32_t port)
{
	struct evtchn_send send = {.port = port};

	return call_event(EVTCHNOP_send, &send);
}

uint64_t now_ns(void)
{
	volatile struct vcpu_time_info *time = &this_vcpu_info()->time;
	uint32_t version, multiplier;
	uint64_t delta, system;
	int8_t shift;

	do {
		version = time->version;
		barrier();
		delta = rdtsc() - time->tsc_timestamp;
		shift = time->tsc_shift;
		multiplier = time->tsc_to_system_mul;
		system = time->system_time;
		barrier();
	} while ((version & 1) || version != time->version);
	delta = shift < 0 ? delta >> -shift : delta << shift;
	return system + (uint64_t)((unsigned __int128)delta * multiplier >> 32);
}

void wait_ns(uint64_t nanoseconds)
{
	uint64_t end = now_ns() + nanoseconds;

	while (now_ns() < end)
		asm volatile("pause");
}

bool wait_for(volatile int *word, int value)
{
	uint64_t end = now_ns() + 2000000000ul;

	while (*word != value) {
		if (now_ns() > end)
			return false;
		asm volatile("pause");
	}
	return true;
}
