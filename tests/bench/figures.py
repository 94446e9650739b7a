# SPDX-License-Identifier: MIT
"""
Figures of one system's run, as build/bench/RUN.SYSTEM.json keeps them beside what they
were measured of, so that a later bench need not measure again what is still the same.
"""

import glob
import hashlib
import json
import os
import time

import costs
import rows
from scenario import qemu

FOLDER = os.path.join(costs.ROOT, "build/bench")


def fingerprint(run, system):
    """Of all files that the figures depend on."""
    module = rows.RUNS[run]
    names = {os.path.join("tests/bench", name) for name in (
        "costs.py", *module.SOURCES, os.path.basename(module.__file__))}
    names.add(qemu.kernel("6.1"))
    if system != "native":
        names.add(costs.hypervisor_of(system))
    if system.startswith("enso"):
        for pattern in module.PROGRAMS:
            names.update(glob.glob(os.path.join(costs.ROOT, pattern)))
    found = hashlib.sha256()
    for name in sorted(names):
        with open(os.path.join(costs.ROOT, name), "rb") as file:
            found.update(hashlib.sha256(file.read()).digest())
    return found.hexdigest()


def path(run, system):
    return os.path.join(FOLDER, "%s.%s.json" % (run, system))


def load(run, system):
    """{"figures", "seconds", "of"} as last measured, or None."""
    try:
        with open(path(run, system), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def measure(run, system):
    """Measures and keeps; {figure: number}."""
    of, start = fingerprint(run, system), time.monotonic()
    found = rows.RUNS[run].measure(system)
    os.makedirs(FOLDER, exist_ok=True)
    with open(path(run, system), "w", encoding="utf-8") as file:
        json.dump({"figures": found, "seconds": round(time.monotonic() - start), "of": of}, file,
                  indent=1)
    return found
