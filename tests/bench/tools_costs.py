# SPDX-License-Identifier: MIT
"""
What dom0's tools cost, and what a guest costs the host: Enso with its own tools beside
Debian's Xen 4.17 with xl and its C xenstored, on the same machine with the same kernel.
"""

import os
import shutil
import statistics
import tempfile

import costs
import dom0_image
import scenario
from scenario import qemu

OPTIONS = "console=com1 com1=115200,8n1 noreboot dom0_mem=768M,max:768M"
APPEND = "console=hvc0 quiet loglevel=4 enso.daemons=%s"
LIMIT = 1500  # seconds for one machine: to notice that one hangs
GUESTS = 60
PAGE_KIB = 4

SOURCES = ("measure.c", "tools_costs.sh")
PROGRAMS = costs.TOOLS

SYSTEMS = {"enso": "", "xen": ""}

# What is done several times: the median counts.
REPEATED = ("create", "destroy", "list-2", "list-%d" % GUESTS, "store-write", "store-read",
            "store-transaction")


def prepare():
    dom0_image.build_micro(("short_life",))
    costs.build_measure()
    scenario.make_images(("tools-image", "6.1"))


def measure(system):
    """Boots one system; {figure: instructions, KiB, or what growth() gives}."""
    scratch = tempfile.mkdtemp(prefix="enso-costs-")
    try:
        script = os.path.join(scratch, "script")
        dom0_image.write_script(script, {"system": system, "guests": GUESTS},
                                "tests/bench/tools_costs.sh")
        files = dom0_image.build_micro(("short_life",))
        files["usr/bin/measure"] = costs.program("measure")
        files["boot/vmlinux-6.1"] = qemu.kernel("6.1", packed=False)
        image = dom0_image.make(scratch, script, files)
        machine = qemu.Machine(
            hypervisor=costs.hypervisor_of(system), options=OPTIONS,
            kernel=qemu.kernel("6.1", packed=False), initrd=image, append=APPEND % system,
            smp=1, mem=2560, **costs.COUNTING_IDLE)
        return digest(costs.collect("tools-" + system, machine, LIMIT))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def growth(figures):
    """What a guest costs more when there are many: the last three beside the first."""
    def about(*numbers):
        return statistics.median(figures["create-%d" % number][0] for number in numbers)
    return about(GUESTS - 2, GUESTS - 1, GUESTS) / about(2, 3, 4)


def per_guest(figures, what, sign):
    return sign * (figures[what + "-after"][0] - figures[what + "-before"][0]) / GUESTS


def digest(figures):
    found = {name: costs.middle(figures, name) for name in REPEATED}
    found["growth"] = growth(figures)
    found["dom0-memory"] = per_guest(figures, "available", -1)
    found["daemons-memory"] = per_guest(figures, "daemons", 1)
    # What the host has less, but for what is the guests' own.
    found["domain-memory"] = PAGE_KIB * (per_guest(figures, "host-free-pages", -1) -
                                         per_guest(figures, "domains-pages", 1))
    return found
