/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/fault.h - a page fault of a paravirtual guest: is it ours to
 * resolve (a stale translation, a write to a page table) or the guest's?
 */
#pragma once

#include "xen-like/domain/domain.h"

void guest_page_fault(struct vcpu *vcpu, uint64_t address, uint32_t error_code);
