"""Compiles a file that must not compile, and looks for the words that the compiler must use.

The file's first line is `// expect: REGEX`. With -DCONTROL the same file must compile, so that a slip of the pen in the
case cannot pass for the error it is about.

usage: run.py CASE.cpp -- COMPILER FLAG...
"""

import pathlib
import re
import subprocess
import sys


def compile_case(command, source, *flags):
    return subprocess.run([*command, *flags, source], capture_output=True, text=True)


def verdict(source, command):
    expectation = re.match(r"// expect: (.+)\n", pathlib.Path(source).read_text(encoding="utf-8"))
    if not expectation:
        return "the first line is not `// expect: REGEX`"
    control = compile_case(command, source, "-DCONTROL")
    if control.returncode != 0:
        return "the control does not compile:\n" + control.stderr
    case = compile_case(command, source)
    if case.returncode == 0:
        return "it compiles"
    if not re.search(expectation[1], case.stderr):
        return f"no /{expectation[1]}/ in:\n{case.stderr}"
    return None


if __name__ == "__main__":
    sys.exit(verdict(sys.argv[1], sys.argv[3:]))
