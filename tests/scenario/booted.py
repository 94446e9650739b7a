# SPDX-License-Identifier: MIT
"""
A dom0 that has booted already.  Most scenarios have the same one: a machine of one CPU, or
of two, or one that counts its time, and 2 GiB, the tools' image, Enso's daemons.  It boots
once, is saved as QEMU migrates it, and each of them goes on from there with archives on a disk
that was empty before (tests/run/dom0/init-tools); what tests a boot, or wants another machine,
boots.

A saved machine is known by its kind, the contents it is made from, the emulator and the
processor (its clock counts the processor's cycles); another takes its place.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import time

import scenario
from scenario import qemu

FOLDER = os.path.join(scenario.ROOT, "build/test/booted")
PARTS = os.path.join(qemu.IMAGES, "tools-parts")
# A log that has all its memory from the start: what scenarios compare is free memory.
OPTIONS = ("console=com1 com1=115200,8n1 noreboot loglvl=all guest_loglvl=error "
           "conring_size=64K dom0_mem=768M,max:768M")
# Linux' tests of its own ciphers are a fifth of a boot under emulation and none of ours.
APPEND = "console=hvc0 quiet loglevel=4 cryptomgr.notests enso.daemons=enso"
BLOCK = 65536  # as init-tools reads it
DISK_BYTES = 256 << 20  # sparse; the same for all, as dom0 has asked for it already

# By their names in FOLDER.  A counted machine's time is instructions, 250 million a second, and
# idle time passes at once: what is measured on it does not depend on what else is done beside it.
KINDS = {"1": {"smp": 1}, "2": {"smp": 2},
         "counted": {"smp": 1, "icount": "shift=2,sleep=off", "rtc": "base=2020-01-01,clock=vm"}}


def machine(image, disk, kind):
    return qemu.Machine(
        options=OPTIONS, kernel=qemu.kernel("6.1", packed=False), initrd=image,
        append=APPEND + " enso.script=/dev/vda", mem=2048, extra=(
            "-drive", "if=none,id=script,format=raw,readonly=on,file=" + disk,
            "-device", "virtio-blk-pci,drive=script"), **KINDS[kind])


def write_disk(path, archives):
    """A disk with these archives; empty without."""
    with open(path, "wb") as disk:
        sizes = []
        for archive in archives:
            disk.seek(BLOCK * (1 + sum(sizes)))
            with open(archive, "rb") as source:
                shutil.copyfileobj(source, disk)
            sizes.append(-(-os.path.getsize(archive) // BLOCK))
        scenario.require(BLOCK * (1 + sum(sizes)) <= DISK_BYTES, "too much for the disk")
        disk.seek(0)
        disk.write(" ".join(map(str, sizes)).encode())
        disk.truncate(DISK_BYTES)


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return [line for line in file.read().split("\n\n")[0].splitlines()
                if line.startswith(("model name", "flags"))]


def name_of(kind, plain):
    """The saved machine's: its kind, and what it depends on."""
    digest = hashlib.sha256()
    for path in (qemu.hypervisor(), plain.kernel, plain.initrd, __file__, qemu.__file__):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    version = subprocess.run(["qemu-system-x86_64", "--version"], check=True,
                             capture_output=True).stdout
    digest.update(version + repr(processor()).encode())
    return "%s-%s" % (kind, digest.hexdigest()[:32])


class Monitor:
    """A machine's monitor at a socket, in QEMU's JSON."""

    def __init__(self, path):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(path)
        self.file = self.line.makefile("rb")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.line.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = json.loads(self.file.readline())
            if "event" not in answer:
                scenario.require("return" in answer, "%s: %s" % (command, answer))
                return answer["return"]


def save(plain, path, scratch):
    """Boots the machine and saves it there.  It runs on meanwhile: so it does when it comes
    back."""
    monitor = os.path.join(scratch, "monitor")
    watched = dataclasses.replace(plain, extra=(
        *plain.extra, "-qmp", "unix:%s,server=on,wait=off" % monitor))
    with scenario.start_script("booted", watched, 600, r"^ENSO-BOOTED$") as run:
        asked = Monitor(monitor)
        asked.ask("migrate", uri="exec:cat >" + shlex.quote(path + ".part"))
        while asked.ask("query-migrate").get("status") not in ("completed", "failed"):
            scenario.require(run.elapsed() < run.limit, "it takes too long to save dom0")
            time.sleep(0.2)
        scenario.require(asked.ask("query-migrate")["status"] == "completed",
                         "dom0 cannot be saved: " + run.complaints())
        scenario.require_no_alarm(run.text)
    os.rename(path + ".part", path)


def saved(scratch, image, kind):
    """Where the machine of this kind is saved, made if need be; others wait."""
    os.makedirs(FOLDER, exist_ok=True)
    disk = os.path.join(scratch, "empty")
    write_disk(disk, ())
    plain = machine(image, disk, kind)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = os.path.join(FOLDER, name_of(kind, plain))
        if not os.path.exists(path):
            for name in os.listdir(FOLDER):
                if name.startswith(kind + "-"):
                    os.unlink(os.path.join(FOLDER, name))
            save(plain, path, scratch)
    return path


def start_script(name, scratch, archives, limit, kind):
    """Starts such a dom0 with these archives unpacked, one of which brings /etc/enso-script;
    it has begun when this returns."""
    image, disk = os.path.join(scratch, "image"), os.path.join(scratch, "disk")
    scenario.make_images(("tools-image", "6.1", "--guests", "6.1", "--out", image))
    write_disk(disk, archives)
    path = saved(scratch, image, kind)
    return scenario.start_script(name, dataclasses.replace(
        machine(image, disk, kind), incoming="exec:cat " + shlex.quote(path)), limit)


def guests(kernel):
    """Archives with that kernel for guests, its ELF image, or with "" both as packaged; dom0
    has the ELF image of 6.1 already."""
    if kernel == "6.1":
        return []
    scenario.make_images(("tools-image", "6.1", "--guests", kernel))
    return [os.path.join(PARTS, "guests" + ("-" + kernel if kernel else ""))]
