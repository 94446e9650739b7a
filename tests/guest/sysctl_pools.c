/* SPDX-License-Identifier: MIT */
/* sysctl: one pool of all CPUs, one scheduler, and what cannot be changed about them. */
#include "tests/guest/lib/sysctl.h"

static uint64_t map;

static long pool(uint32_t op, uint32_t id, uint32_t cpu, uint32_t domain)
{
	sysctl_begin();
	map = 0x5a5a5a5a5a5a5a5a;
	request.u.cpupool_op.op = op;
	request.u.cpupool_op.cpupool_id = id;
	request.u.cpupool_op.cpu = cpu;
	request.u.cpupool_op.domid = domain;
	request.u.cpupool_op.cpumap.bitmap.p = (uint8_t *)&map;
	request.u.cpupool_op.cpumap.nr_bits = 64;
	return sysctl_call(XEN_SYSCTL_cpupool_op);
}

static void claim_info(void)
{
	expect("info", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, 0, 0), 0);
	expect("info-id", request.u.cpupool_op.cpupool_id, 0);
	expect("info-scheduler", request.u.cpupool_op.sched_id, XEN_SCHEDULER_CREDIT2);
	expect("info-domains", request.u.cpupool_op.n_dom, 1);
	expect("info-cpus", map, 3);
	expect("info-past-the-last", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 1, 0, 0), -XEN_ENOENT);
	expect("info-any", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, ~0u, 0, 0), -XEN_ENOENT);
	expect("free-cpus", pool(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, 0, 0), 0);
	expect("free-cpus-none", map, 0);
	sysctl_begin();
	request.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	expect("info-no-map", sysctl_call(XEN_SYSCTL_cpupool_op), 0);
	request.u.cpupool_op.cpumap.bitmap.p = (uint8_t *)NON_CANONICAL;
	request.u.cpupool_op.cpumap.nr_bits = 64;
	expect("info-bad-map", sysctl_call(XEN_SYSCTL_cpupool_op), -XEN_EFAULT);
}

/* A map of the caller's size: shorter ones are cut, longer ones end with zeros. */
static void claim_map_sizes(void)
{
	static uint64_t maps[5];

	sysctl_begin();
	memset(maps, 0x5a, sizeof(maps));
	request.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	request.u.cpupool_op.cpumap.bitmap.p = (uint8_t *)maps;
	request.u.cpupool_op.cpumap.nr_bits = 260;
	expect("long-map", sysctl_call(XEN_SYSCTL_cpupool_op), 0);
	expect("long-map-first", maps[0], 3);
	expect("long-map-zeros", maps[1] | maps[2] | maps[3], 0);
	expect("long-map-end", maps[4], 0x5a5a5a5a5a5a5a00);
	maps[0] = 0x5a5a5a5a5a5a5a5a;
	request.u.cpupool_op.cpumap.nr_bits = 1;
	expect("short-map", sysctl_call(XEN_SYSCTL_cpupool_op), 0);
	expect("short-map-rest", maps[0] >> 8, 0x5a5a5a5a5a5a5a);
}

static void claim_fixed(void)
{
	expect("no-such-op", pool(0, 0, 0, 0), -XEN_ENOSYS);
	expect("no-such-op-8", pool(8, 0, 0, 0), -XEN_ENOSYS);
	expect("destroy-0", pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 0, 0, 0), -XEN_EBUSY);
	expect("destroy-absent", pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 5, 0, 0), -XEN_ENOENT);
	expect("add-not-free", pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 0, 0), -XEN_ENODEV);
	expect("add-any", pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, ~0u, 0), -XEN_ENODEV);
	expect("add-absent", pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 99, 0), -XEN_EINVAL);
	expect("remove-absent", pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 99, 0), -XEN_EINVAL);
	expect("move-oneself", pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0, 0, 0), -XEN_EPERM);
	expect("move-absent", pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0, 0, 9), -XEN_ESRCH);
}

static long scheduler(uint32_t pool_id, uint32_t kind, uint32_t command, uint32_t limit)
{
	sysctl_begin();
	request.u.scheduler_op.cpupool_id = pool_id;
	request.u.scheduler_op.sched_id = kind;
	request.u.scheduler_op.cmd = command;
	request.u.scheduler_op.u.sched_credit2.ratelimit_us = limit;
	return sysctl_call(XEN_SYSCTL_scheduler_op);
}

static void claim_scheduler(void)
{
	const uint32_t get = XEN_SYSCTL_SCHEDOP_getinfo, put = XEN_SYSCTL_SCHEDOP_putinfo;
	const uint32_t credit2 = XEN_SCHEDULER_CREDIT2;

	expect("scheduler", sysctl_plain(XEN_SYSCTL_sched_id), 0);
	expect("scheduler-is", request.u.sched_id.sched_id, credit2);
	expect("ratelimit", scheduler(0, credit2, get, 77), 0);
	expect_true("ratelimit-is-one", request.u.scheduler_op.u.sched_credit2.ratelimit_us <=
						XEN_SYSCTL_SCHED_RATELIMIT_MAX);
	expect("ratelimit-set", scheduler(0, credit2, put, 300), 0);
	expect("ratelimit-get", scheduler(0, credit2, get, 77), 0);
	expect("ratelimit-is-set", request.u.scheduler_op.u.sched_credit2.ratelimit_us, 300);
	expect("ratelimit-off", scheduler(0, credit2, put, 0), 0);
	expect("ratelimit-too-short", scheduler(0, credit2, put, 7), -XEN_EINVAL);
	expect("ratelimit-too-long", scheduler(0, credit2, put, 500001), -XEN_EINVAL);
	expect("ratelimit-stays-off", scheduler(0, credit2, get, 77), 0);
	expect("ratelimit-is-off", request.u.scheduler_op.u.sched_credit2.ratelimit_us, 0);
	expect("other-scheduler", scheduler(0, XEN_SCHEDULER_CREDIT, get, 0), -XEN_EINVAL);
	expect("other-command", scheduler(0, credit2, 2, 0), -XEN_EINVAL);
	expect("other-pool", scheduler(3, credit2, get, 0), -XEN_ESRCH);
}

void guest_main(void)
{
	claim_info();
	claim_map_sizes();
	claim_fixed();
	claim_scheduler();
}
