# SPDX-License-Identifier: MIT
"""Clients of a store daemon: a socket, and a guest with its ring on the hypervisor of files."""

import mmap
import os
import select
import socket
import struct
import time

CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, BEGIN, END, INTRODUCE, RELEASE, GET_PATH, \
    WRITE, MKDIR, RM, SET_PERMS, EVENT, ERROR, IS_INTRODUCED, RESUME, SET_TARGET = range(20)
RESET_WATCHES, DIRECTORY_PART = 21, 22
RING = 1024


class Gone(Exception):
    """The daemon went away in the middle."""


class Client:
    """What both kinds of client do with bytes; `send` and `receive` are theirs."""

    def __init__(self):
        self.events, self.number = [], 0

    def send(self, data):
        raise NotImplementedError

    def receive(self, length):
        raise NotImplementedError

    def message(self):
        kind, number, _, length = struct.unpack("<IIII", self.receive(16))
        return kind, number, self.receive(length)

    def ask(self, kind, *words, transaction=0, raw=None):
        """(type of the reply, its payload); events that come meanwhile are kept."""
        payload = raw if raw is not None else b"".join(
            (word if isinstance(word, bytes) else str(word).encode()) + b"\0" for word in words)
        self.number += 1
        self.send(struct.pack("<IIII", kind, self.number, transaction, len(payload)) + payload)
        return self.answer(self.number)

    def answer(self, number):
        while True:
            kind, its, payload = self.message()
            if kind == EVENT:
                self.events.append(payload)
            elif its == number:
                return kind, payload
            else:
                raise AssertionError("reply %d to request %d" % (its, number))

    def write(self, path, value, transaction=0):
        return self.ask(WRITE, raw=path.encode() + b"\0" + value, transaction=transaction)

    def begin(self):
        return int(self.ask(BEGIN, "")[1][:-1])

    def end(self, transaction, how="T"):
        return self.ask(END, how, transaction=transaction)

    def take_events(self, seconds=0.2):
        """All events that come until it has been quiet for so long."""
        while self.wait(seconds):
            kind, _, payload = self.message()
            assert kind == EVENT, kind
            self.events.append(payload)
        taken, self.events = self.events, []
        return taken

    def wait(self, seconds):
        raise NotImplementedError


class Socket(Client):
    """A program of domain 0."""

    def __init__(self, path):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(20)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone() from error

    def receive(self, length):
        data = b""
        while len(data) < length:
            try:
                more = self.socket.recv(length - len(data))
            except ConnectionError as error:
                raise Gone() from error
            if not more:
                raise Gone()
            data += more
        return data

    def wait(self, seconds):
        return bool(select.select([self.socket], [], [], seconds)[0])


class Guest(Client):
    """The kernel of domain `domid`: it outlives any daemon."""

    def __init__(self, folder, domid):
        super().__init__()
        self.folder, self.domid = folder, domid
        path = os.path.join(folder, "ring.%d" % domid)
        with open(path, "wb") as file:
            file.write(bytes(4096))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 4096)
        # Whole words at once: the daemon would take a half-written index for nonsense.
        self.words = memoryview(self.page).cast("I")
        self.calls = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        own = os.path.join(folder, "events.%d" % domid)
        if os.path.exists(own):
            os.unlink(own)
        self.calls.bind(own)
        self.patience = 20

    def index(self, offset):
        return self.words[offset // 4]

    def set_index(self, offset, value):
        self.words[offset // 4] = value & 0xffffffff

    def call(self):
        """Notifies the daemon; one that is not there hears it when it looks at the ring."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.settimeout(5)
        try:
            sock.sendto(struct.pack("<I", 100 + self.domid), os.path.join(self.folder, "events"))
        except OSError:
            pass
        sock.close()

    def heard(self, seconds):
        if select.select([self.calls], [], [], seconds)[0]:
            self.calls.recv(16)

    def send(self, data):
        deadline = time.monotonic() + self.patience
        while data:
            cons, prod = self.index(0x800), self.index(0x804)
            room = RING - ((prod - cons) & 0xffffffff)
            part, data = data[:room], data[room:]
            for byte in part:
                self.page[prod % RING] = byte
                prod += 1
            self.set_index(0x804, prod)
            self.call()
            if data:
                self.heard(0.05)
            assert time.monotonic() < deadline, "domain %d: ring stays full" % self.domid

    def receive(self, length):
        deadline = time.monotonic() + self.patience
        data = bytearray()
        while len(data) < length:
            cons, prod = self.index(0x808), self.index(0x80c)
            count = min((prod - cons) & 0xffffffff, length - len(data))
            if not count:
                assert time.monotonic() < deadline, "domain %d: no answer" % self.domid
                self.heard(0.05)
                continue
            before = cons
            for _ in range(count):
                data.append(self.page[0x400 + cons % RING])
                cons += 1
            self.set_index(0x808, cons)
            # As Linux does: whoever filled the ring meanwhile hears that there is room.
            if (self.index(0x80c) - before) & 0xffffffff >= RING:
                self.call()
        return bytes(data)

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        while self.index(0x808) == self.index(0x80c):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.heard(left)
        return True
