# SPDX-License-Identifier: MIT
"""
The only QEMU command line in the tree.

Machine says what to boot and on what; command() turns it into QEMU's words.
Run starts it with the serial line in our hands: expect(), send(), wait().
Every run has a hard time limit and ends its own QEMU, nobody else's; a QEMU
whose Python dies, dies with it.  The reference machine, and what its emulation
gets wrong, is why the default CPU lacks SMAP and MONITOR.

tests/run/qemu is the same on the command line.
"""

import ctypes
import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
LAB = os.path.join(BUILD, "lab")
IMAGES = os.path.join(BUILD, "images")
ORACLE = os.path.join(LAB, "xen-4.17")

CPU = "EPYC,+svm,+npt,-smap,-monitor"
HYPERVISOR_OPTIONS = ("console=com1 com1=115200,8n1 dom0_mem=512M noreboot "
                      "loglvl=all guest_loglvl=all")
DOM0_OPTIONS = "console=hvc0 earlyprintk=xen loglevel=8"

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS.fd"

# QEMU's user network: a gateway that answers ping, DHCP and, at ECHO_ADDRESS, a TCP
# echo; cut off from the world unless the machine says otherwise.
GATEWAY = "10.0.2.2"
ECHO_ADDRESS = "10.0.2.100"
ECHO_PORT = 7


def hypervisor():
    """The image under test: $HYPERVISOR, else our own."""
    return os.path.abspath(os.environ.get("HYPERVISOR", os.path.join(BUILD, "enso")))


def is_enso(path=None):
    """Whether the image under test is ours (and not the oracle)."""
    return not os.path.basename(path or hypervisor()).startswith("xen")


def kernel(version, packed=True):
    """Debian's kernel as packaged, or the ELF image inside it."""
    return os.path.join(LAB, ("vmlinuz-" if packed else "vmlinux-") + version)


def initramfs(version):
    """The busybox initramfs with that kernel's modules."""
    return os.path.join(IMAGES, "initramfs-busybox-%s.cpio.gz" % version)


@dataclasses.dataclass
class Machine:
    """What to boot and on what.  Empty strings mean "leave it out"."""

    hypervisor: str = ""
    options: str = HYPERVISOR_OPTIONS  # the hypervisor's command line
    kernel: str = ""
    append: str = DOM0_OPTIONS  # the kernel's command line
    initrd: str = ""
    iso: str = ""  # boot this instead of -kernel
    uefi: bool = False
    machine: str = "q35"
    cpu: str = CPU
    smp: int = 2
    mem: int = 2048  # MiB
    disks: tuple = ()  # FILE or FILE,device=NAME; raw, never written to
    keep: bool = False  # what is written to the disks stays
    nics: tuple = ()  # device names: e1000e, virtio-net-pci
    world: bool = False  # what is beyond the gateway can be reached
    icount: str = ""  # "shift=0": count instructions instead of time
    parallel: bool = False  # a thread of QEMU's for each CPU; otherwise they take turns in one
    rtc: str = ""
    incoming: str = ""  # where the state of a saved machine comes from: go on there
    gdb: str = ""  # "tcp::1234": wait there for gdb
    monitor: bool = False  # QEMU's monitor listens: Run.monitor_do()
    reboots: bool = False  # a reset starts it again and does not end it
    trace: str = ""  # QEMU's -d argument, written to trace_file
    trace_file: str = ""
    extra: tuple = ()  # words added as they are

    def accelerator(self):
        """Threads are for what knows no code that changes itself, as Linux' does: a CPU may keep
        its old translation for ever then (docs/testing.md, tests/run/old-code)."""
        return "tcg,thread=" + ("multi" if self.parallel and not self.icount else "single")

    def boot_words(self, scratch):
        """How the hypervisor gets into memory."""
        words = []
        if self.uefi:
            variables = os.path.join(scratch, "vars.fd")
            shutil.copy(OVMF_VARS, variables)
            words += ["-drive", "if=pflash,format=raw,readonly=on,file=" + OVMF_CODE,
                      "-drive", "if=pflash,format=raw,file=" + variables]
        if self.iso:
            return words + ["-cdrom", self.iso, "-boot", "d"]
        words += ["-kernel", self.hypervisor or hypervisor(), "-append", self.options]
        # A comma in a module's arguments is doubled: one alone parts modules.
        modules = []
        if self.kernel:
            modules.append((self.kernel + " " + self.append).strip().replace(",", ",,"))
        if self.initrd:
            modules.append(self.initrd)
        return words + (["-initrd", ",".join(modules)] if modules else [])

    def disk_words(self):
        words = []
        for number, disk in enumerate(self.disks):
            path, _, device = disk.partition(",device=")
            words += ["-drive", "if=none,id=disk%d,format=raw,snapshot=%s,file=%s"
                      % (number, "off" if self.keep else "on", path),
                      "-device", "%s,drive=disk%d" % (device or "virtio-blk-pci", number)]
        return words

    def nic_words(self):
        words = []
        for number, device in enumerate(self.nics):
            words += ["-netdev", "user,id=net%d,restrict=%s,guestfwd=tcp:%s:%d-cmd:/bin/cat"
                      % (number, "off" if self.world else "on", ECHO_ADDRESS, ECHO_PORT),
                      "-device", "%s,netdev=net%d,romfile=" % (device, number)]
        return words or ["-nic", "none"]

    def command(self, scratch, serial=None):
        serial = serial or ("-serial", "stdio", "-monitor", "none")
        words = ["qemu-system-x86_64", "-accel", self.accelerator(), "-machine", self.machine,
                 "-cpu", self.cpu, "-smp", str(self.smp), "-m", str(self.mem),
                 *(() if self.reboots else ("-no-reboot",)), "-display", "none", *serial]
        if self.monitor:
            words += ["-qmp", "unix:%s/monitor,server,nowait" % scratch]
        if self.icount:
            words += ["-icount", self.icount]
        if self.rtc:
            words += ["-rtc", self.rtc]
        if self.incoming:
            words += ["-incoming", self.incoming]
        if self.gdb:
            words += ["-S", "-gdb", self.gdb]
        if self.trace:
            words += ["-d", self.trace, "-D", self.trace_file or os.path.join(scratch, "trace")]
        return words + self.boot_words(scratch) + self.disk_words() + self.nic_words() + [
            *self.extra]


def die_with_parent():
    """In the child: be killed when the parent is gone."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Timeout(Exception):
    """A run took longer than its limit or did not say what was expected."""


class Run:
    """
    A machine that runs.  Use as a context manager.

    `text` is all that came over the serial line so far; `log`, when given, a
    file that receives it as it comes.  `limit` is the life of the machine in
    seconds.
    """

    def __init__(self, machine, limit=60, log=None, echo=False, words=None):
        self.machine, self.limit, self.echo = machine, limit, echo
        self.text = ""
        self.seen = 0  # expect() looks behind this
        self.scratch = tempfile.mkdtemp(prefix="enso-qemu-")
        self.command = words or machine.command(self.scratch)
        self.started = time.monotonic()
        self.news = threading.Condition()
        self.closed = False
        if log:
            os.makedirs(os.path.dirname(os.path.abspath(log)), exist_ok=True)
        self.log = open(log, "wb") if log else None
        self.errors = open(os.path.join(self.scratch, "errors"), "w+b")
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, preexec_fn=die_with_parent, bufsize=0)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.alarm = threading.Timer(limit, self.process.kill)
        self.alarm.daemon = True
        self.alarm.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def read(self):
        """The reader's thread: from the serial line into `text`."""
        while True:
            data = self.process.stdout.read(4096)
            closed = not data
            data = data.replace(b"\r", b"")
            if self.log and data:
                self.log.write(data)
                self.log.flush()
            with self.news:
                text = data.decode("utf-8", "replace")
                self.text += text
                self.closed = closed
                self.news.notify_all()
            if self.echo:
                print(text, end="", flush=True)
            if closed:
                return

    def elapsed(self):
        return time.monotonic() - self.started

    def expect(self, pattern, timeout=None):
        """
        Waits until `pattern` (a regular expression, multi-line) is in the text
        that came after the last match.  A pattern that ends with $ waits for the
        line's end: of `tried 127` only `tried 1` may have come.  Returns the
        match; raises Timeout.
        """
        regex = re.compile(pattern, re.M)
        end = min(time.monotonic() + (timeout or self.limit), self.started + self.limit)
        with self.news:
            while True:
                found = regex.search(self.text, self.seen)
                whole = self.closed or not pattern.endswith("$")
                if found and (whole or found.end() < len(self.text)):
                    self.seen = found.end()
                    return found
                left = end - time.monotonic()
                if self.closed or left <= 0:
                    why = "machine ended" if self.closed else "%.0f s passed" % self.elapsed()
                    raise Timeout("no /%s/: %s; last line: %s" % (pattern, why, self.last_line()))
                self.news.wait(left)

    def send(self, text, pace=0.02):
        """Types `text`, a few characters at a time as a UART wants it."""
        for start in range(0, len(text), 8):
            self.process.stdin.write(text[start:start + 8].encode())
            time.sleep(pace)

    def monitor_do(self, command):
        """Has QEMU's monitor carry out a command; returns its answer."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(os.path.join(self.scratch, "monitor"))
            answers = line.makefile("r", encoding="utf-8")
            for words in ({"execute": "qmp_capabilities"},
                          {"execute": "human-monitor-command",
                           "arguments": {"command-line": command}}):
                line.sendall(json.dumps(words).encode() + b"\n")
                # Between are a greeting and events.
                answer = next(found for found in map(json.loads, answers)
                              if "return" in found or "error" in found)
        return answer.get("return", str(answer))

    def wait(self, timeout=None):
        """Waits until the machine ends by itself; raises Timeout."""
        end = min(time.monotonic() + (timeout or self.limit), self.started + self.limit)
        try:
            self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Timeout("still running after %.0f s; last line: %s"
                          % (self.elapsed(), self.last_line())) from None
        self.reader.join(5)
        if self.process.returncode < 0:
            raise Timeout("ended by the time limit of %.0f s; last line: %s"
                          % (self.limit, self.last_line()))
        return self.process.returncode

    def wait_closed(self):
        """After the machine's end: until all it said is in `text`."""
        self.reader.join(10)

    def complaints(self):
        """What QEMU itself said, without its warnings about the CPU model."""
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace")
        return " ".join(line for line in text.splitlines() if "TCG doesn't support" not in line)

    def last_line(self):
        lines = [line for line in self.text.splitlines() if line.strip()]
        return repr(lines[-1][-120:]) if lines else "none " + self.complaints()

    def stop(self):
        self.alarm.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()
        if self.log:
            self.log.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


def interactive(machine):
    """Hands the machine's serial line to the terminal; Ctrl-a x ends it."""
    scratch = tempfile.mkdtemp(prefix="enso-qemu-")
    words = machine.command(scratch, serial=("-serial", "mon:stdio"))
    try:
        return subprocess.call(words, preexec_fn=die_with_parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
