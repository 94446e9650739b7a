# SPDX-License-Identifier: MIT
"""What a machine's screen shows, as text: the adapter's characters, or pixels
that are read back with the font Enso draws with."""

import gzip
import os

import scenario

FONT = "/usr/share/consolefonts/Lat15-VGA16.psf.gz"
TEXT_ADDRESS, TEXT_COLUMNS, TEXT_ROWS = 0xb8000, 80, 25
WIDTH, HEIGHT = 8, 16


def glyphs():
    """{16 bytes: character} for ASCII; the first of two that look alike."""
    with gzip.open(FONT) as file:
        font = file.read()[4:]
    return {font[code * HEIGHT:(code + 1) * HEIGHT]: chr(code)
            for code in range(0x7e, 0x1f, -1)}


def pixels(path):
    """Width, height and whether a pixel is lit, of a PPM file."""
    with open(path, "rb") as file:
        magic, size, _, data = file.read().split(b"\n", 3)
    assert magic == b"P6"
    width, height = map(int, size.split())
    return width, height, lambda x, y: data[(y * width + x) * 3] > 64


def dump(run):
    """The screen's lines, read from the pixels the adapter shows."""
    path = os.path.join(run.scratch, "screen.ppm")
    run.monitor_do("screendump " + path)
    width, height, lit = pixels(path)
    known = glyphs()
    lines = []
    for top in range(0, height - HEIGHT + 1, HEIGHT):
        line = ""
        for left in range(0, width - WIDTH + 1, WIDTH):
            glyph = bytes(sum(lit(left + x, top + y) << (7 - x) for x in range(WIDTH))
                          for y in range(HEIGHT))
            line += known.get(glyph, "?")
        lines.append(line.rstrip())
    return (width, height), lines


def text_mode(run):
    """The lines an adapter in text mode holds in its memory."""
    path = os.path.join(run.scratch, "screen.bin")
    run.monitor_do('pmemsave %d %d "%s"' % (TEXT_ADDRESS, TEXT_COLUMNS * TEXT_ROWS * 2, path))
    with open(path, "rb") as file:
        characters = file.read()[::2].decode("cp437")
    return [characters[at:at + TEXT_COLUMNS].rstrip()
            for at in range(0, len(characters), TEXT_COLUMNS)]


def require_end(lines, width, said, last):
    """That the screen's lines are the last that Enso said on the serial line, up to `last`."""
    shown = [line for line in lines if line]
    wanted = [line[at:at + width].rstrip() for line in said.splitlines()
              if line.startswith("(Enso) ") for at in range(0, len(line.rstrip()), width)]
    wanted = wanted[:wanted.index(last) + 1]
    scenario.require(len(shown) > 5 and shown == wanted[-len(shown):],
                     "the screen ends with %r, not %r" % (shown[-2:], wanted[-2:]))
