# SPDX-License-Identifier: MIT
"""
A dom0 of the tools' image (tests/run/tools-image) that runs one scenario: its shell
script with settings in front, micro-guests in /boot/micro, and other files where the
scenario wants them.  Where it can be the one that has booted already it is (booted.py);
where the scenario has a machine of its own, that boots an image with all of it.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

import booted
import scenario
from booted import APPEND, OPTIONS
from scenario import qemu

GUESTS = "build/tests/guest"
# A dom0's CPUs, where the scenario does not say; the long forms have two (docs/testing.md).
CPUS = int(os.environ.get("SCENARIO_CPUS", "1"))
SCALE = max(1, round(float(os.environ.get("ENSO_TIME_SCALE", "1"))))
SHELL = ("tests/scenario/tools_shell.sh", "tests/scenario/leaks.sh",
         "tests/scenario/gaps.sh")  # before each scenario's own
DEVICES = os.path.join(qemu.IMAGES, "devices.cpio")


def write_script(path, settings, *parts):
    """Shell variables, then the scripts, in one file.  `time_scale`: how much longer than usual
    they wait for what has to happen."""
    with open(path, "w", encoding="utf-8") as script:
        for name, value in {"time_scale": SCALE, **settings}.items():
            script.write("%s='%s'\n" % (name, value))
        for part in parts:
            with open(os.path.join(scenario.ROOT, part), encoding="utf-8") as source:
                script.write(source.read())


def build_micro(names):
    """The micro-guests of these names, stripped: {place in dom0: file}."""
    images = {name: "%s/%s.elf" % (GUESTS, name) for name in names}
    subprocess.run(["make", "-s", "-C", scenario.ROOT, "-f", "tests/guest/build.mk",
                    *images.values()], check=True, stdout=sys.stderr)
    return {"boot/micro/%s.elf" % name: os.path.join(scenario.ROOT, image)
            for name, image in images.items()}


def pack(scratch, files):
    """A cpio archive of {place: file}; what is named .elf is stripped.  The same of the same
    files, so that machines that count instructions do the same with it."""
    tree = os.path.join(scratch, "tree")
    listing = []
    for place, source in files.items():
        target = os.path.join(tree, place)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if source.endswith(".elf"):
            subprocess.run(["strip", "-o", target, source], check=True)
        else:
            shutil.copy(source, target)
        folders = place.split("/")[:-1]
        listing += ["/".join(folders[:end]) for end in range(1, len(folders) + 1)] + [place]
    listing = list(dict.fromkeys(listing))
    for name in listing:
        os.utime(os.path.join(tree, name), (1700000000, 1700000000))
    done = subprocess.run(["cpio", "-o", "-H", "newc", "--owner", "0:0", "--quiet",
                           "--reproducible"], cwd=tree,
                          input="\n".join(listing).encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout


def archive(scratch, files):
    """The same, compressed."""
    return gzip.compress(pack(scratch, files), 1, mtime=0)


def make(scratch, script, files, before=None, guests=""):
    """The image, in the scratch folder, behind the archive `before`; the last archive may
    have any length.  `guests`: the kernel whose ELF image alone is there for guests."""
    image = os.path.join(scratch, "initrd")
    scenario.make_images(("tools-image", "6.1", "--script", script, "--out", image,
                          "--guests", guests))
    if before:
        os.rename(image, image + ".tools")
        with open(image, "wb") as out:
            for part in (before, image + ".tools"):
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, out)
    if files:
        with open(image, "ab") as file:
            file.write(archive(scratch, files))
    return image


def tell(name, text, variant=None):
    """Prints the cases' verdicts and the script's own words; whether all cases passed.
    Names of cases that run several times have the variant in them."""
    # A prompt or half a line may stand in front.
    verdicts = re.findall(r"(?:PASS|FAIL) %s\..*$" % name, text, re.M)
    words = re.findall(r"^%s .*$" % name.upper(), text, re.M)
    if variant:
        verdicts = [re.sub(r"^(\S+ %s)" % name, r"\1." + variant, line) for line in verdicts]
    print("\n".join(verdicts + words), flush=True)
    return bool(verdicts) and not any(line.startswith("FAIL") for line in verdicts)


def finish(run, name, variant=None):
    """From the script's begin to the machine's end, all well; the cases' verdicts are printed."""
    passed = False
    try:
        status = run.expect(r"^ENSO-SCRIPT-END (\d+)$")[1]
    finally:
        passed = tell(name, run.text, variant)
    scenario.require_ended(run, scenario.POWER_DOWN)
    scenario.require(passed and status == "0", "a case of %s.sh failed" % name)


def machine(scratch, script, files=None, guests="6.1", devices=False, cpus=CPUS, **fields):
    """A machine that boots such a dom0, which then runs this script: for what begin() says,
    and with more of qemu.Machine's fields."""
    before = None
    if devices:
        scenario.make_images(("devices-image",))
        before = DEVICES
    return qemu.Machine(**{"options": OPTIONS, "kernel": qemu.kernel("6.1", packed=False),
                           "initrd": make(scratch, script, files or {}, before, guests),
                           "append": APPEND, "smp": cpus, "mem": 2048, **fields})


def begin_booted(name, scratch, script, limit, files=None, guests="6.1", devices=False, cpus=CPUS,
                 counted=False):
    """A dom0 that has booted already and has begun this script."""
    archives = booted.guests(guests)
    if devices:
        scenario.make_images(("devices-image",))
        archives.append(DEVICES)
    archives.append(os.path.join(scratch, "files.cpio"))
    with open(archives[-1], "wb") as file:
        file.write(pack(scratch, {"etc/enso-script": script, **(files or {})}))
    kind = "counted" if counted else str(cpus)
    return booted.start_script(name, scratch, archives, limit, kind)


def begin(name, scratch, settings, limit, scripts, micro=(), files=None, guests="6.1",
          devices=False, cpus=CPUS, counted=False, **fields):
    """A dom0 that has begun these scripts, with these settings in front, and has these
    micro-guests and files ({place: file}).  `guests`: the kernel whose ELF image is there for
    guests, "" for both as packaged; `devices`: with what devices need; `cpus`: 2 for what
    is about several; `counted`: its time is that of its instructions (booted.py); with `fields`
    of qemu.Machine's it boots in a machine of its own, which says itself what it counts."""
    scenario.require(not (counted and fields), "a counted machine is one that has booted already")
    script = os.path.join(scratch, "script")
    write_script(script, settings, *scripts)
    words = {"files": {**(build_micro(micro) if micro else {}), **(files or {})},
             "guests": guests, "devices": devices, "cpus": cpus}
    if not fields:
        return begin_booted(name, scratch, script, limit, counted=counted, **words)
    return scenario.start_script(name, machine(scratch, script, **words, **fields), limit)


def run_in(scratch, name, settings, limit, variant=None, shared=SHELL, **words):
    """The cases of NAME.sh, behind the `shared` scripts, with these settings; with a variant, a
    verdict for each is NAME.VARIANT.CASE; `words` as begin()'s."""
    with begin("-".join(filter(None, (name, variant))), scratch,
               {"cases": os.environ.get("CASES", ""), **settings}, limit,
               (*shared, "tests/scenario/%s.sh" % name), **words) as run:
        finish(run, name, variant)


def run_scenario(name, settings, limit, **words):
    """The same in a scratch folder of its own."""
    scratch = tempfile.mkdtemp(prefix="enso-%s-" % name)
    try:
        run_in(scratch, name, settings, limit, **words)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
