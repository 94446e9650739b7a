# SPDX-License-Identifier: MIT
"""
What the measuring runs of tests/bench share: the machine that counts, the programs that
measure in dom0, and the figures that a machine says.
"""

import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/scenario"))
import scenario  # pylint: disable=wrong-import-position
from scenario import qemu  # pylint: disable=wrong-import-position

# A machine that counts instructions, and whose clock and random numbers are always the same.
COUNTING = {"icount": "shift=0", "rtc": "base=2036-01-01T00:00:00,clock=vm", "extra": ("-seed", "1")}
# The same, of which idle time is passed over at once: waiting for real time to pass would have
# interrupts come elsewhere in each run.
COUNTING_IDLE = {**COUNTING, "icount": "shift=0,sleep=off"}
XEN_BARE = "spec-ctrl=no xpti=off"  # without its defences against speculative execution

# dom0's programs of Enso's, as files' patterns.
TOOLS = ("build/tools/enso*",)

FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-D_GNU_SOURCE", "-static")


def hypervisor_of(system):
    """The image of a system, whose name begins with the hypervisor's."""
    return qemu.ORACLE if system.startswith("xen") else os.path.join(qemu.BUILD, "release/enso")


def program(name):
    """Where compile_program() leaves a program."""
    return os.path.join(qemu.BUILD, "tests/bench", name + ".elf")


def compile_program(name, *words):
    """Makes tests/bench/NAME.c a program without libraries of its own."""
    os.makedirs(os.path.dirname(program(name)), exist_ok=True)
    subprocess.run(["gcc", *FLAGS, "-I", ROOT, "-isystem", os.path.join(qemu.BUILD, "abi"),
                    os.path.join(ROOT, "tests/bench", name + ".c"), "-o", program(name), *words],
                   check=True, stdout=sys.stderr)


def build_measure():
    """The program that measures, with dom0-tools' library in it."""
    subprocess.run(["make", "-s", "-C", ROOT, "tools", "build/tools/libenso.a"], check=True,
                   stdout=sys.stderr)
    compile_program("measure", "-D__XEN_TOOLS__", os.path.join(qemu.BUILD, "tools/libenso.a"),
                    "-lxencall", "-lxenforeignmemory", "-lxentoolcore", "-lxentoollog")


def collect(name, machine, limit):
    """Runs a machine whose script says `COST FIGURE NUMBER` and at last `COSTS end`; returns
    {figure: [numbers]}.  A figure may be several words."""
    with scenario.start_script(name, machine, limit) as run:
        end = run.expect(r"^COSTS .*$")
        scenario.require(end[0] == "COSTS end", end[0])
        figures = {}
        for figure, number in re.findall(r"^COST (\S.*) (\d+)$", run.text, re.M):
            figures.setdefault(figure, []).append(int(number))
        return figures


def count_costs(text):
    """Of lines `COST NAME TIMES TOTAL` and `EVENT NAME COUNTER TOTAL`, one of them for
    `nothing`: {NAME: of one}, {NAME/COUNTER: of one}."""
    rows = re.findall(r"COST (\S+) (\d+) (\d+)$", text, re.M)
    times = {name: int(count) for name, count, _ in rows}
    found = {name: int(total) / int(count) for name, count, total in rows}
    events = {(name, counter): int(total)
              for name, counter, total in re.findall(r"EVENT (\S+) (\S+) (\d+)$", text, re.M)}
    for (name, counter), total in events.items():
        found["%s/%s" % (name, counter)] = (total - events["nothing", counter]) / times[name]
    return found


def middle(figures, name):
    return statistics.median(figures[name])
