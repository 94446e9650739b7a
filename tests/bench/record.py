# SPDX-License-Identifier: MIT
"""
The ratchet: tests/bench/recorded.json has for each row Xen's figure and the most that
Enso's may be of it.  What is measured lowers that; only an explicit word raises it.
"""

import json
import os

import costs
import rows

FILE = os.path.join(costs.ROOT, "tests/bench/recorded.json")
ALLOWANCE = 1.01  # rows repeat within one per cent


def load():
    if not os.path.exists(FILE):
        return {}
    with open(FILE, encoding="utf-8") as file:
        return json.load(file)


def save(record):
    lines = ["%s: %s" % (json.dumps(row.name), json.dumps(record[row.name]))
             for row in rows.ROWS if row.name in record]
    with open(FILE, "w", encoding="utf-8") as file:
        file.write("{\n%s\n}\n" % ",\n".join(lines))


def value(row, enso, xen):
    """What the ratchet holds: the ratio, or where Xen does not matter Enso's own figure."""
    if row.own:
        return enso
    return enso / xen if xen and enso is not None else None


def risen(record, row, enso):
    """Why the row is worse than recorded, or None."""
    known = record.get(row.name)
    now = known and value(row, enso, known["xen"])
    if now is None or now <= known["most"] * ALLOWANCE:
        return None
    return "%.3f is more than the recorded %.3f" % (now, known["most"])


def tighten(record, results, loosen):
    """The record with what was measured; `loosen`: also where that is more."""
    for result in results:
        now = value(result.row, result.enso, result.xen)
        if now is None:
            continue
        known = record.get(result.row.name)
        most = now if loosen or not known else min(now, known["most"])
        record[result.row.name] = {"xen": round(result.xen, 3) if result.xen else None,
                                   "most": round(most, 4)}
    return record
