# SPDX-License-Identifier: MIT
"""
The plot of all rows: a bar for each ratio to Xen, its demand marked, and what the same
costs without a hypervisor.
"""

import os
from xml.sax.saxutils import escape

import costs
import rows

FILE = os.path.join(costs.ROOT, "docs/benchmarks.svg")
LABELS, UNIT, MOST, MARGIN = 430, 360, 1.25, 60  # pixels; pixels for a ratio of 1; ratios
LINE, BAR = 18, 11
COLOURS = {True: "#2e7d4f", False: "#b3462e", None: "#6b7785"}  # met, not met, no demand


class Drawing:
    """Lines of an SVG, from top to bottom."""

    def __init__(self):
        self.parts, self.y = [], 0

    def text(self, x, text, anchor="start", weight="normal"):
        self.parts.append('<text x="%d" y="%d" text-anchor="%s" font-weight="%s">%s</text>'
                          % (x, self.y + BAR, anchor, weight, escape(text)))

    def box(self, x, width, colour, height=BAR, above=0):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>'
                          % (x, self.y + 1 - above, width, height, colour))

    def whole(self):
        width = LABELS + UNIT * MOST + MARGIN
        return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
                'viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">\n'
                '<rect width="100%%" height="100%%" fill="white"/>\n%s\n</svg>\n'
                % (width, self.y + LINE, width, self.y + LINE, "\n".join(self.parts)))


def draw_row(drawing, result):
    drawing.text(LABELS - 8, result.row.title.replace("`", ""), "end")
    drawing.box(LABELS, UNIT * min(result.ratio, MOST), COLOURS[result.met])
    drawing.text(LABELS + UNIT * min(result.ratio, MOST) + 6, "%.2f" % result.ratio)
    if result.row.most is not None:
        drawing.box(LABELS + UNIT * result.row.most - 1, 2, "black", BAR + 4, 2)
    if result.native:
        drawing.box(LABELS + UNIT * result.native / result.xen - 1.5, 3, "#e0a526", BAR + 4, 2)
    drawing.y += LINE


def draw_key(drawing):
    drawing.y += 8
    drawing.text(8, "Instructions (or bytes) on Enso / on Xen 4.17; shorter is better.", "start", "bold")
    drawing.y += LINE
    drawing.text(8, "green: demand met, red: not met, grey: no demand; black mark: the demand, "
                 "yellow mark: without a hypervisor; line: Xen")
    drawing.y += LINE


def draw(measured):
    """The SVG's text."""
    drawing = Drawing()
    draw_key(drawing)
    top = drawing.y
    for section in rows.SECTIONS:
        found = [rows.result(measured, row) for row in rows.ROWS
                 if row.section == section.name and not row.own]
        drawing.y += 8
        drawing.text(8, section.title, "start", "bold")
        drawing.y += LINE
        for result in found:
            if result.ratio is not None:
                draw_row(drawing, result)
    drawing.parts.insert(0, '<rect x="%d" y="%d" width="1" height="%d" fill="#999"/>'
                         % (LABELS + UNIT, top, drawing.y - top))
    return drawing.whole()
