/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/look.h - what the commands that show things share. */
#pragma once

#include "dom0-tools/enso/guests.h"
#include "dom0-tools/lib/vcpu.h"

/* A guest as `list --json` has it. */
void guest_describe_fully(const struct guest *guest, struct json_object *object);

/* "0-1,3", or "all" when all of the host's first `cpu_count` CPUs are in it. */
void look_write_cpus(const struct vcpu_cpus *cpus, uint32_t cpu_count, char *text, size_t room);
