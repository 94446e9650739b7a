# SPDX-License-Identifier: MIT
"""What is said of code: purity, size, trust in guest input, and what analysers complain of."""

import fnmatch
import os
import re
from concurrent.futures import ThreadPoolExecutor

from text_checks import floor_of, floor_table
from tree import OBJECTS, hypervisor, output, read, rows, tracked, without_comments

FUNCTION_LINES = 60
FILE_LINES = 500
INCLUDES = ["-I.", "-Ibuild/abi", "-D__XEN_TOOLS__", "-DENSO_DEBUG", '-DENSO_VERSION="0"']


def says_pure(header):
    """Whether a header's opening comments say that the module is pure."""
    opening = read(header)[:3000].partition("#pragma")[0]
    return re.search(r"(^|[.:]\s+|\*\s+)Pure\b", opening) is not None


def symbols(source, *flags):
    path = "%s/%s.o" % (OBJECTS, source)
    return {line.split()[-1] for line in output("nm", *flags, path).splitlines() if line.strip()}


def check_purity():
    """A pure module calls pure modules and what tests/lint/pure.txt allows it, no more."""
    table = {words[0].rstrip(":"): words[1:] for words in rows("tests/lint/pure.txt")}
    always = table.pop("always")
    bad = ["%s: says that it is pure, and is not in tests/lint/pure.txt" % (header[:-2] + ".c")
           for header in hypervisor(".h") if says_pure(header) and
           os.path.exists(header[:-2] + ".c") and header[:-2] + ".c" not in table]
    built = [name for name in table if os.path.exists("%s/%s.o" % (OBJECTS, name))]
    bad += ["%s: in tests/lint/pure.txt, but not built" % name for name in sorted(set(table) - set(built))]
    known = set().union(*(symbols(name, "--defined-only") for name in built))
    for name in sorted(built):
        for symbol in sorted(symbols(name, "-u") - known):
            if not any(fnmatch.fnmatch(symbol, allowed) for allowed in always + table[name]):
                bad.append("%s: is pure but uses %s" % (name, symbol))
        if re.search(r"\b(asm|__asm__)\b", without_comments(read(name))):
            bad.append("%s: is pure but has assembly" % name)
    return bad


def check_calls():
    """What is called on a floor that may not be included is a port docs/floors.txt names."""
    floors, upward = floor_table()
    sources = [name for name in hypervisor(".c", ".S")
               if os.path.exists("%s/%s.o" % (OBJECTS, name))]
    if not sources:
        return ["nothing in %s: build first" % OBJECTS]
    home = {symbol: floor_of(name, floors) for name in sources
            for symbol in symbols(name, "-g", "--defined-only")}
    bad = []
    for name in sources:
        floor = floor_of(name, floors)
        allowed = upward.get("any", []) + upward.get(floor, [])
        for symbol in sorted(symbols(name, "-u")):
            to = home.get(symbol, floor)
            if to != floor and to not in floors[floor] and \
                    not any(fnmatch.fnmatch(symbol, pattern) for pattern in allowed):
                bad.append("%s: %s calls upward: %s of %s" % (name, floor, symbol, to))
    return bad


def unmasked_subscripts(name, tables):
    """(line, table, subscript) of each subscript of `tables` that nothing has masked."""
    text = without_comments(read(name))
    pattern = re.compile(r"\b(%s)\[([^\[\]]*(?:\[[^\]]*\][^\[\]]*)*)\]" % "|".join(tables))
    for found in pattern.finditer(text):
        subscript = "".join(found[2].split())
        before = text[text.rfind("\n}", 0, found.start()) + 1:found.start()]
        if re.fullmatch(r"[A-Z0-9_]*|[ij]", subscript) or "index_nospec(" in subscript or \
                re.search(r"\b%s = [^;]*index_nospec\(" % re.escape(subscript), before):
            continue
        yield text.count("\n", 0, found.start()) + 1, found[1], subscript


def check_nospec():
    """Guests' numbers are masked before they select from a table of tests/lint/nospec.txt."""
    places = ("hypercalls/", "grant-tables/", "event-channels/", "xen-like/domain/", "xen-like/pv/",
              "xen-like/irq.c", "xen-like/sched/watchdog.c")
    table = rows("tests/lint/nospec.txt")
    tables = [name for words in table if words[0] == "table" for name in words[1:]]
    known = {tuple(words[1:]) for words in table if words[0] == "known"}
    bad, used = [], set()
    for name in (name for name in hypervisor(".c") if name.startswith(places)):
        for line, what, subscript in unmasked_subscripts(name, tables):
            used.add((name, what, subscript))
            if (name, what, subscript) not in known:
                bad.append("%s:%d: %s[%s] without index_nospec()" % (name, line, what, subscript))
        if name.startswith("hypercalls/") and re.search(r"->control\b",
                                                        without_comments(read(name))):
            bad.append("%s: a right is asked of `control`, not of domain_controls()" % name)
    return bad + ["tests/lint/nospec.txt: no longer there: %s" % " ".join(row)
                  for row in sorted(known - used)]


def functions(name):
    """(function, lines from brace to brace) of one file in Linux layout."""
    start, head = None, ""
    for number, line in enumerate(without_comments(read(name)).splitlines(), 1):
        if line.rstrip() == "{" and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            yield head, number - start + 1
            start = None
        elif start is None:
            found = re.match(r"\w[^=;]*?(\w+)\(", line)
            head = found[1] if found else head


def check_size():
    """No more long functions and files than tests/lint/ceilings.txt has recorded."""
    long = {"functions": [], "files": []}
    for name in tracked(".c", ".h"):
        lines = read(name).count("\n")
        if lines > FILE_LINES:
            long["files"].append("%s: %d lines" % (name, lines))
        long["functions"] += ["%s: %s has %d lines" % (name, function, lines)
                              for function, lines in functions(name) if lines > FUNCTION_LINES]
    bad = []
    for what, ceiling in rows("tests/lint/ceilings.txt"):
        print("long %s: %d, ceiling %s" % (what, len(long[what]), ceiling))
        print("".join("  %s\n" % line for line in long[what]), end="")
        if len(long[what]) > int(ceiling):
            bad.append("%d long %s, ceiling %s" % (len(long[what]), what, ceiling))
        elif len(long[what]) < int(ceiling):
            print("  (the ceiling can be lowered)")
    return bad


def check_guest_input():
    """Hypercalls answer: what stops the machine is for Enso's own mistakes."""
    bad = []
    for name in tracked(".c", ".h"):
        if name.startswith("hypercalls/"):
            for number, line in enumerate(without_comments(read(name)).splitlines(), 1):
                found = re.search(r"\b(CHECK|panic|BUG|BUG_ON|__builtin_trap)\(", line)
                if found:
                    bad.append("%s:%d: %s on guest input" % (name, number, found[1]))
    return bad


def check_cppcheck():
    """cppcheck has no complaint.  Some ABI headers are for GNU C only: a file that includes them
    is not looked at otherwise, without a word."""
    text = output("cppcheck", "-q", "-j2", "--std=c11", "--platform=unix64", "--inline-suppr",
                  "--enable=warning,performance,portability", *INCLUDES, "-D__x86_64__", "-D__GNUC__=12",
                  "--suppressions-list=tests/lint/cppcheck.txt",
                  "--template={file}:{line}: {id}: {message}", *hypervisor(".c"))
    return text.splitlines()


def check_sparse():
    """sparse has no complaint."""
    own = output("gcc", "-print-file-name=include").strip()

    def one(name):
        return output("sparse", "-ffreestanding", "-U__STDC_HOSTED__", "-D__STDC_HOSTED__=0",
                      "-Wno-decl", "-Wno-cast-truncate", "-m64", "-std=gnu11", "-nostdinc",
                      "-isystem", own, "-isystem", "build/abi", '-D__VERSION__="0"',
                      *INCLUDES, name)

    # A file that needs a library's own headers is that library's business.
    names = [name for name in hypervisor(".c") if not name.endswith("base/decompress.c")]
    with ThreadPoolExecutor(2) as pool:
        return [line for text in pool.map(one, names) for line in text.splitlines()]
