# SPDX-License-Identifier: MIT
"""
What the scenarios share: a list of cases, their verdict lines and logs, and the
questions every whole machine is asked.

A scenario calls run_cases([(name, function), ...]).  A case passes when its
function returns and fails when it raises Failure or qemu.Timeout; each prints
one line, `PASS name` or `FAIL name: reason`.  --only REGEX picks cases.
"""

import argparse
import os
import re
import subprocess
import sys
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/run"))
import qemu  # pylint: disable=wrong-import-position

LOGS = os.path.join(ROOT, "build/test/logs")
READY = r"^ENSO-DOM0-READY kernel (\S+) cpus (\d+) memory (\d+) kB"

# What a healthy dom0 never prints.
ALARMS = re.compile(r"^.*(?:\bBUG:|kernel BUG at|WARNING: CPU:|\bOops\b|general protection fault"
                    r"|Call Trace:|soft lockup|self-detected stall|rcu: INFO: .*stall"
                    r"|Kernel panic|\(Enso\) panic|\(Enso\) bug|\(Enso\) assertion).*$", re.M)

# How a hypervisor says that it cannot go on: Enso's words, or the oracle's.
REFUSAL_ENSO = r"^\(Enso\) cannot boot: (\S.*\S)\n(?:.*\n)*?\(Enso\) halted"
REFUSAL_XEN = r"^\(XEN\) Panic on CPU 0:\n\(XEN\) (\S.*)$|^ERR: (.*)$"
CRASH_ENSO = r"^\(Enso\) .*(?:dom0|domain 0|d0).*crash.*$"
CRASH_XEN = r"^\(XEN\) (?:.*Hardware Dom0 crashed|Domain 0 crashed).*$"


class Failure(Exception):
    """A case found something wrong."""


def require(condition, why):
    if not condition:
        raise Failure(why)


def refusal():
    """The pattern of a refusal to boot by the hypervisor under test."""
    return REFUSAL_ENSO if qemu.is_enso() else REFUSAL_XEN


def banner():
    """The pattern of the hypervisor's first line."""
    return r"^\(Enso\) Enso [0-9.]+, Xen ABI" if qemu.is_enso() else r"^\(XEN\) Xen version "


def crash():
    """The pattern of the hypervisor's word that dom0 died."""
    return CRASH_ENSO if qemu.is_enso() else CRASH_XEN


def require_no_alarm(text):
    found = ALARMS.search(text)
    require(not found, "alarm: " + found[0].strip()[:160] if found else "")


def require_clean_audit(text):
    """After dom0's end a debug build of Enso has counted every page."""
    if not qemu.is_enso():
        return
    lines = re.findall(r"^\(Enso\) (audit: .*)$", text, re.M)
    require(lines, "no audit line after dom0's end")
    require(lines[-1].startswith("audit: clean"), lines[-1])


def require_ended(run, how):
    """Waits for the end of a dom0 told to power off or reboot; `how` is its word for it."""
    run.expect(how)
    run.wait(60)
    require_no_alarm(run.text)
    require_clean_audit(run.text)


def require_power_off(run):
    """That the power goes off, and the machine stays so."""
    require_ended(run, POWER_DOWN)
    require(len(re.findall(banner(), run.text, re.M)) == 1, "the machine started again")


def require_reboot(run):
    """That a machine which may is started again; it ends at the second banner."""
    run.expect(RESTART)
    run.expect(banner(), 60)
    require_no_alarm(run.text)
    require_clean_audit(run.text)


POWER_DOWN = r"reboot: Power down"
RESTART = r"reboot: Restarting system"


def log_path(name):
    return os.path.join(LOGS, os.path.basename(sys.argv[0]), name + ".log")


def start(name, machine, limit):
    """Starts a machine whose serial log is kept under the case's name."""
    return qemu.Run(machine, limit * float(os.environ.get("ENSO_TIME_SCALE", "1")), log_path(name))


# A dom0 has its script begun within seconds, on a loaded machine within a minute or two.
BOOT_SECONDS = 300
VCPU = re.compile(r"^\(Enso\)   vCPU \d+ on CPU \d+: (.*)$", re.M)


def begin(run, line, seconds):
    """Waits for this line of dom0's; whether it came."""
    try:
        run.expect(line, seconds)
        return True
    except qemu.Timeout:
        if run.process.poll() is not None or run.elapsed() >= run.limit:
            raise
        return False


def runs_old_code(run, switch="\x01"):
    """Whether dom0 hangs as it does when the emulator runs code that has been changed since:
    its CPUs, several at a time, may keep a translation of the INT3 that Linux puts there for
    a moment.  Enso then answers, and all vCPUs run in the kernel without taking events; one
    that waits for something that was lost would not.  Only of CPUs with a thread each; `switch`
    is how to type Ctrl-a.  docs/testing.md"""
    if not run.machine.parallel or not qemu.is_enso():
        return False
    run.send(switch * 3)
    for _ in range(3):
        before = len(run.text)
        run.send("q")
        time.sleep(2)
        vcpus = VCPU.findall(run.text[before:])
        if not vcpus or any("running" not in words or "(masked)" not in words
                            or "kernel" not in words for words in vcpus):
            return False
    return True


def note_old_code(name):
    print("NOTE %s: dom0 hung in code that the emulator had not translated anew; "
          "started again" % name, flush=True)


def start_script(name, machine, limit, line=r"^ENSO-SCRIPT-BEGIN$", again=True):
    """Starts a machine whose dom0 runs a script, which has begun when this returns, or `line`
    has come.  Once, and not silently, it is started again when the emulator has hung dom0, with
    a thread for each CPU, on its way there."""
    run = start(name, machine, limit)
    try:
        if begin(run, line, BOOT_SECONDS * float(os.environ.get("ENSO_TIME_SCALE", "1"))):
            return run
        require(again and runs_old_code(run),
                "dom0 hangs before its script; last line: " + run.last_line())
    except BaseException:
        run.stop()
        raise
    run.stop()
    note_old_code(name)
    return start_script(name, machine, limit, line, False)


def make_images(*commands):
    """Makes dom0 images; each command is a word list under tests/run."""
    for command in commands:
        subprocess.run([os.path.join(ROOT, "tests/run", command[0]), *command[1:]],
                       check=True, stdout=sys.stderr)


def run_one(name, function):
    """Runs one case and prints its verdict; returns whether it passed."""
    start_time = time.monotonic()
    why = None
    try:
        function()
    except (Failure, qemu.Timeout) as reason:
        why = str(reason)
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc()
        why = "%s: %s" % (type(error).__name__, error)
    took = "(%.0f s)" % (time.monotonic() - start_time)
    if why is None:
        print("PASS %s %s" % (name, took), flush=True)
    else:
        print("FAIL %s: %s %s" % (name, why.replace("\n", " "), took), flush=True)
    return why is None


def run_cases(cases):
    """Runs a scenario's cases as its command line wants; ends the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="regular expression over case names")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    wanted = [(name, function) for name, function in cases if re.search(args.only, name)]
    if args.list:
        print("\n".join(name for name, _ in wanted))
        sys.exit(0)
    verdicts = [run_one(name, function) for name, function in wanted]
    sys.exit(0 if verdicts and all(verdicts) else 1)
