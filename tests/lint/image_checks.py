# SPDX-License-Identifier: MIT
"""What is said of the linked image: where guest memory is opened, what may be written and run."""

import bisect
import os
import re
import struct
from collections import Counter

from tree import IMAGE, OBJECTS, output, rows

STAC, CLAC = b"\x0f\x01\xcb", b"\x0f\x01\xca"


def symbols():
    """(address, name) of the image's symbols, in order."""
    return [(int(line.split()[0], 16), line.split()[2])
            for line in output("nm", "-n", IMAGE).splitlines()]


def alternatives():
    """(address, bytes put there or None for a jump, feature) of each row of .alternatives."""
    where = {name: address for address, name in symbols()}
    loaded = re.search(r"\.rodata\s+PROGBITS\s+([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)",
                       output("readelf", "-SW", IMAGE))
    start, offset, size = (int(word, 16) for word in loaded.groups())
    with open(IMAGE, "rb") as file:
        file.seek(offset)
        data = file.read(size)
    found = []
    for at in range(where["alternatives_start"] - start, where["alternatives_end"] - start, 12):
        place, to, _, length, feature, _ = struct.unpack_from("<iiBBBB", data, at)
        code = None if length == 0xff else data[at + 4 + to:at + 4 + to + length]
        found.append((start + at + place, code, feature))
    return found


def check_guest_access():
    """STAC and CLAC are put where tests/lint/image.txt says, and are nowhere else."""
    if not os.path.exists(IMAGE):
        return ["no %s: build first" % IMAGE]
    expected = Counter({(words[1], words[2]): int(words[3]) for words in rows("tests/lint/image.txt")
                        if words[0] == "access"})
    seen, known = Counter(), symbols()
    for place, code, _ in alternatives():
        function = known[bisect.bisect_right(known, (place, "~")) - 1][1]
        for name, opcode in (("stac", STAC), ("clac", CLAC)):
            seen[(name, function)] += (code or b"").count(opcode)
    for line in output("objdump", "-d", "--no-show-raw-insn", IMAGE).splitlines():
        if line.rstrip().endswith(("\tstac", "\tclac")):
            seen[(line.split()[-1], "?")] += 1
    return ["%s in %s: %d, expected %d" % (*site, seen[site], expected[site])
            for site in sorted(seen | expected) if seen[site] != expected[site]]


def own_functions():
    """Names of the functions that were compiled here: decoders of the distribution's are not."""
    objects = [os.path.join(folder, name) for folder, _, files in os.walk(OBJECTS) for name in files
               if name.endswith((".c.o", ".S.o"))]
    return {words[2] for words in map(str.split, output("nm", "--defined-only", *objects).splitlines())
            if len(words) == 3 and words[1] in "tT"}


def check_branches():
    """No indirect branch but through a thunk, and INT3 behind each return, in our own functions."""
    if not os.path.exists(IMAGE):
        return ["no %s: build first" % IMAGE]
    own, bad, function, returned, count = own_functions(), [], "?", False, Counter()
    for line in output("objdump", "-d", "-j", ".text", "-j", ".boot_text", "--no-show-raw-insn",
                       IMAGE).splitlines():
        found = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        words = line.split("\t")
        if returned and (found or len(words) < 2 or words[1].strip() != "int3"):
            bad.append("%s: no INT3 behind a return" % function)
        returned = False
        if found:
            function = found[1]
        elif function in own and len(words) > 1:
            count[words[1].split()[0]] += 1
            returned = words[1].split()[0] in ("ret", "retq")
            if re.match(r"(jmp|call)q? +\*", words[1]):
                bad.append("%s: %s" % (function, words[1]))
    if count["ret"] < 100 or count["call"] < 100:
        bad.append("%d returns and %d calls found: is this our image?" % (count["ret"], count["call"]))
    return bad


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
