# SPDX-License-Identifier: MIT
"""What is said of the linked image: where guest memory is opened, what may be written and run."""

import os
import re
from collections import Counter

from tree import IMAGE, output, rows


def check_guest_access():
    """STAC and CLAC are where tests/lint/image.txt says, and nowhere else."""
    if not os.path.exists(IMAGE):
        return ["no %s: build first" % IMAGE]
    expected = Counter({(words[1], words[2]): int(words[3]) for words in rows("tests/lint/image.txt")
                        if words[0] == "access"})
    seen, function = Counter(), "?"
    for line in output("objdump", "-d", "--no-show-raw-insn", IMAGE).splitlines():
        found = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if found:
            function = found[1]
        elif line.rstrip().endswith(("\tstac", "\tclac")):
            seen[(line.split()[-1], function)] += 1
    return ["%s in %s: %d, expected %d" % (*site, seen[site], expected[site])
            for site in sorted(seen | expected) if seen[site] != expected[site]]


def sections():
    """(name, bytes, flags) of each section that is loaded."""
    for line in output("readelf", "-SW", IMAGE).splitlines():
        found = re.match(r"\s*\[ *\d+\] (\S+)\s+\S+\s+[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) \S+\s+"
                         r"([A-Za-z]*)\s+\d+\s+\d+\s+\d+$", line)
        if found and "A" in found[3]:
            yield found[1], int(found[2], 16), found[3]


def check_image():
    """Nothing is both written and run, relocated, started before boot or linked from elsewhere."""
    if not os.path.exists(IMAGE):
        return ["no %s: build first" % IMAGE]
    excused = {words[1] for words in rows("tests/lint/image.txt") if words[0] == "writable-code"}
    bad, names = [], set()
    for name, _, flags in sections():
        names.add(name)
        if "W" in flags and "X" in flags and name not in excused:
            bad.append("%s is writable and executable" % name)
        if re.match(r"\.(rela?|init|fini|ctors|dtors|dynamic|interp|tdata|tbss)\b", name):
            bad.append("%s: nobody would run or apply it" % name)
    if not {".text", ".rodata", ".data"} <= names:
        bad.append("sections not found: %s" % " ".join(sorted(names)))
    if "There are no relocations" not in output("readelf", "-rW", IMAGE):
        bad.append("relocations are left")
    undefined = [line.split()[-1] for line in output("nm", "-u", IMAGE).splitlines() if line.strip()]
    return bad + ["%s is undefined" % name for name in undefined]
