# SPDX-License-Identifier: MIT
"""Disks from which Bochs boots a hypervisor with its modules at once (bochs_loader.S)."""

import os
import struct
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECTOR, PAGE = 512, 4096
HEADS, SECTORS_PER_TRACK = 16, 63
# As bochs_loader.S has it.
PLAN, PLAN_SIZE, PLAN_ENTRY, LOADS_MOST = 0x7e00, 8 * SECTOR, 0x80, 16
# What stands in a multiboot information: a command line, modules, a memory map, a loader's name.
INFO_FLAGS = 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9


def loader():
    """The first sector, assembled."""
    image = os.path.join(ROOT, "build/tests/bochs_loader")
    source = os.path.join(ROOT, "tests/run/bochs_loader.S")
    if not os.path.exists(image) or os.path.getmtime(image) < os.path.getmtime(source):
        os.makedirs(os.path.dirname(image), exist_ok=True)
        # Several threads may come here at once: each makes its own, whole before it is there.
        with tempfile.TemporaryDirectory(dir=os.path.dirname(image)) as folder:
            part = os.path.join(folder, "loader")
            subprocess.run(["gcc", "-m32", "-c", "-o", part + ".o", source], check=True)
            subprocess.run(["ld", "-m", "elf_i386", "-Ttext=0x7c00", "--oformat=binary",
                            "-o", part, part + ".o"], check=True)
            os.rename(part, image)
    with open(image, "rb") as file:
        return file.read()


def align(value, size):
    return -(-value // size) * size


def pad(data):
    return data + bytes(-len(data) % SECTOR)


def read_elf(path):
    """(entry, [(address, bytes, size in memory)]) of a 32-bit ELF file, addresses physical;
    ValueError: it is none."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x01":
        raise ValueError("%s: not a 32-bit ELF file" % path)
    entry, headers = struct.unpack_from("<II", data, 24)
    size, count = struct.unpack_from("<HH", data, 42)
    loads = []
    for i in range(count):
        kind, offset, _, address, in_file, in_memory = struct.unpack_from(
            "<6I", data, headers + i * size)
        if kind == 1:  # PT_LOAD
            loads.append((address, data[offset:offset + in_file], in_memory))
    return entry, loads


class Plan:
    """What follows the first sector; texts stand behind the loads."""

    def __init__(self):
        self.bytes = bytearray(PLAN_SIZE)
        self.at = PLAN_ENTRY + 8 + 12 * LOADS_MOST
        self.loads = []

    def add(self, data):
        """Its address in memory."""
        address = PLAN + self.at
        if self.at + len(data) > PLAN_SIZE:
            raise ValueError("command lines of more than %d bytes" % PLAN_SIZE)
        self.bytes[self.at:self.at + len(data)] = data
        self.at += len(data)
        return address

    def text(self, words):
        return self.add(words.encode() + b"\0")

    def load(self, address, data, in_memory):
        """Bytes for there, and zeros behind them."""
        if len(self.loads) == LOADS_MOST:
            raise ValueError("more than %d parts to load" % LOADS_MOST)
        data = pad(data)
        self.loads.append((address, data, max(0, align(in_memory - len(data), 4)) // 4))

    def finish(self, entry):
        struct.pack_into("<II", self.bytes, PLAN_ENTRY, entry, len(self.loads))
        for i, (address, data, words) in enumerate(self.loads):
            struct.pack_into("<III", self.bytes, PLAN_ENTRY + 8 + 12 * i, address,
                             len(data) // SECTOR, words)
        return bytes(self.bytes) + b"".join(data for _, data, _ in self.loads)


def command_line(path, words):
    """As multiboot has it: a file's name, then what is for it."""
    return "/%s %s" % (os.path.basename(path), words)


def make(path, hypervisor, options, modules):
    """Writes a disk that boots `hypervisor` with these options and modules ([(file, words)]);
    returns how many cylinders it has.  ValueError: it cannot be loaded."""
    plan = Plan()
    entry, loads = read_elf(hypervisor)
    for load in loads:
        plan.load(*load)
    free = align(max(address + size for address, _, size in loads), PAGE)
    records = b""
    for name, words in modules:
        with open(name, "rb") as file:
            data = file.read()
        plan.load(free, data, len(data))
        records += struct.pack("<IIII", free, free + len(data),
                               plan.text(command_line(name, words)), 0)
        free = align(free + len(data), PAGE)
    info = struct.pack("<IIIIIII", INFO_FLAGS, 0, 0, 0,
                       plan.text(command_line(hypervisor, options)), len(modules),
                       plan.add(records))
    plan.bytes[:len(info)] = info
    struct.pack_into("<I", plan.bytes, 64, plan.text("bochs_loader"))
    data = loader() + plan.finish(entry)
    cylinders = -(-len(data) // (HEADS * SECTORS_PER_TRACK * SECTOR))
    with open(path, "wb") as file:
        file.write(data)
        file.truncate(cylinders * HEADS * SECTORS_PER_TRACK * SECTOR)
    return cylinders
