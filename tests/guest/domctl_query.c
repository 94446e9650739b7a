/* SPDX-License-Identifier: MIT */
/* domctl and sysctl: how dom0 and its vCPUs do; what its pages are used for. */
#include "tests/guest/lib/sysctl.h"

#include <xen/domctl.h>

static struct xen_domctl question;
static xen_domctl_getdomaininfo_t list[4];

static long domctl_to(uint32_t command, domid_t domain)
{
	question.cmd = command;
	question.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	question.domain = domain;
	return hc1(__HYPERVISOR_domctl, &question);
}

static long ask(uint32_t command, domid_t domain)
{
	memset(&question, 0, sizeof(question));
	return domctl_to(command, domain);
}

static void claim_info(const char *group, const xen_domctl_getdomaininfo_t *info)
{
	claim_named(group, "domain", info->domain, 0);
	claim_named(group, "running", info->flags & 0xffff, XEN_DOMINF_running);
	claim_named(group, "pages", info->tot_pages, DOM0_PAGES);
	claim_named(group, "limit", info->max_pages >= DOM0_PAGES, true);
	claim_named(group, "outstanding", info->outstanding_pages, 0);
	claim_named(group, "shared-info", info->shared_info_frame, start_info->shared_info >> 12);
	claim_named(group, "time", info->cpu_time > 0, true);
	claim_named(group, "vcpus", info->nr_online_vcpus, 1);
	claim_named(group, "last-vcpu", info->max_vcpu_id, 1);
	claim_named(group, "pool", info->cpupool, 0);
	claim_named(group, "address-bits", info->gpaddr_bits >= 36, true);
	claim_named(group, "timer-emulated", info->arch_config.emulation_flags, XEN_X86_EMU_PIT);
}

static void claim_one(void)
{
	expect("info", ask(XEN_DOMCTL_getdomaininfo, 0), 0);
	claim_info(GUEST_NAME ".info", &question.u.getdomaininfo);
	expect("info-echo", question.domain, 0);
	expect("info-past-the-last", ask(XEN_DOMCTL_getdomaininfo, 1), -XEN_ESRCH);
	expect("info-self", ask(XEN_DOMCTL_getdomaininfo, DOMID_SELF), -XEN_EINVAL);
	expect("info-io", ask(XEN_DOMCTL_getdomaininfo, DOMID_IO), -XEN_EINVAL);
	expect("info-idle", ask(XEN_DOMCTL_getdomaininfo, DOMID_IDLE), -XEN_EINVAL);
}

static long get_list(domid_t first, uint32_t room)
{
	sysctl_begin();
	memset(list, 0x5a, sizeof(list));
	request.u.getdomaininfolist.first_domain = first;
	request.u.getdomaininfolist.max_domains = room;
	set_xen_guest_handle(request.u.getdomaininfolist.buffer, list);
	return sysctl_call(XEN_SYSCTL_getdomaininfolist);
}

static void claim_list(void)
{
	expect("list", get_list(0, 4), 0);
	expect("list-count", request.u.getdomaininfolist.num_domains, 1);
	claim_info(GUEST_NAME ".list", &list[0]);
	expect("list-no-more", list[1].domain, 0x5a5a);
	expect("list-past-the-last", get_list(1, 4), 0);
	expect("list-past-count", request.u.getdomaininfolist.num_domains, 0);
	expect("list-no-room", get_list(0, 0), 0);
	expect("list-no-room-count", request.u.getdomaininfolist.num_domains, 0);
	sysctl_begin();
	request.u.getdomaininfolist.max_domains = 1;
	request.u.getdomaininfolist.buffer.p = (void *)NON_CANONICAL;
	expect("list-bad", sysctl_call(XEN_SYSCTL_getdomaininfolist), -XEN_EFAULT);
}

static long vcpu_info(uint32_t id)
{
	memset(&question, 0, sizeof(question));
	question.u.getvcpuinfo.vcpu = id;
	return domctl_to(XEN_DOMCTL_getvcpuinfo, 0);
}

static volatile int stop;

static void spin(void *argument)
{
	(void)argument;
	while (!stop)
		barrier();
}

static void claim_vcpus(void)
{
	const struct xen_domctl_getvcpuinfo *info = &question.u.getvcpuinfo;
	uint64_t ran;

	expect("vcpu", vcpu_info(0), 0);
	expect("vcpu-online", info->online, 1);
	expect("vcpu-blocked", info->blocked, 0);
	expect("vcpu-running", info->running, 1);
	expect_true("vcpu-time", info->cpu_time > 0);
	expect_true("vcpu-cpu", info->cpu < 2);
	ran = info->cpu_time;
	wait_ns(10000000);
	expect("vcpu-again", vcpu_info(0), 0);
	expect_true("vcpu-time-grows", info->cpu_time > ran);
	expect("vcpu-down", vcpu_info(1), 0);
	expect("vcpu-down-online", info->online, 0);
	expect("vcpu-down-running", info->running, 0);
	expect("vcpu-down-time", info->cpu_time, 0);
	expect("vcpu-absent", vcpu_info(2), -XEN_EINVAL);
	expect("vcpu-none", vcpu_info(~0u), -XEN_EINVAL);
	need(!vcpu_start(1, spin, NULL));
	for (uint64_t end = now_ns() + 3000000000ul; now_ns() < end && info->cpu_time == 0;)
		need(!vcpu_info(1));
	expect("vcpu-up", vcpu_info(1), 0);
	expect("vcpu-up-online", info->online, 1);
	expect_true("vcpu-up-time", info->cpu_time > 0);
	expect("info-two", ask(XEN_DOMCTL_getdomaininfo, 0), 0);
	expect("info-two-vcpus", question.u.getdomaininfo.nr_online_vcpus, 2);
	stop = 1;
	need(vcpu_wait(1));
}

/* For tools that save a domain: what each page is. */
static void claim_pages(void)
{
	static uint64_t frames[5], plain[512] PAGE_ALIGNED;

	frames[0] = mfn_of(plain);
	frames[1] = mfn_of((void *)start_info->pt_base);
	frames[2] = PTE_FRAME(*boot_slot(plain, 2));
	frames[3] = 1ul << 40;
	frames[4] = 0xfee00;
	memset(&question, 0, sizeof(question));
	question.u.getpageframeinfo3.num = 5;
	set_xen_guest_handle(question.u.getpageframeinfo3.array, frames);
	expect("pages", domctl_to(XEN_DOMCTL_getpageframeinfo3, 0), 0);
	expect("page-plain", frames[0], XEN_DOMCTL_PFINFO_NOTAB);
	expect("page-pinned-l4", frames[1], XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
	expect("page-l1", frames[2], XEN_DOMCTL_PFINFO_L1TAB);
	expect("page-beyond", frames[3], XEN_DOMCTL_PFINFO_XTAB);
	expect("page-no-ram", frames[4], XEN_DOMCTL_PFINFO_XTAB);
	question.u.getpageframeinfo3.num = 1025;
	expect("pages-too-many", domctl_to(XEN_DOMCTL_getpageframeinfo3, 0), -XEN_E2BIG);
	question.u.getpageframeinfo3.num = 0;
	expect("pages-none", domctl_to(XEN_DOMCTL_getpageframeinfo3, 0), 0);
	question.u.getpageframeinfo3.num = 2;
	question.u.getpageframeinfo3.array.p = (void *)NON_CANONICAL;
	expect("pages-bad", domctl_to(XEN_DOMCTL_getpageframeinfo3, 0), -XEN_EFAULT);
}

static void claim_refusals(void)
{
	expect("absent", ask(XEN_DOMCTL_getvcpuinfo, 9), -XEN_ESRCH);
	expect("unknown", ask(999, 0), -XEN_ENOSYS);
	expect("context-of-oneself", ask(XEN_DOMCTL_getvcpucontext, 0), -XEN_EINVAL);
	memset(&question, 0, sizeof(question));
	question.cmd = XEN_DOMCTL_getdomaininfo;
	expect("version-0", hc1(__HYPERVISOR_domctl, &question), -XEN_EACCES);
	for (int i = 0; i < BAD_POINTERS; i++)
		expect_named(bad_pointers[i].name, hc1(__HYPERVISOR_domctl, bad_pointers[i].va),
			     -XEN_EFAULT);
}

void guest_main(void)
{
	claim_one();
	claim_list();
	claim_vcpus();
	claim_pages();
	claim_refusals();
}
