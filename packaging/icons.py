#!/usr/bin/env python3
"""Copies Phosphor icons into assets/icons with their arcs written out.

Fyne misreads the compact form of SVG arcs, in which flags and numbers touch.

    packaging/icons.py PHOSPHOR regular/house duotone/megaphone fill/star

PHOSPHOR is the assets folder of the npm package @phosphor-icons/core. Look at
each new icon on the glass.
"""
import re
import sys

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}


def spell_out(d):
    """The same path with one space between all of its numbers and flags."""
    out, at, command = [], 0, None
    while at < len(d):
        if d[at] in " ,\n\t":
            at += 1
            continue
        if d[at].isalpha():
            command = d[at]
            at += 1
            if command in "zZ":
                out.append("Z")
                continue
        values = []
        for place in range(ARGUMENTS[command.upper()]):
            while d[at] in " ,\n\t":
                at += 1
            if command.upper() == "A" and place in (3, 4):  # a flag is one digit
                values.append(d[at])
                at += 1
                continue
            number = NUMBER.match(d, at)
            values.append(number.group())
            at = number.end()
        out.append(command + " " + " ".join(values))
        command = {"M": "L", "m": "l"}.get(command, command)  # what follows a move is a line
    return " ".join(out)


def main():
    source, *names = sys.argv[1:]
    for name in names:
        weight, icon = name.split("/")
        file = icon if weight == "regular" else icon + "-" + weight
        with open(f"{source}/{weight}/{file}.svg") as f:
            svg = f.read()
        svg = re.sub(r' d="([^"]+)"', lambda m: ' d="' + spell_out(m.group(1)) + '"', svg)
        with open(f"assets/icons/{file}.svg", "w") as f:
            f.write(svg + "\n")


main()
