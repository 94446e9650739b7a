# SPDX-License-Identifier: MIT
"""
What the scenarios share whose cases are a shell script in dom0: the machine of the
tools' image, the script with tools_shell.sh in front of it, and its verdicts.
"""

import os
import re
import shutil
import tempfile

import scenario
from scenario import qemu

FOLDER = os.path.join(scenario.ROOT, "tests/scenario")
OPTIONS = ("console=com1 com1=115200,8n1 noreboot loglvl=all guest_loglvl=all "
           "dom0_mem=768M,max:768M")
APPEND = "console=hvc0 quiet loglevel=4 enso.daemons=enso"


def machine(initrd):
    return qemu.Machine(options=OPTIONS, kernel=qemu.kernel("6.1", packed=False), initrd=initrd,
                        append=APPEND, smp=2, mem=2048)


def tell(name, text):
    """Prints the cases' verdicts as they stand in the text; returns whether all passed."""
    lines = re.findall(r"^(?:PASS|FAIL) %s\..*$" % name, text, re.M)
    print("\n".join(lines), flush=True)
    return bool(lines) and not any(line.startswith("FAIL") for line in lines)


def join_script(name, shared, scratch):
    """The shared parts and NAME.sh as one file; CASES='NAME...' picks cases of the latter."""
    path = os.path.join(scratch, "script")
    with open(path, "w", encoding="utf-8") as script:
        script.write("CASES='%s'\n" % os.environ.get("CASES", ""))
        for part in ("tools_shell.sh", *shared, name + ".sh"):
            with open(os.path.join(FOLDER, part), encoding="utf-8") as source:
                script.write(source.read())
    return path


def drive(name, shared, limit, scratch):
    """The cases of NAME.sh, one verdict line each, within so many seconds."""
    initrd = os.path.join(scratch, "initrd")
    scenario.make_images(("tools-image", "6.1", "--script", join_script(name, shared, scratch),
                          "--out", initrd))
    with scenario.start_script(name, machine(initrd), limit) as run:
        passed = False
        try:
            run.expect(r"^ENSO-SCRIPT-END \d+$")
        finally:
            passed = tell(name, run.text)
        scenario.require_ended(run, scenario.POWER_DOWN)
        scenario.require(passed, "a case of %s.sh failed" % name)


def run_scenario(name, limit, shared=()):
    """The whole scenario, the machine's own case included; ends the program.  `shared`:
    scripts between tools_shell.sh and NAME.sh."""
    scratch = tempfile.mkdtemp(prefix="enso-%s-" % name)
    try:
        scenario.run_cases([(name + ".machine", lambda: drive(name, shared, limit, scratch))])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
