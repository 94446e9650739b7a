# SPDX-License-Identifier: MIT
"""
What is written of the figures: tables, the document that its template becomes
(benchmarks.md.in), and whether a demand is met.
"""

import os
import re

import costs
import rows

TEMPLATE = os.path.join(costs.ROOT, "tests/bench/benchmarks.md.in")
DOCUMENT = os.path.join(costs.ROOT, "docs/benchmarks.md")
ABSENT = "-"


def number(row, value):
    return ABSENT if value is None else rows.UNITS[row.unit](value)


def demand(row):
    if row.most is None:
        return ""
    return "<= " + (number(row, row.most) if row.own else "%.2f" % row.most)


def verdict(result):
    return {None: "", True: "met", False: "**not met**"}[result.met]


def cells(measured, row, section):
    """A row's figure for each column of the table."""
    for _, system in section.columns:
        if system in ("enso", "xen"):
            result = rows.result(measured, row)
            yield number(row, result.enso if system == "enso" else result.xen)
            continue
        text = number(row, rows.figure(measured, row, system))
        yield "**%s**" % text if system == row.enso and text != ABSENT else text


def table(measured, section, wanted=rows.ROWS):
    """Lines of Markdown: the section's rows that are wanted."""
    headings = [heading for heading, _ in section.columns] + ["ratio", "demand", "verdict"]
    yield "| | " + " | ".join(headings) + " |"
    yield "|---|" + "---|" * len(headings)
    for row in wanted:
        if row.section != section.name:
            continue
        result = rows.result(measured, row)
        ratio = "" if result.ratio is None or row.own else "%.2f" % result.ratio
        yield "| %s |" % " | ".join(
            [row.title, *cells(measured, row, section), ratio, demand(row), verdict(result)])


def events(measured, section):
    """Lines of Markdown: what else happened on Enso in each of the section's rows."""
    yield "| for each | instructions | %s |" % " | ".join(heading for _, heading in rows.EVENTS)
    yield "|---|---|" + "---|" * len(rows.EVENTS)
    for row in rows.ROWS:
        found = measured.get(row.run_name(), {}).get(row.enso, {})
        if row.section == section.name:
            counted = (found.get("%s/%s" % (row.key(), counter)) for counter, _ in rows.EVENTS)
            yield "| %s | %s | %s |" % (row.title, number(row, found.get(row.key())), " | ".join(
                ABSENT if value is None else "%.3g" % max(round(value, 2), 0) for value in counted))


def summary(measured):
    """One paragraph: how many demands are met, and which are not."""
    results = [rows.result(measured, row) for row in rows.ROWS]
    asked = [result for result in results if result.met is not None]
    missed = [result.row.name for result in asked if not result.met]
    yield "%d of %d demands are met%s" % (
        len(asked) - len(missed), len(asked),
        "; not met: " + ", ".join("`%s`" % name for name in missed) + "." if missed else ".")


def names():
    """What ROW= understands."""
    for section in rows.SECTIONS:
        yield "- %s: %s" % (section.title, ", ".join(
            "`%s`" % row.name for row in rows.ROWS if row.section == section.name))


def section_named(name):
    return next(section for section in rows.SECTIONS if section.name == name)


# What a line `@NAME ARGUMENT@` of the template becomes.
PARTS = {
    "table": lambda measured, name: table(measured, section_named(name)),
    "events": lambda measured, name: events(measured, section_named(name)),
    "summary": lambda measured, _: summary(measured),
    "names": lambda _, __: names(),
}


def document(measured):
    """The template with its parts put in."""
    lines = []
    with open(TEMPLATE, encoding="utf-8") as file:
        for line in file.read().splitlines():
            part = re.fullmatch(r"@(\w+) ?(\S*)@", line)
            lines += PARTS[part[1]](measured, part[2]) if part else [line]
    return "\n".join(lines) + "\n"
