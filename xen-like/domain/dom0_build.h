/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_build.h - the first domain, from the boot modules.
 */
#pragma once

/*
 * Builds dom0 from module 0 (kernel, its arguments) and module 1 (initrd, if
 * there) and makes its first vCPU ready to run.  Boot CPU, once.  What makes
 * it impossible ends in boot_fail().
 */
void dom0_build(void);
