/* SPDX-License-Identifier: MIT */
/* xen_version: every sub-operation answers as Xen 4.17 does, to a guest that asks politely. */
#include "tests/guest/lib/guest.h"

static bool is_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!text[i])
			return i > 0;
		if (text[i] < 9 || text[i] > 126)
			return false;
	}
	return false;
}

void guest_main(void)
{
	static char text[1024];
	struct xen_feature_info features = {0};
	struct xen_platform_parameters parameters = {0};
	static struct xen_compile_info compile;

	expect("version", call_version(XENVER_version, NULL), 4 << 16 | 17);
	expect("version-ignores-pointer", call_version(XENVER_version, NON_CANONICAL),
	       4 << 16 | 17);
	expect("extraversion", call_version(XENVER_extraversion, text), 0);
	expect_true("extraversion-text", is_text(text, 16));
	expect("compile-info", call_version(XENVER_compile_info, &compile), 0);
	expect_true("compile-info-text", is_text(compile.compiler, sizeof(compile.compiler)));
	expect("capabilities", call_version(XENVER_capabilities, text), 0);
	expect("capabilities-text", memcmp(text, "xen-3.0-x86_64 ", 15), 0);
	expect("changeset", call_version(XENVER_changeset, text), 0);
	expect("platform-parameters", call_version(XENVER_platform_parameters, &parameters), 0);
	expect("virt-start", parameters.virt_start, 0xffff800000000000ul);
	expect("features-0", call_version(XENVER_get_features, &features), 0);
	expect("features-value", features.submap & ~(1u << XENFEAT_pae_pgdir_above_4gb), 0x228e0);
	features.submap_idx = 1;
	expect("features-1", call_version(XENVER_get_features, &features), -XEN_EINVAL);
	features.submap_idx = 0xffffffff;
	expect("features-max", call_version(XENVER_get_features, &features), -XEN_EINVAL);
	expect("pagesize", call_version(XENVER_pagesize, NULL), 4096);
	expect("guest-handle", call_version(XENVER_guest_handle, text), 0);
	expect("commandline", call_version(XENVER_commandline, text), 0);
	expect_true("commandline-text", is_text(text, 1024));
	expect("unknown-3", call_version(11, text), -XEN_ENOSYS);
	expect("unknown-max", call_version(0xffffffff, text), -XEN_ENOSYS);
}
