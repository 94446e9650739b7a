# SPDX-License-Identifier: MIT
"""
What a guest's disk and network cost the whole machine: on Enso with Enso's backends and
with dom0's kernel's, beside Debian's Xen 4.17 with the latter; the same guest, dom0
kernel and tools.
"""

import os
import shutil
import tempfile

import costs
import dom0_image
import scenario
from scenario import qemu

OPTIONS = "console=com1 com1=115200,8n1 noreboot dom0_mem=768M,max:768M"
APPEND = "console=hvc0 quiet loglevel=4 enso.daemons=enso"
LIMIT = 900  # seconds for one machine: to notice that one hangs

SOURCES = ("measure.c", "device_load.c", "device_costs.sh")
PROGRAMS = costs.TOOLS

# system: whose backends.
SYSTEMS = {"enso-own": "enso", "enso-kernel": "kernel", "xen": "kernel"}


def prepare():
    costs.compile_program("device_load")
    costs.build_measure()
    scenario.make_images(("devices-image",), ("tools-image", "6.1"))


def measure(system):
    """Boots one system; {figure: instructions}."""
    scratch = tempfile.mkdtemp(prefix="enso-costs-")
    try:
        script = os.path.join(scratch, "script")
        dom0_image.write_script(script, {"driver": SYSTEMS[system]}, "tests/bench/device_costs.sh")
        load = costs.program("device_load")
        guest = os.path.join(scratch, "guest-load.gz")
        with open(guest, "wb") as file:
            file.write(dom0_image.archive(scratch, {"bin/device-load": load}))
        image = dom0_image.make(scratch, script, {
            "usr/bin/measure": costs.program("measure"), "usr/bin/device-load": load,
            "boot/guest-load.gz": guest}, os.path.join(qemu.IMAGES, "devices.cpio"))
        machine = qemu.Machine(
            hypervisor=costs.hypervisor_of(system), options=OPTIONS,
            kernel=qemu.kernel("6.1", packed=False), initrd=image, append=APPEND,
            smp=1, mem=2048, **costs.COUNTING_IDLE)
        return per_operation(costs.collect("device-" + system, machine, LIMIT))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def per_operation(figures):
    """Of `FIGURE COUNT`, for two counts: what one operation costs; of FIGURE: the median."""
    found, costs_of = {}, {}
    for figure, numbers in figures.items():
        name, *count = figure.split()
        if count:
            found.setdefault(name, []).append((int(count[0]), numbers[-1]))
        else:
            costs_of[name] = costs.middle(figures, figure)
    for name, pair in found.items():
        few, many = sorted(pair)
        costs_of[name] = (many[1] - few[1]) / (many[0] - few[0])
    return costs_of
