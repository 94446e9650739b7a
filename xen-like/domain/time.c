/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/time.c - the clock in a guest's own memory: pvclock for each
 * vCPU, the date for the domain.  Both are written between two changes of a
 * version, odd meanwhile, so that a reader notices.
 */
#include "xen-like/arch/x86/clock.h"
#include "xen-like/domain/domain.h"

#define NS_PER_SECOND 1000000000ull

void vcpu_update_time(struct vcpu *vcpu)
{
	vcpu_time_info_t *time = &vcpu->info->time;
	uint64_t tsc = read_tsc();
	uint32_t version = read_once(time->version) & ~1u;

	write_once(time->version, version + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	write_once(time->tsc_timestamp, tsc);
	write_once(time->system_time, clock_from_tsc(tsc));
	write_once(time->tsc_to_system_mul, clock_scale.multiplier);
	write_once(time->tsc_shift, clock_scale.shift);
	write_once(time->flags, 0);
	store_release(&time->version, version + 2);
}

void domain_update_wallclock(struct domain *domain)
{
	shared_info_t *shared = domain->shared;
	uint64_t base = clock_wall_base() + domain->time_offset_ns;
	uint32_t version = read_once(shared->wc_version) & ~1u;

	write_once(shared->wc_version, version + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	write_once(shared->wc_sec, (uint32_t)(base / NS_PER_SECOND));
	write_once(shared->wc_sec_hi, (uint32_t)(base / NS_PER_SECOND >> 32));
	write_once(shared->wc_nsec, (uint32_t)(base % NS_PER_SECOND));
	store_release(&shared->wc_version, version + 2);
}
