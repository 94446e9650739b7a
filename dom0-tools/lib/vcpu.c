/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/vcpu.c - domctl, as far as it is about one vCPU. */
#include "dom0-tools/lib/vcpu.h"

#include <errno.h>
#include <string.h>

#include "dom0-tools/lib/hypercall.h"

int vcpu_get_status(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		    struct vcpu_status *status, struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_getvcpuinfo, domid);
	int result;

	request->u.getvcpuinfo.vcpu = vcpu;
	result = hypercall_domctl(hypervisor, "ask about a vCPU", failure);
	if (result < 0)
		return result;
	*status = (struct vcpu_status){
		.online = request->u.getvcpuinfo.online,
		.blocked = request->u.getvcpuinfo.blocked,
		.running = request->u.getvcpuinfo.running,
		.cpu_time_ns = request->u.getvcpuinfo.cpu_time,
		.cpu = request->u.getvcpuinfo.cpu,
	};
	return 0;
}

/* The bulk buffer as two CPU maps, named in the request. */
static struct vcpu_cpus *affinity_begin(struct hypervisor *hypervisor, uint32_t command,
					uint16_t domid, uint32_t vcpu, struct failure *failure)
{
	struct vcpu_cpus *maps = hypercall_bulk(hypervisor, failure);
	struct xen_domctl *request = hypercall_domctl_begin(hypervisor, command, domid);

	if (!maps)
		return NULL;
	memset(maps, 0, 2 * sizeof(*maps));
	request->u.vcpuaffinity.vcpu = vcpu;
	set_xen_guest_handle(request->u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)&maps[0]);
	set_xen_guest_handle(request->u.vcpuaffinity.cpumap_soft.bitmap, (uint8_t *)&maps[1]);
	request->u.vcpuaffinity.cpumap_hard.nr_bits = VCPU_CPUS_MAX;
	request->u.vcpuaffinity.cpumap_soft.nr_bits = VCPU_CPUS_MAX;
	return maps;
}

int vcpu_get_affinity(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		      struct vcpu_affinity *affinity, struct failure *failure)
{
	struct vcpu_cpus *maps =
		affinity_begin(hypervisor, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, failure);
	struct xen_domctl *request = hypervisor->request;
	int result;

	if (!maps)
		return -ENOMEM;
	request->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	result = hypercall_domctl(hypervisor, "ask where a vCPU may run", failure);
	if (result < 0)
		return result;
	affinity->hard = maps[0];
	affinity->soft = maps[1];
	return 0;
}

int vcpu_set_affinity(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		      const struct vcpu_cpus *hard, const struct vcpu_cpus *soft,
		      struct failure *failure)
{
	struct vcpu_cpus *maps =
		affinity_begin(hypervisor, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, failure);
	struct xen_domctl *request = hypervisor->request;

	if (!maps)
		return -ENOMEM;
	if (hard) {
		maps[0] = *hard;
		request->u.vcpuaffinity.flags |= XEN_VCPUAFFINITY_HARD;
	}
	if (soft) {
		maps[1] = *soft;
		request->u.vcpuaffinity.flags |= XEN_VCPUAFFINITY_SOFT;
	}
	return hypercall_domctl(hypervisor, "say where a vCPU may run", failure);
}

/* The bulk buffer as a context, named in the request. */
static struct vcpu_guest_context *context_begin(struct hypervisor *hypervisor, uint32_t command,
						uint16_t domid, uint32_t vcpu,
						struct failure *failure)
{
	struct vcpu_guest_context *context = hypercall_bulk(hypervisor, failure);
	struct xen_domctl *request = hypercall_domctl_begin(hypervisor, command, domid);

	if (!context)
		return NULL;
	request->u.vcpucontext.vcpu = vcpu;
	set_xen_guest_handle(request->u.vcpucontext.ctxt, context);
	return context;
}

int vcpu_set_context(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		     const struct vcpu_guest_context *context, struct failure *failure)
{
	struct vcpu_guest_context *copy =
		context_begin(hypervisor, XEN_DOMCTL_setvcpucontext, domid, vcpu, failure);

	if (!copy)
		return -ENOMEM;
	*copy = *context;
	return hypercall_domctl(hypervisor, "set a vCPU's registers", failure);
}

int vcpu_get_context(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		     struct vcpu_guest_context *context, struct failure *failure)
{
	struct vcpu_guest_context *copy =
		context_begin(hypervisor, XEN_DOMCTL_getvcpucontext, domid, vcpu, failure);
	int result;

	if (!copy)
		return -ENOMEM;
	result = hypercall_domctl(hypervisor, "read a vCPU's registers", failure);
	if (result < 0)
		return result;
	*context = *copy;
	return 0;
}

int vcpu_send_trigger(struct hypervisor *hypervisor, uint16_t domid, uint32_t vcpu,
		      uint32_t trigger, struct failure *failure)
{
	struct xen_domctl *request =
		hypercall_domctl_begin(hypervisor, XEN_DOMCTL_sendtrigger, domid);

	request->u.sendtrigger.trigger = trigger;
	request->u.sendtrigger.vcpu = vcpu;
	return hypercall_domctl(hypervisor, "send it a trigger", failure);
}
