/* SPDX-License-Identifier: MIT */
/* domctl: weights and caps, and that domains get CPU time by them. */
#include "tests/guest/lib/child.h"

static struct xen_domctl request;

static long share(domid_t domain, uint32_t command, uint16_t weight, uint16_t cap)
{
	memset(&request, 0, sizeof(request));
	request.cmd = XEN_DOMCTL_scheduler_op;
	request.domain = domain;
	request.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	request.u.scheduler_op.cmd = command;
	request.u.scheduler_op.u.credit2.weight = weight;
	request.u.scheduler_op.u.credit2.cap = cap;
	return domctl(&request);
}

static long put(domid_t domain, uint16_t weight, uint16_t cap)
{
	return share(domain, XEN_DOMCTL_SCHEDOP_putinfo, weight, cap);
}

/* weight << 16 | cap */
static long get(domid_t domain)
{
	long rc = share(domain, XEN_DOMCTL_SCHEDOP_getinfo, 0, 0);

	if (rc)
		return rc;
	return (long)request.u.scheduler_op.u.credit2.weight << 16 |
	       request.u.scheduler_op.u.credit2.cap;
}

static void claim_words(void)
{
	expect("default", get(0), 256 << 16);
	expect("weight", put(0, 512, 0), 0);
	expect("weight-is", get(0), 512 << 16);
	expect("weight-0-stays", put(0, 0, 0), 0);
	expect("weight-0-is", get(0), 512 << 16);
	expect("weight-least", put(0, 1, 0), 0);
	expect("weight-most", put(0, 65535, 0), 0);
	expect("weight-most-is", get(0), 65535l << 16);
	expect("cap", put(0, 256, 90), 0);
	expect("cap-is", get(0), 256 << 16 | 90);
	expect("cap-whole", put(0, 256, 100), 0);
	expect("cap-more-than-vcpus", put(0, 256, 101), -XEN_EINVAL);
	expect("cap-refused-kept", get(0), 256 << 16 | 100);
	expect("cap-off", put(0, 0, 0), 0);
	expect("cap-off-is", get(0), 256 << 16);
	expect("one-vcpu-put", share(0, XEN_DOMCTL_SCHEDOP_putvcpuinfo, 256, 0), -XEN_EINVAL);
	expect("one-vcpu-get", share(0, XEN_DOMCTL_SCHEDOP_getvcpuinfo, 256, 0), -XEN_EINVAL);
	expect("unknown", share(0, 9, 256, 0), -XEN_EINVAL);
	expect("absent", get(9), -XEN_ESRCH);
	memset(&request, 0, sizeof(request));
	request.cmd = XEN_DOMCTL_scheduler_op;
	request.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
	request.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	expect("other-scheduler", domctl(&request), -XEN_EINVAL);
}

static uint64_t time_of(const struct child *child)
{
	struct xen_domctl_getdomaininfo info;

	need(!child_info(child->id, &info));
	return info.cpu_time;
}

/* Dom0 sleeps, so that the children have its CPU. */
static void sleep_ns(uint64_t nanoseconds)
{
	struct sched_poll poll = {.timeout = now_ns() + nanoseconds};

	while (now_ns() < poll.timeout)
		call_sched(SCHEDOP_poll, &poll);
}

static void start(struct child *child, uint16_t weight, uint16_t cap)
{
	need(!child_create(child, 1));
	child_build(child, child_spin, 0);
	need(!put(child->id, weight, cap));
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child->id));
}

/* Shares are promised within a few per cent; a shaken machine gets some room. */
static void claim_shares(void)
{
	struct child light, heavy;
	uint64_t light_time, heavy_time;

	start(&light, 256, 0);
	start(&heavy, 1024, 0);
	sleep_ns(200000000);
	light_time = time_of(&light);
	heavy_time = time_of(&heavy);
	sleep_ns(1000000000);
	light_time = time_of(&light) - light_time;
	heavy_time = time_of(&heavy) - heavy_time;
	expect_true("heavy-has-more", heavy_time > 3 * light_time);
	expect_true("light-has-some", heavy_time < 5 * light_time);
	expect_true("nobody-idles", heavy_time + light_time > 700000000);
	need(child_destroy(&light));
	need(child_destroy(&heavy));
}

static void claim_cap(void)
{
	struct child capped;
	uint64_t ran, began;

	start(&capped, 256, 50);
	sleep_ns(200000000);
	began = now_ns();
	ran = time_of(&capped);
	sleep_ns(1000000000);
	ran = time_of(&capped) - ran;
	began = now_ns() - began;
	expect_true("cap-holds", ran * 100 < began * 56);
	expect_true("cap-is-had", ran * 100 > began * 40);
	need(!put(capped.id, 256, 0));
	began = now_ns();
	ran = time_of(&capped);
	sleep_ns(300000000);
	ran = time_of(&capped) - ran;
	began = now_ns() - began;
	expect_true("cap-lifted", ran * 100 > began * 80);
	need(child_destroy(&capped));
}

void guest_main(void)
{
	claim_words();
	claim_shares();
	claim_cap();
}
