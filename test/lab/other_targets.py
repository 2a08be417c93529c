# SPDX-License-Identifier: BSL-1.0
"""The headers compile for another machine: all of them for another Linux; elsewhere those that are independent of the
system, so that stores for one system can be read and tested on another. Exits with 77 if the compiler is missing.

usage: other_targets.py COMPILER linux|any TREE HEADER...
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import declarations  # noqa: E402
from folders import point_to  # noqa: E402

ROOTS = ("include", "policies", "backends")
HOST_HEADERS = ("boost", "numa.h", "wasm-rt.h")  # the same for every machine, unlike the rest of /usr/include


def is_portable(tree, header):
    """Whether it knows no system: in backends/ stores and what they include, in include/ all but adapters."""
    if (tree / "backends" / header).exists():
        return header.startswith(("quire/backing/", "quire/system/"))
    return not header.startswith(("quire/engine/", "quire/heap/"))


def main(compiler, scope, tree, headers):
    if not shutil.which(compiler):
        print(f"{compiler} is not installed")
        return 77
    if scope == "any":
        headers = [header for header in headers if is_portable(tree, header)]
    roots = [f"-I{folder}" for folder in (*(tree / root for root in ROOTS), *declarations.folders(tree))]
    source = "".join(f"#include <{header}>\n" for header in headers)
    with tempfile.TemporaryDirectory() as borrowed:
        run = subprocess.run(
            [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", *roots,
             f"-I{point_to(pathlib.Path(borrowed), HOST_HEADERS)}", "-xc++", "-"], input=source, text=True)
    print(f"{len(headers)} headers for {compiler}")
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:]))
