# SPDX-License-Identifier: BSL-1.0
"""Compiles a file that must not compile, and checks the compiler's error messages.

Behind its licence the file begins with one or more lines `// expect: REGEX`, which must all match; `// expect first:
REGEX` must match the first error that the compiler reports. With -DCONTROL the same file must compile, so that an
unrelated mistake in the case does not pass for the expected error.

usage: run.py CASE.cpp -- COMPILER FLAG...
"""

import pathlib
import re
import subprocess
import sys

LICENCE = "// SPDX-License-Identifier: BSL-1.0\n"


def compile_case(command, source, *flags):
    return subprocess.run([*command, *flags, source], capture_output=True, text=True)


def verdict(source, command):
    lines = pathlib.Path(source).read_text(encoding="utf-8").removeprefix(LICENCE).splitlines()
    begin = [re.match(r"// (expect|expect first): (.+)", line) for line in lines]
    expectations = [(line[1], line[2]) for line in begin[: begin.index(None)]]
    if not expectations:
        return "the first line is not `// expect: REGEX`"
    control = compile_case(command, source, "-DCONTROL")
    if control.returncode != 0:
        return "the control does not compile:\n" + control.stderr
    case = compile_case(command, source)
    if case.returncode == 0:
        return "it compiles"
    first = re.search(r"^.*\berror:.*$", case.stderr, re.M)
    for kind, expectation in expectations:
        said = case.stderr if kind == "expect" else first[0] if first else ""
        if not re.search(expectation, said):
            return f"{kind}: no /{expectation}/ in:\n{said}\nof:\n{case.stderr}"
    return None


if __name__ == "__main__":
    sys.exit(verdict(sys.argv[1], sys.argv[3:]))
