# SPDX-License-Identifier: MIT
"""
What the hypervisor itself takes of a machine: memory that is neither free nor a domain's
once dom0 runs, and the size of its image.
"""

import gzip
import os
import shutil
import tempfile

import costs
import dom0_image
import scenario
from scenario import qemu

HOST_MIB, DOM0_MIB = 3072, 1024
OPTIONS = "console=com1 com1=115200,8n1 noreboot dom0_mem=%dM,max:%dM" % (DOM0_MIB, DOM0_MIB)
APPEND = "console=hvc0 quiet loglevel=4 enso.daemons=none"
SCRIPT = "measure host now\necho COSTS end\n"
LIMIT = 300  # seconds for one machine: to notice that one hangs
PAGES_PER_MIB = 256

SOURCES = ("measure.c",)
PROGRAMS = ()
SYSTEMS = {"enso": "", "xen": ""}


def prepare():
    costs.build_measure()
    scenario.make_images(("tools-image", "6.1"))


def image_bytes(system):
    """As it is installed, or as `gzip -9` would make it."""
    packed = os.path.join(qemu.LAB, "oracle/boot/xen-4.17-amd64.gz")
    if system == "xen":
        return os.path.getsize(packed)
    with open(costs.hypervisor_of(system), "rb") as file:
        return len(gzip.compress(file.read(), 9))


def measure(system):
    """Boots one system; {figure: MiB or bytes}."""
    scratch = tempfile.mkdtemp(prefix="enso-costs-")
    try:
        script = os.path.join(scratch, "script")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SCRIPT)
        image = dom0_image.make(scratch, script, {"usr/bin/measure": costs.program("measure")})
        machine = qemu.Machine(
            hypervisor=costs.hypervisor_of(system), options=OPTIONS,
            kernel=qemu.kernel("6.1", packed=False), initrd=image, append=APPEND, smp=1,
            mem=HOST_MIB, **costs.COUNTING)
        found = costs.collect("memory-" + system, machine, LIMIT)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    pages = costs.middle(found, "host-free-pages-now") + costs.middle(found, "domains-pages-now")
    return {"lost": HOST_MIB - pages / PAGES_PER_MIB, "image": image_bytes(system)}
