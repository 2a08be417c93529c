# SPDX-License-Identifier: BSL-1.0
"""Helpers of the lint scripts: the library's headers, text with comments and literals blanked out, and reports."""

import pathlib
import re
import sys

ROOTS = ("include", "policies", "backends")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"][^>"]+[>"])')
NOT_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def blanked(text):
    """Returns the text with comments and literals blanked out; every line keeps its number."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


class Header:
    def __init__(self, tree, root, path):
        self.root = root
        self.name = path.relative_to(tree / root).as_posix()  # as it is included
        self.path = path.relative_to(tree).as_posix()
        self.text = path.read_text(encoding="utf-8")

    def code(self):
        """Yields numbered lines of code, without comments and #include lines."""
        for number, line in enumerate(blanked(self.text).splitlines(), 1):
            if not re.match(r"\s*#\s*include\b", line):
                yield number, line

    def includes(self):
        """Yields numbered includes, with their brackets or quotes."""
        for number, line in enumerate(self.text.splitlines(), 1):
            if match := INCLUDE.match(line):
                yield number, match[1]


def headers(tree):
    return [Header(tree, root, path) for root in ROOTS for path in sorted((tree / root).rglob("*.hpp"))]


def report(problems, summary):
    """Ends the script: prints one problem per line, or the summary of what was checked."""
    print("\n".join(problems) or summary)
    sys.exit(1 if problems else 0)


def tree_argument():
    return pathlib.Path(sys.argv[1])
