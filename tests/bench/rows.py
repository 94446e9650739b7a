# SPDX-License-Identifier: MIT
"""
The list of all rows of docs/benchmarks.md: what is measured, by which run, and how much
of Xen's it may be.
"""

import dataclasses

import device_costs
import linux_costs
import memory_costs
import operations_costs
import tools_costs

# run: the module that does it.  A module has SYSTEMS, prepare(), measure(system); and what its
# figures depend on: SOURCES, files beside it, and PROGRAMS of Enso's.
RUNS = {
    "operations": operations_costs,
    "linux": linux_costs,
    "memory": memory_costs,
    "tools": tools_costs,
    "devices": device_costs,
}

UNITS = {
    "": "{:,.0f}".format,
    "M": lambda value: "{:,.2f} M".format(value / 1e6),
    "KiB": "{:,.1f} KiB".format,
    "MiB": "{:.1f} MiB".format,
    "bytes": "{:,.0f}".format,
    "times": "{:.2f}".format,
}


@dataclasses.dataclass(frozen=True)
class Section:
    """A table: its run, and the systems that are its columns.  "enso" and "xen" there are
    each row's own."""
    name: str
    title: str
    run: str
    columns: tuple  # of (heading, system)
    events: bool = False  # whether its run tells EVENTS


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    section: str
    title: str
    figure: str = ""  # of the run's; "": the row's name
    most: float = None  # of the ratio, or of Enso's own figure; None: no demand
    unit: str = ""
    own: bool = False  # whether the demand is on Enso's figure
    enso: str = "enso"  # what of the run's systems is compared
    xen: str = "xen"
    xen_known: float = None  # Xen's figure where the run has none
    run: str = ""  # "": the section's

    def key(self):
        return self.figure or self.name

    def run_name(self):
        return self.run or section_of(self).run


ENSO, XEN = ("Enso", "enso"), ("Xen 4.17", "xen")
BARE = ("Xen 4.17, `spec-ctrl=no xpti=off`", "xen-bare")
NATIVE = ("no hypervisor", "native")

SECTIONS = (
    Section("operations", "Operations of the hypervisor", "operations", (ENSO, XEN, BARE),
            True),
    Section("linux", "Programs under a PV Linux", "linux", (ENSO, XEN, BARE, NATIVE),
            True),
    Section("boot", "Boot", "linux", (ENSO, XEN, NATIVE)),
    Section("memory", "Memory", "memory", (ENSO, XEN)),
    Section("tools", "dom0's tools", "tools", (ENSO, ("Xen 4.17, xl", "xen"))),
    Section("devices", "Guests' disks and networks", "devices", (
        ("Enso, its backends", "enso-own"), ("Enso, Linux' backends", "enso-kernel"),
        ("Xen 4.17, Linux' backends", "xen"))),
)


def section_of(row):
    return next(section for section in SECTIONS if section.name == row.section)


def operation(name, title):
    return Row(name, "operations", title, most=0.5)


def linux(name, title, most):
    return Row(name, "linux", title, most=most)


def tool(name, title, most, unit="", **more):
    return Row(name, "tools", title, most=most, unit=unit, **more)


# Whose backends a guest gets that names none (device_choose_disk_driver and its neighbour).
def disk(name, title, most=None):
    return Row(name, "devices", title, most=most, enso="enso-own")


def network(name, title, most=None):
    return Row(name, "devices", title, most=most, enso="enso-kernel")


# What xl takes, with the scripts and the udev that a disk and an interface need there and the
# image of the run has not.
XL_CREATE, XL_DESTROY = 970e6, 336e6

ROWS = (
    operation("null-hypercall", "hypercall that does nothing (`xen_version`)"),
    operation("hypercall-copy", "hypercall with a copy in and out"),
    operation("multicall-8", "multicall of 8 that do nothing"),
    operation("event-send", "event: send to itself, masked"),
    operation("event-loop", "event: send, upcall, return"),
    operation("grant-map-unmap", "grant: map, unmap"),
    operation("grant-copy-64", "grant copy: 64 bytes"),
    operation("grant-copy-4096", "grant copy: 4 KiB"),
    operation("grant-copy-packets", "grant copy: 16 x 1500 bytes"),
    operation("update-va", "update_va_mapping, another frame"),
    operation("update-va-flush", "the same, with INVLPG"),
    operation("exception", "exception in the kernel, and iret"),
    operation("user-exception", "exception in user mode, and iret"),
    operation("user-syscall", "system call of user mode, and its return"),
    operation("cpuid", "CPUID, emulated"),
    operation("rdmsr", "RDMSR FS_BASE"),
    operation("wrmsr", "WRMSR FS_BASE"),
    operation("read-cr0", "MOV from CR0"),
    operation("stack-switch", "stack_switch"),
    operation("fpu-taskswitch", "fpu_taskswitch"),
    operation("yield", "yield, nobody else wants to run"),
    operation("timer-set", "set a vCPU's timer"),
    operation("timer-set-old", "set_timer_op"),
    operation("ipi-trip", "IPI to a vCPU that polls, and its answer"),
    operation("block-trip", "the same, both block and take upcalls"),

    linux("syscall", "system call that does nothing", 0.60),
    linux("pipe", "a byte to another process and back", 0.75),
    linux("fork-exit", "fork, exit, wait", None),
    linux("fork-exec", "fork, exec, exit, wait", 0.75),
    linux("page-fault", "anonymous page fault, for each page", 0.80),
    linux("mprotect", "mprotect twice, touch", 0.80),
    linux("signal", "signal to itself", 0.75),

    Row("boot-elf", "boot", "hypervisor's first instruction to dom0's, ELF kernel",
        "hypervisor-to-kernel", 0.5, "M"),
    Row("boot-installed", "boot", "the same, Debian's kernel as installed",
        "hypervisor-to-kernel", 0.10, "M", enso="enso-installed", xen="xen-installed"),
    Row("boot-init", "boot", "kernel's first instruction to its first process",
        "kernel-to-init", 0.85, "M"),

    Row("memory-lost", "memory", "a machine of 3 GiB: what is neither free nor a domain's", "lost",
        0.6, "MiB"),
    Row("image", "memory", "the image, gzipped, in bytes", "image", 0.35, "bytes"),
    Row("domain-memory", "memory", "the hypervisor's memory for an idle guest", unit="KiB",
        run="tools"),

    tool("create", "create a Linux guest", 0.4, "M"),
    tool("destroy", "destroy it", 0.4, "M"),
    tool("list-2", "list with 2 guests", 0.4, "M"),
    tool("list-60", "list with 60 guests", 0.4, "M"),
    tool("store-write", "store: write", 0.75),
    tool("store-read", "store: read", 0.75),
    tool("store-transaction", "store: transaction", 0.75),
    tool("growth", "create guest 60 / guest 2", 1.15, "times", own=True),
    tool("dom0-memory", "dom0's memory for a guest", 256, "KiB", own=True),
    tool("daemons-memory", "of it, daemons' own", 256, "KiB", own=True),

    disk("read-4k", "disk: 4 KiB read, one at a time", 0.80),
    disk("write-4k", "disk: 4 KiB write"),
    disk("read-256k", "disk: 256 KiB read", 0.85),
    disk("write-256k", "disk: 256 KiB write"),
    disk("jobs-read-4k", "disk: 4 KiB read, four jobs of depth 32"),
    disk("jobs-write-4k", "disk: 4 KiB write, four jobs of depth 32"),
    network("udp-trip", "network: UDP, 64 bytes there and back", 0.80),
    network("tcp-send-kib", "network: TCP, 1 KiB sent", 0.85),
    network("tcp-receive-kib", "network: TCP, 1 KiB received", 0.85),
    network("tcp-guests-kib", "network: TCP, 1 KiB from guest to guest"),
    Row("create-devices", "devices", "create a guest with a disk and an interface", "create", 0.20,
        "M", enso="enso-own", xen_known=XL_CREATE),
    Row("destroy-devices", "devices", "destroy it", "destroy", 0.15, "M", enso="enso-own",
        xen_known=XL_DESTROY),
)


# What the hypervisor counts beside instructions (counters.def), of which Debian's Xen does not
# tell: counter, heading.
EVENTS = (("hypercalls", "hypercalls"), ("cr3_loads", "CR3 loads"), ("tlb_flushes", "TLB flushes"),
          ("tlb_pages", "INVLPG"), ("vcpu_switches", "vCPU switches"))


@dataclasses.dataclass(frozen=True)
class Result:
    """What a row has come to.  Absent figures are None."""
    row: Row
    enso: float
    xen: float
    native: float

    @property
    def ratio(self):
        return self.enso / self.xen if self.enso is not None and self.xen else None

    @property
    def met(self):
        """Whether the demand is met; None where there is none."""
        value = self.enso if self.row.own else self.ratio
        return None if self.row.most is None or value is None else value <= self.row.most


def figure(measured, row, system):
    """A figure of {run: {system: {figure: number}}}, or None."""
    return measured.get(row.run_name(), {}).get(system, {}).get(row.key())


def result(measured, row):
    xen = row.xen_known if row.xen_known else figure(measured, row, row.xen)
    return Result(row, figure(measured, row, row.enso), xen, figure(measured, row, "native"))
