# SPDX-License-Identifier: MIT
"""The tree as lint sees it: which files there are, what they say, what a tool says of them."""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HYPERVISOR = ("xen-like/", "hypercalls/", "grant-tables/", "event-channels/")
IMAGE = "build/enso-syms"
OBJECTS = "build/hyp"


def output(*words):
    """All that a program prints."""
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False).stdout


def tracked(*suffixes):
    """Files of the tree's history with one of these endings (of the folder, if it has none)."""
    listed = subprocess.run(["git", "ls-files", "--cached"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False).stdout.split("\n")
    if len(listed) < 2:
        listed = [os.path.relpath(os.path.join(folder, name), ".")
                  for folder, _, names in os.walk(".") for name in names]
    return sorted({name for name in listed if name.endswith(suffixes or ("",)) and
                   os.path.isfile(name) and not name.startswith(("build/", ".git/"))})


def hypervisor(*suffixes):
    return [name for name in tracked(*suffixes) if name.startswith(HYPERVISOR)]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def rows(path):
    """The words of each line of a table, without its `#` comments."""
    split = (line.partition("#")[0].split() for line in read(path).splitlines())
    return [words for words in split if words]


def without_comments(text):
    """C without comments and strings, its lines where they were."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found[0])

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.DOTALL)
