# SPDX-License-Identifier: MIT
"""What can be said of a file by reading it: layout, licence, words, include lines."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tree import read, rows, tracked

# What nobody else can use: one machine's folders, the hosts its packages come from.
MACHINE = re.compile(r"(?<![\w}./\"$-])/(work|home|srv)/\w|\b(localhost|127\.0\.0\.1):\d"
                     r"|\b(mirrors?|proxy|packages?|registry)\.[a-z0-9-]+\.[a-z]{2,}|\bdeb\.debian\.org")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP)\b")
# Files speak of Enso, not of who or what wrote them down.
MAKING = re.compile(r"(?i)\bco-authored-by\b|\bgenerated (with|by)\b|\bassistants?\b")
WORDS_SELF = "tests/lint/text_checks.py"


def check_format():
    """Every C file is as .clang-format makes it."""
    def one(name):
        result = subprocess.run(["clang-format", "--dry-run", "-Werror", name],
                                capture_output=True, check=False)
        return name if result.returncode else None

    with ThreadPoolExecutor(2) as pool:
        bad = [name for name in pool.map(one, tracked(".c", ".h")) if name]
    return ["%s: not as `make format` leaves it" % name for name in bad]


def floor_table():
    """docs/floors.txt: floor -> floors it may include; floor -> what it may call upward."""
    floors, upward = {}, {}
    for words in rows("docs/floors.txt"):
        if words[0] == "upward":
            upward.setdefault(words[1], []).extend(words[2:])
        else:
            floors[words[0]] = set(words[1:])
    return floors, upward


def floor_of(path, floors):
    homes = [floor for floor in floors if path.startswith(floor + "/")]
    return max(homes, key=len) if homes else None


def check_floors():
    """#include lines follow docs/floors.txt."""
    floors, _ = floor_table()
    bad = []
    for name in tracked(".c", ".h", ".S", ".def"):
        home = floor_of(name, floors)
        if not home:
            continue
        for number, line in enumerate(read(name).splitlines(), 1):
            found = re.match(r'\s*#\s*include "([^"]+)"', line)
            to = found and floor_of(found[1], floors)
            if found and not to:
                bad.append("%s:%d: %s is on no floor" % (name, number, found[1]))
            elif found and to != home and to not in floors[home]:
                bad.append("%s:%d: %s may not include %s" % (name, number, home, found[1]))
    return bad


def check_licence():
    """Every source file names its licence at the top."""
    named = tracked(".c", ".h", ".S", ".py", ".mk", ".def", ".awk", ".lds") + ["Makefile"]
    named += [name for name in tracked() if os.access(name, os.X_OK) and
              "." not in os.path.basename(name)]
    return ["%s: no SPDX-License-Identifier" % name for name in sorted(set(named))
            if "SPDX-License-Identifier: MIT" not in read(name)[:400]]


PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:c|h|S|def|py|mk|txt|awk|sh))`")
EXAMPLE = re.compile(r"NAME|^build/|^/")


def check_paths():
    """The files a document names are there: from the root, or from the hypervisor's folder."""
    bad = []
    files = set(tracked())
    for name in files:
        if not name.endswith(".md"):
            continue
        near = os.path.dirname(name) + "/"
        for number, line in enumerate(read(name).splitlines(), 1):
            bad += ["%s:%d: no file %s" % (name, number, path) for path in PATH.findall(line)
                    if not EXAMPLE.search(path)
                    and not files & {path, "xen-like/" + path, near + path}]
    return bad


def check_words():
    """Nothing unfinished, no one machine's paths and hosts, nothing of how it was made."""
    bad = []
    for name in tracked():
        if name == WORDS_SELF:
            continue
        for number, line in enumerate(read(name).splitlines(), 1):
            for what, words in (("unfinished", UNFINISHED), ("of one machine", MACHINE),
                                ("not about Enso", MAKING)):
                found = words.search(line)
                if found:
                    bad.append("%s:%d: %s: %s" % (name, number, what, found[0]))
    return bad


def check_scripts():
    """Python and shell files at least parse."""
    bad = []
    for name in tracked():
        if name.endswith((".c", ".h", ".S", ".md")):
            continue
        first = read(name)[:100].partition("\n")[0]
        if "python3" in first or name.endswith(".py"):
            try:
                compile(read(name), name, "exec")
            except SyntaxError as error:
                bad.append("%s: %s" % (name, error))
        elif first.startswith("#!") and re.search(r"/(ba)?sh\b", first):
            shell = "bash" if "bash" in first else "dash"
            if subprocess.call([shell, "-n", name]):
                bad.append("%s: does not parse" % name)
    return bad
