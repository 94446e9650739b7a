# SPDX-License-Identifier: MIT
"""
When a machine gets to a place in its code, in instructions since its reset.

QEMU's gdb stub stops it there; the time stamp counter is read by an RDTSC that is put
over the code for one step, and everything is as before.  So neither hypervisor nor
kernel is changed, or asked, or even need say anything.  What a step is made of is in
gdb's manual, Remote Protocol.
"""

import os
import socket
import struct
import time

RAX, RCX, RDX, RIP, FLAGS = 0, 2, 3, 16, 17  # registers' numbers in the stub of qemu-system-x86_64
RDTSC = bytes((0x0F, 0x31))
LOOP = bytes((0xFF, 0xC9, 0x75, 0xFC, 0xE9))  # 1: dec %ecx; jnz 1b; jmp by what follows
AWAY = 0x10000
NOTE_ENTRY, NOTE_PHYS32_ENTRY = 1, 18  # <xen/elfnote.h>
PT_NOTE = 4


class Stub:
    """The gdb stub of a machine that QEMU started stopped, with `gdb=unix:PATH,server=on`."""

    def __init__(self, path, limit):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(limit)
        end = time.monotonic() + 30
        while True:
            try:
                self.socket.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.input = self.socket.makefile("rb")
        # Registers one by one are for those who have asked what there are.
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.input.close()
        self.socket.close()

    def packet(self):
        """The next packet's text, acknowledged."""
        while self.input.read(1) != b"$":
            pass
        text = bytearray()
        while (byte := self.input.read(1)) != b"#":
            if not byte:
                raise EOFError("the machine ended")
            text += byte
        self.input.read(2)
        self.socket.sendall(b"+")
        return text.decode()

    def ask(self, text):
        self.socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 0xFF))
        return self.packet()

    def order(self, text):
        answer = self.ask(text)
        if answer != "OK":
            raise ValueError("gdb stub: %s: %s" % (text, answer))

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask("p%x" % number)), "little")

    def set_register(self, number, value):
        size = len(self.ask("p%x" % number)) // 2  # flags are shorter than the others
        self.order("P%x=%s" % (number, value.to_bytes(size, "little").hex()))

    def count(self):
        """Instructions since reset, of a machine that stands still."""
        place, rax, rdx = (self.register(number) for number in (RIP, RAX, RDX))
        code = self.ask("m%x,%x" % (place, len(RDTSC)))
        self.order("M%x,%x:%s" % (place, len(RDTSC), RDTSC.hex()))
        self.ask("s")
        counted = (self.register(RDX) & 0xFFFFFFFF) << 32 | self.register(RAX) & 0xFFFFFFFF
        self.order("M%x,%x:%s" % (place, len(RDTSC), code))
        for number, value in ((RIP, place), (RAX, rax), (RDX, rdx)):
            self.set_register(number, value)
        return counted

    def run_to(self, place):
        """Lets the machine run until it is about to do what is at this address; its count."""
        self.order("Z0,%x,1" % place)
        self.ask("c")
        if self.register(RIP) != place:
            raise ValueError("the machine stopped at %x, not at %x" % (self.register(RIP), place))
        self.order("z0,%x,1" % place)
        return self.count()

    def spend(self, count):
        """Has the machine, which is about to run code without paging, first do so many
        instructions that change nothing."""
        place, rcx, flags = (self.register(number) for number in (RIP, RCX, FLAGS))
        # Away from the place itself: code beside a breakpoint is slow to emulate.
        away = place + AWAY
        code = LOOP + struct.pack("<i", place - (away + len(LOOP) + 4))
        before = self.ask("m%x,%x" % (away, len(code)))
        self.order("M%x,%x:%s" % (away, len(code), code.hex()))
        self.set_register(RCX, count // 2)
        self.set_register(RIP, away)
        self.run_to(place)
        self.order("M%x,%x:%s" % (away, len(code), before))
        for number, value in ((RCX, rcx), (FLAGS, flags)):
            self.set_register(number, value)

    def leave(self):
        """Lets it run on, by itself."""
        self.order("D")


def entry_of(path):
    """Where an ELF file says that it begins."""
    with open(path, "rb") as file:
        head = file.read(32)
    return struct.unpack_from("<I" if head[4] == 1 else "<Q", head, 24)[0]


def notes_of(path):
    """{type: bytes} of the Xen notes in a 64-bit ELF file."""
    notes = {}
    with open(path, "rb") as file:
        image = file.read()
    headers, = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for at in range(headers, headers + count * size, size):
        kind, _, start, _, _, length = struct.unpack_from("<IIQQQQ", image, at)
        end = start + length
        while kind == PT_NOTE and start < end:
            name_size, data_size, note = struct.unpack_from("<III", image, start)
            name = image[start + 12:start + 12 + name_size]
            data = start + 12 + (name_size + 3 & ~3)
            if name == b"Xen\0":
                notes[note] = image[data:data + data_size]
            start = data + (data_size + 3 & ~3)
    return notes


def kernel_entry(path, hypervisor):
    """Where a kernel begins: as a PV guest, or where QEMU starts it without hypervisor."""
    return int.from_bytes(notes_of(path)[NOTE_ENTRY if hypervisor else NOTE_PHYS32_ENTRY], "little")


def socket_words(folder):
    """(QEMU's word for the stub, its path) in a folder of the caller's."""
    path = os.path.join(folder, "gdb")
    return "unix:%s,server=on,wait=off" % path, path
