# SPDX-License-Identifier: MIT
"""
What programs cost under Debian's kernel with one CPU, and what its boot costs: as dom0 of
Enso, of Xen, and without a hypervisor.  tests/bench/linux_load.c is its first process.
"""

import os
import re
import shutil
import subprocess
import tempfile

import costs
import dom0_image
import scenario
import stamps
from scenario import qemu

LIMIT = 900  # seconds for one machine: to notice that one hangs
DOM0_MIB = 512
OPTIONS = "console=com1 com1=115200,8n1 noreboot dom0_mem=%dM,max:%dM" % (DOM0_MIB, DOM0_MIB)
# norandmaps: where programs lie in memory decides how many tables they need.
APPEND = "console=%s quiet loglevel=0 norandmaps rdinit=/bin/linux-load"

SOURCES = ("linux_load.c", "events.h", "stamps.py")
PROGRAMS = ()

# Where the clock's second is when the hypervisor starts, in ns of the machine's and thus in
# instructions: Xen waits for the next second, and here that comes when it begins to wait.
START = 660000000

# When the stub lets the machine go, the emulator may add a moment in which nothing runs to its
# clock: up to some millions of instructions, never fewer.  So it boots until two boots take the
# same, on a machine that does much else MOST_BOOTS times, and the least counts.
NOISE = 0.002  # of the lesser
MOST_BOOTS = 8

# system: its hypervisor's further options, and the kernel: the ELF image of Debian's; what is
# installed, for Enso the copy that its hook has made, for Xen the file of the package.
SYSTEMS = {
    "enso": ("", "elf"),
    "xen": ("", "elf"),
    "xen-bare": (costs.XEN_BARE, "elf"),
    "native": ("", "elf"),
    "enso-installed": ("", "hook"),
    "xen-installed": ("", "packed"),
}


def prepare():
    costs.compile_program("linux_load", "-D__XEN_TOOLS__")
    scenario.make_images(("make-initramfs", "6.1"))


def kernel_file(kind, scratch):
    if kind != "hook":
        return qemu.kernel("6.1", packed=kind == "packed")
    copy = os.path.join(scratch, "enso-vmlinux")
    subprocess.run([os.path.join(costs.ROOT, "etc/lib/extract-kernel"), qemu.kernel("6.1"), copy],
                   check=True)
    return copy


def make_image(scratch):
    """The busybox dom0 of the tests with the program in it."""
    image = os.path.join(scratch, "initrd")
    shutil.copy(qemu.initramfs("6.1"), image)
    with open(image, "ab") as file:
        file.write(dom0_image.archive(scratch, {"bin/linux-load": costs.program("linux_load")}))
    return image


def make_machine(system, scratch, gdb):
    """(the machine, [(stamp's name, place in the code)])."""
    words, kind = SYSTEMS[system]
    kernel = kernel_file(kind, scratch)
    elf = qemu.kernel("6.1", packed=False)
    fields = {"initrd": make_image(scratch), "smp": 1, "gdb": gdb, **costs.COUNTING}
    if system == "native":
        return (qemu.Machine(hypervisor=kernel, options=APPEND % "ttyS0", mem=DOM0_MIB, **fields),
                [("kernel", stamps.kernel_entry(elf, False))])
    hypervisor = costs.hypervisor_of(system)
    return (qemu.Machine(hypervisor=hypervisor, options=(OPTIONS + " " + words).strip(),
                         kernel=kernel, append=APPEND % "hvc0", mem=2048, **fields),
            [("hypervisor", stamps.entry_of(hypervisor)),
             ("kernel", stamps.kernel_entry(elf, True))])


def stamp_places(stub, places):
    """{name: instructions until there} of places that the machine comes to in this order."""
    first, *others = places
    stub.spend(START - stub.run_to(first[1]))
    return {first[0]: stub.count(), **{name: stub.run_to(place) for name, place in others}}


def boot(system, scratch, whole):
    """Boots one system, as far as its kernel or through the whole of its work: (its stamps,
    what it said)."""
    words, path = stamps.socket_words(scratch)
    machine, places = make_machine(system, scratch, words)
    with scenario.start("linux-" + system, machine, LIMIT) as run:
        with stamps.Stub(path, run.limit) as stub:
            at = stamp_places(stub, places)
            if whole:
                stub.leave()
        if whole:
            end = run.expect(r"^COSTS .*$")
            scenario.require(end[0] == "COSTS end", end[0])
        return at, run.text


def agree(spans):
    """Whether the least two are the same but for NOISE."""
    least = sorted(spans)[:2]
    return len(least) == 2 and least[1] - least[0] <= NOISE * least[0]


def measure(system):
    """Boots one system; {figure: instructions}."""
    scratch = tempfile.mkdtemp(prefix="enso-costs-")
    try:
        at, text = boot(system, scratch, True)
        found = costs.count_costs(text)
        at["init"] = int(re.search(r"^STAMP init (\d+)$", text, re.M)[1])
        found["kernel-to-init"] = at["init"] - at["kernel"]
        spans = []
        while "hypervisor" in at:
            spans.append(at["kernel"] - at["hypervisor"])
            if agree(spans) or len(spans) == MOST_BOOTS:
                found["hypervisor-to-kernel"] = min(spans)
                break
            at, _ = boot(system, scratch, False)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return found
