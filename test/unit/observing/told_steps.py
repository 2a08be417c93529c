# SPDX-License-Identifier: BSL-1.0
"""Every operation that an observer is told of stands in the table of docs/observing.md, at its step, and no other does.

usage: told_steps.py TREE
"""

import pathlib
import re
import sys

HEADERS = ("backends/quire/backing/observed.hpp", "backends/quire/backing/detail/common/told_steps.hpp")
TOLD = re.compile(r'it\(step::(\w+), "(\w+)"\)')
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| (.*`.*) \|$", re.M)
NAME = re.compile(r"`(\w+)`")


def told(tree):
    return {pair for header in HEADERS for pair in TOLD.findall((tree / header).read_text(encoding="utf-8"))}


def documented(tree):
    """The pairs of the table; a row for two steps has their operations apart by a semicolon."""
    text = (tree / "docs/observing.md").read_text(encoding="utf-8")
    table = text[text.index("| step | operations |"):].split("\n\n")[0]
    for steps, operations in ROW.findall(table):
        for step, part in zip(NAME.findall(steps), operations.split(";"), strict=True):
            yield from ((step, operation) for operation in NAME.findall(part))


def main(tree):
    in_code, in_table = told(tree), set(documented(tree))
    wrong = [f"not in the table: {pair}" for pair in sorted(in_code - in_table)]
    wrong += [f"not told: {pair}" for pair in sorted(in_table - in_code)]
    print("\n".join(wrong) or f"{len(in_code)} operations are told and documented")
    return 1 if wrong or not in_code else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
