# SPDX-License-Identifier: MIT
"""
A tools' image (tests/run/tools-image) that runs one scenario: its shell script
with settings in front, micro-guests in /boot/micro, and other files where the
scenario wants them; and a machine that runs it.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

import scenario
from scenario import qemu

OPTIONS = ("console=com1 com1=115200,8n1 noreboot loglvl=all guest_loglvl=error "
           "dom0_mem=768M,max:768M")
APPEND = "console=hvc0 quiet loglevel=4 enso.daemons=enso"
GUESTS = "build/tests/guest"


def write_script(path, settings, *parts):
    """Shell variables, then the scripts, in one file."""
    with open(path, "w", encoding="utf-8") as script:
        for name, value in settings.items():
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


def archive(scratch, files):
    """A compressed cpio archive of {place: file}; what is named .elf is stripped."""
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
    done = subprocess.run(["cpio", "-o", "-H", "newc", "--owner", "0:0", "--quiet"], cwd=tree,
                          input="\n".join(listing).encode(), stdout=subprocess.PIPE, check=True)
    return gzip.compress(done.stdout, 1)


def make(scratch, script, files, before=None):
    """The image, in the scratch folder, behind the archive `before`; the last archive may
    have any length."""
    image = os.path.join(scratch, "initrd")
    scenario.make_images(("tools-image", "6.1", "--script", script, "--out", image))
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
    verdicts = re.findall(r"^(?:PASS|FAIL) %s\..*$" % name, text, re.M)
    words = re.findall(r"^%s .*$" % name.upper(), text, re.M)
    if variant:
        verdicts = [re.sub(r"^(\S+ %s)" % name, r"\1." + variant, line) for line in verdicts]
    print("\n".join(verdicts + words), flush=True)
    return bool(verdicts) and not any(line.startswith("FAIL") for line in verdicts)


def drive(name, settings, micro, mem, limit):
    """The cases of NAME.sh in a dom0 of a machine with so many MiB."""
    scratch = tempfile.mkdtemp(prefix="enso-%s-" % name)
    try:
        script = os.path.join(scratch, "script")
        write_script(script, settings, "tests/scenario/tools_shell.sh",
                     "tests/scenario/%s.sh" % name)
        machine = qemu.Machine(options=OPTIONS, kernel=qemu.kernel("6.1", packed=False),
                               initrd=make(scratch, script, build_micro(micro) if micro else {}),
                               append=APPEND, smp=2, mem=mem)
        with scenario.start_script(name, machine, limit) as run:
            passed = False
            try:
                run.expect(r"^ENSO-SCRIPT-END \d+$")
            finally:
                passed = tell(name, run.text)
            scenario.require_ended(run, scenario.POWER_DOWN)
            scenario.require(passed, "a case of %s.sh failed" % name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def machine_with_devices(scratch, name, settings, micro=(), files=None, **fields):
    """A machine whose dom0 has Enso's daemons, what devices need, these micro-guests and
    files ({place: file}), and runs tests/scenario/NAME.sh with these settings; `fields` are more of qemu.Machine's."""
    script = os.path.join(scratch, "script")
    write_script(script, settings, "tests/scenario/tools_shell.sh", "tests/scenario/%s.sh" % name)
    scenario.make_images(("devices-image",))
    initrd = make(scratch, script, {**(build_micro(micro) if micro else {}), **(files or {})},
                  os.path.join(qemu.IMAGES, "devices.cpio"))
    return qemu.Machine(options=OPTIONS, kernel=qemu.kernel("6.1", packed=False), initrd=initrd,
                        append=APPEND, smp=2, mem=2048, **fields)


def run_scenario(name, kernel, settings, limit, micro=()):
    """tests/scenario/NAME.sh in such a machine, for guests with this kernel: a verdict for
    each case, NAME.KERNEL.CASE; `limit` in seconds."""
    scratch = tempfile.mkdtemp(prefix="enso-%s-" % name)
    try:
        machine = machine_with_devices(scratch, name, {
            "kernel": kernel, "cases": os.environ.get("CASES", ""), **settings}, micro)
        with scenario.start_script("%s-%s" % (name, kernel), machine, limit) as run:
            passed = False
            try:
                run.expect(r"^ENSO-SCRIPT-END \d+$")
            finally:
                passed = tell(name, run.text, kernel)
            scenario.require_ended(run, scenario.POWER_DOWN)
            scenario.require(passed, "a case of %s.sh failed" % name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
