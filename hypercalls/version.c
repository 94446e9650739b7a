/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/version.c - xen_version: what Enso is, in Xen's terms, and what a
 * guest may count on.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/base/string.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/options.h"

#define ABI_MAJOR 4
#define ABI_MINOR 17

/*
 * Replies are built whole, in zeroed memory, so that nothing of ours leaks; apart from the
 * call most often made, for the version, which needs none.
 */

static void put_text(char *to, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(to, text, length);
	to[length] = 0;
}

static uint32_t features_of(const struct domain *domain)
{
	uint32_t features = 1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |
			    1u << XENFEAT_gnttab_map_avail_bits |
			    1u << XENFEAT_memory_op_vnode_supported | 1u << XENFEAT_direct_mapped;

	if (domain->hardware)
		features |= 1u << XENFEAT_dom0;
	if (domain->vm_assist & (1ull << VMASST_TYPE_pae_extended_cr3))
		features |= 1u << XENFEAT_pae_pgdir_above_4gb;
	return features;
}

static int64_t NOINLINE answer(guest_va_t to, const void *reply, size_t bytes)
{
	return copy_to_guest(to, reply, bytes) ? 0 : -XEN_EFAULT;
}

/* A text the ABI gives 1,024 bytes: it and zeros behind it, by parts. */
static int64_t NOINLINE answer_long(guest_va_t to, const char *text)
{
	size_t left = strnlen(text, sizeof(xen_commandline_t) - 1);
	char part[128];

	for (size_t at = 0; at < sizeof(xen_commandline_t); at += sizeof(part)) {
		size_t bytes = MIN(left, sizeof(part));

		memset(part, 0, sizeof(part));
		memcpy(part, text, bytes);
		if (!copy_to_guest(guest_va(to.va + at), part, sizeof(part)))
			return -XEN_EFAULT;
		text += bytes;
		left -= bytes;
	}
	return 0;
}

static int64_t NOINLINE answer_compile_info(guest_va_t to)
{
	xen_compile_info_t reply;

	memset(&reply, 0, sizeof(reply));
	put_text(reply.compiler, sizeof(reply.compiler), __VERSION__);
	put_text(reply.compile_by, sizeof(reply.compile_by), "enso");
	return answer(to, &reply, sizeof(reply));
}

static int64_t NOINLINE answer_extraversion(guest_va_t to)
{
	xen_extraversion_t reply = {0};

	put_text(reply, sizeof(reply), "-enso");
	return answer(to, reply, sizeof(reply));
}

static int64_t NOINLINE answer_changeset(guest_va_t to)
{
	xen_changeset_info_t reply = {0};

	put_text(reply, sizeof(reply), "enso");
	return answer(to, reply, sizeof(reply));
}

static int64_t NOINLINE answer_features(guest_va_t at)
{
	xen_feature_info_t features;

	if (!copy_from_guest(&features, at, sizeof(features)))
		return -XEN_EFAULT;
	if (features.submap_idx != 0)
		return -XEN_EINVAL;
	features.submap = features_of(current_domain());
	return copy_to_guest(at, &features, sizeof(features)) ? 0 : -XEN_EFAULT;
}

static int64_t NOINLINE answer_platform(guest_va_t to)
{
	xen_platform_parameters_t reply = {.virt_start = HYPERVISOR_START};

	return answer(to, &reply, sizeof(reply));
}

static int64_t NOINLINE answer_handle(guest_va_t to)
{
	xen_domain_handle_t reply = {0};

	return answer(to, reply, sizeof(reply));
}

int64_t hc_xen_version(reg_t command, reg_t argument)
{
	guest_va_t to = guest_va(argument);

	switch ((int)command) {
	case XENVER_version:
		return ABI_MAJOR << 16 | ABI_MINOR;
	case XENVER_capabilities:
		return answer_long(to, "xen-3.0-x86_64 ");
	case XENVER_pagesize:
		return PAGE_SIZE;
	case XENVER_commandline:
		if (!domain_controls(current_domain()))
			return -XEN_EPERM;
		return answer_long(to, options_command_line());
	case XENVER_build_id:
		return -XEN_ENODATA;
	case XENVER_extraversion:
		return answer_extraversion(to);
	case XENVER_compile_info:
		return answer_compile_info(to);
	case XENVER_changeset:
		return answer_changeset(to);
	case XENVER_platform_parameters:
		return answer_platform(to);
	case XENVER_get_features:
		return answer_features(to);
	case XENVER_guest_handle:
		return answer_handle(to);
	default:
		return -XEN_ENOSYS;
	}
}
