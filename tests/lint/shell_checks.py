# SPDX-License-Identifier: MIT
"""What scenarios' shell cannot fail at: `set -e` passes over a command behind `!` and over
the left side of `&&`, so such a line proves something only where it is a function's last."""

import re

from tree import read, tracked

ASSERTIONS = r"(?:exits|refused|within|between|json|said|said_times|answers|in_state|up)"
CONDITION = re.compile(r"^(?:if|while|until|elif|case|for|local|\|\||&&)\b")


class Blanker:
    """Takes out of a script what stands in quotes, brackets and documents, its lines kept."""

    def __init__(self, text):
        self.text, self.at, self.kept, self.documents = text, 0, [], []

    def next(self):
        self.at += 1
        return self.text[self.at - 1]

    def skip(self, end):
        """Over what stands up to this character, and what stands within that."""
        while self.at < len(self.text):
            char = self.next()
            if char == end:
                return
            if char == "\\" and end != "'":
                self.at += 1
            elif end != "'" and self.text.startswith("$(", self.at - 1):
                self.at += 1
                self.skip(")")
            elif end == ")" and char in "'\"(":
                self.skip(char.replace("(", ")"))
            elif char == "\n":
                self.kept.append("\\\n")

    def skip_documents(self):
        for word in self.documents:
            found = re.compile(r"^\t*%s$" % re.escape(word), re.M).search(self.text, self.at)
            end = found.end() + 1 if found else len(self.text)
            self.kept.append("\\\n" * self.text.count("\n", self.at, end))
            self.at = end
        self.documents = []

    def run(self):
        while self.at < len(self.text):
            char = self.next()
            if char in "'\"(":
                function = char == "(" and self.text[self.at] == ")"
                self.kept.append("(" if function else "Q")
                if not function:
                    self.skip(char.replace("(", ")"))
            elif char == "\\":
                self.kept.append("\\" + self.next())
            elif char == "#" and self.text[self.at - 2] in " \t\n":
                self.at = (self.text + "\n").index("\n", self.at)
            elif char == "\n":
                self.kept.append(char)
                self.skip_documents()
            else:
                found = re.compile(r"<<-?'?(\w+)").match(self.text, self.at - 1)
                if found:
                    self.documents.append(found[1])
                self.kept.append(char)
        return "".join(self.kept)


def statements(text):
    """(line, text) of each statement: lines that one goes over are joined."""
    joined, first = "", 0
    for number, line in enumerate(Blanker(text).run().split("\n"), 1):
        first = first if joined else number
        joined += line.strip()
        if re.search(r"(\\|&&|\|\||\|)$", joined):
            joined = joined.rstrip("\\") + " "
        elif joined:
            yield first, joined
            joined = ""


def proves_nothing(statement, following):
    """Why its failure would go unseen, or None.  `following`: what stands after it."""
    while following and following[0] in ("fi", "esac", ";;"):
        following = following[1:]
    if re.match(ASSERTIONS + r"\b.*\|\| (true|:)$", statement):
        return "an assertion that may fail"
    if not following or following[0] == "}" or CONDITION.match(statement):
        return None
    if "||" in statement:
        return None
    if statement.startswith("! "):
        return "`!` is not seen by `set -e`; use `refused`"
    if " && " in statement:
        return "the left side of `&&` is not seen by `set -e`; write two lines"
    return None


def check_assertions():
    """In scenarios, a line that asserts something can fail."""
    bad = []
    for name in tracked(".sh"):
        if not name.startswith("tests/scenario/"):
            continue
        lines = list(statements(read(name)))
        for index, (number, statement) in enumerate(lines):
            why = proves_nothing(statement, [text for _, text in lines[index + 1:index + 6]])
            if why:
                bad.append("%s:%d: %s" % (name, number, why))
    return bad
