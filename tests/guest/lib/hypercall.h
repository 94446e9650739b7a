/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls by SYSCALL, without a hypercall page.  Arguments of any integer
 * or pointer type; the answer as the hypervisor gave it.
 */
#pragma once

#include <stdint.h>
#include <xen/xen.h>

static inline long hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			     uint64_t e)
{
	register uint64_t r10 asm("r10") = d;
	register uint64_t r8 asm("r8") = e;
	long result;

	/* A continued call may come back with its arguments advanced. */
	asm volatile("syscall"
		     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
		     : "a"(number)
		     : "rcx", "r11", "memory");
	return result;
}

#define hc0(n)		hypercall((n), 0, 0, 0, 0, 0)
#define hc1(n, a)	hypercall((n), (uint64_t)(a), 0, 0, 0, 0)
#define hc2(n, a, b)	hypercall((n), (uint64_t)(a), (uint64_t)(b), 0, 0, 0)
#define hc3(n, a, b, c) hypercall((n), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0)
#define hc4(n, a, b, c, d)                                                                         \
	hypercall((n), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), 0)

#define call_version(cmd, arg)		    hc2(__HYPERVISOR_xen_version, cmd, arg)
#define call_console(cmd, count, buffer)    hc3(__HYPERVISOR_console_io, cmd, count, buffer)
#define call_traps(table)		    hc1(__HYPERVISOR_set_trap_table, table)
#define call_va(va, value, flags)	    hc3(__HYPERVISOR_update_va_mapping, va, value, flags)
#define call_mmu(list, count, done, domain) hc4(__HYPERVISOR_mmu_update, list, count, done, domain)
#define call_mmuext(list, count, done, domain)                                                     \
	hc4(__HYPERVISOR_mmuext_op, list, count, done, domain)
#define call_memory(cmd, arg)		hc2(__HYPERVISOR_memory_op, cmd, arg)
#define call_multi(list, count)		hc2(__HYPERVISOR_multicall, list, count)
#define call_event(cmd, arg)		hc2(__HYPERVISOR_event_channel_op, cmd, arg)
#define call_grant(cmd, list, count)	hc3(__HYPERVISOR_grant_table_op, cmd, list, count)
#define call_vcpu(cmd, id, arg)		hc3(__HYPERVISOR_vcpu_op, cmd, id, arg)
#define call_sched(cmd, arg)		hc2(__HYPERVISOR_sched_op, cmd, arg)
#define call_callback(cmd, arg)		hc2(__HYPERVISOR_callback_op, cmd, arg)
#define call_physdev(cmd, arg)		hc2(__HYPERVISOR_physdev_op, cmd, arg)
#define call_platform(arg)		hc1(__HYPERVISOR_platform_op, arg)
#define call_assist(cmd, type)		hc2(__HYPERVISOR_vm_assist, cmd, type)
#define call_segment(which, base)	hc2(__HYPERVISOR_set_segment_base, which, base)
#define call_stack(ss, sp)		hc2(__HYPERVISOR_stack_switch, ss, sp)
#define call_gdt(frames, entries)	hc2(__HYPERVISOR_set_gdt, frames, entries)
#define call_descriptor(address, value) hc2(__HYPERVISOR_update_descriptor, address, value)
