# SPDX-License-Identifier: MIT
"""
What the programs of tests/bench share: the program that measures in dom0, the figures
that a machine says, and the table of a comparison.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/scenario"))
import scenario  # pylint: disable=wrong-import-position
from scenario import qemu  # pylint: disable=wrong-import-position

FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-D_GNU_SOURCE", "-static")


def compile_program(name, *words):
    """tests/bench/NAME.c as a program without libraries of its own; returns its path."""
    program = os.path.join(qemu.BUILD, "tests/bench", name + ".elf")
    os.makedirs(os.path.dirname(program), exist_ok=True)
    subprocess.run(["gcc", *FLAGS, "-I", ROOT, "-isystem", os.path.join(qemu.BUILD, "abi"),
                    os.path.join(ROOT, "tests/bench", name + ".c"), "-o", program, *words],
                   check=True, stdout=sys.stderr)
    return program


def build_measure():
    """The program that measures, with dom0-tools' library in it."""
    subprocess.run(["make", "-s", "-C", ROOT, "tools", "build/tools/libenso.a"], check=True,
                   stdout=sys.stderr)
    return compile_program("measure", "-D__XEN_TOOLS__",
                           os.path.join(qemu.BUILD, "tools/libenso.a"), "-lxencall",
                           "-lxenforeignmemory", "-lxentoolcore", "-lxentoollog")


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


def show(systems, table):
    """Prints rows of (name, a figure for each system, ratio, demand, whether it is met);
    returns whether all demands are met."""
    print("| | %s | ratio | demand |\n|---|%s---|---|" % (" | ".join(systems), "---|" * len(systems)))
    for *words, met in table:
        print("| %s%s |" % (" | ".join(words), "" if met else " **not met**"))
    return all(row[-1] for row in table)
