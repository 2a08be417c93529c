# SPDX-License-Identifier: BSL-1.0
"""Every source file begins with a line that states its licence, or has it behind the line that names its interpreter;
--fix puts it there.

usage: spdx.py [--fix] TREE
"""

import pathlib
import re
import sys

from rules import project_files
from tree import report

LICENCE = "SPDX-License-Identifier: BSL-1.0"
COMMENTS = {  # what surrounds a line in the language of a file, by the end of its name
    (".hpp", ".cpp", ".h", ".c", ".hpp.in", ".cpp.in", ".js"): ("// ", ""),
    (".py", ".sh", ".bash", "meson.build", "meson_options.txt", ".ini", "CMakeLists.txt", ".cmake", ".cmake.in", ".yml",
     ".yaml"): ("# ", ""),
    (".wat",): (";; ", ""),
    (".ld",): ("/* ", " */"),
}
INTERPRETER = re.compile(r"#!.*\n")


def comment_of(name, text):
    """Returns what surrounds a comment in a file, or None if it is no source: data, a document, a setting."""
    for ends, around in COMMENTS.items():
        if name.endswith(ends):
            return around
    return ("# ", "") if INTERPRETER.match(text) else None


def line_for(around):
    return LICENCE.join(around) + "\n"


def begin_of(text):
    """Returns where the first line behind the interpreter's begins."""
    match = INTERPRETER.match(text)
    return match.end() if match else 0


def without_licence(tree):
    """Yields each source without its line, as a path, its text, and the line."""
    for path in project_files(tree):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        around = comment_of(path.name, text)
        if around and not text.startswith(line_for(around), begin_of(text)):
            yield path, text, line_for(around)


def problems(tree):
    for path, _, line in without_licence(tree):
        yield f"{path.relative_to(tree).as_posix()}: does not begin with: {line.strip()}"


def fix(tree):
    count = 0
    for count, (path, text, line) in enumerate(without_licence(tree), 1):
        at = begin_of(text)
        path.write_text(text[:at] + line + text[at:], encoding="utf-8", newline="")
    return count


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[-1]).resolve()
    if "--fix" in sys.argv:
        print(f"{fix(root)} files given their licence")
    else:
        report(list(problems(root)), f"every source states {LICENCE}")
