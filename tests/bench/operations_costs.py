# SPDX-License-Identifier: MIT
"""
What single operations of the hypervisor cost: the micro-guest tests/bench/operations as
dom0 of Enso, of Debian's Xen 4.17 as shipped, and of the same without its defences
against speculative execution.
"""

import os
import subprocess
import sys

import costs
import scenario
from scenario import qemu

GUEST = "build/tests/guest/bench_operations.elf"
OPTIONS = "console=com1 com1=115200,8n1 noreboot dom0_mem=64M dom0_max_vcpus=2"
LIMIT = 240  # seconds for one machine: to notice that one hangs

SOURCES = ("operations.c", "operations_entry.S", "events.h")
PROGRAMS = ()

# system: its hypervisor's further options.
SYSTEMS = {"enso": "", "xen": "", "xen-bare": costs.XEN_BARE}


def prepare():
    subprocess.run(["make", "-s", "-C", costs.ROOT, "-f", "tests/guest/build.mk", GUEST], check=True,
                   stdout=sys.stderr)


def measure(system):
    """Boots one system; {figure: instructions for one}."""
    machine = qemu.Machine(hypervisor=costs.hypervisor_of(system),
                           options=(OPTIONS + " " + SYSTEMS[system]).strip(),
                           kernel=os.path.join(costs.ROOT, GUEST), append="", smp=1, mem=512,
                           **costs.COUNTING)
    with scenario.start("operations-" + system, machine, LIMIT) as run:
        run.expect(r"COSTS end$")
        found = costs.count_costs(run.text)
    loop = found.pop("nothing")
    return {figure: cost if "/" in figure else cost - loop for figure, cost in found.items()}
