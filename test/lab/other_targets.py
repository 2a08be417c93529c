"""The headers compile for another machine: all of them on another Linux; elsewhere those that know no system, which is
what lets stores for one system be read and tested on another. Exits 77 where there is no compiler for it.

usage: other_targets.py COMPILER linux|any SCRATCH TREE HEADER...
"""

import pathlib
import shutil
import subprocess
import sys

HOST_HEADERS = ("boost", "numa.h", "wasm-rt.h")  # the same for every machine; the rest of /usr/include is not


def borrowed_headers(scratch):
    folder = scratch / "include"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in HOST_HEADERS:
        (folder / name).symlink_to(pathlib.Path("/usr/include") / name)
    return folder


def is_portable(tree, header):
    """Whether it knows no system: of backends/ only the stores, of include/ all but the adapters for engines."""
    if (tree / "backends" / header).exists():
        return header.startswith("quire/backing/")
    return not header.startswith("quire/engine/")


def main(compiler, scope, scratch, tree, headers):
    if not shutil.which(compiler):
        print(f"{compiler} is not installed")
        return 77
    if scope == "any":
        headers = [header for header in headers if is_portable(tree, header)]
    roots = [f"-I{tree / root}" for root in ("include", "policies", "backends")]
    source = "".join(f"#include <{header}>\n" for header in headers)
    run = subprocess.run(
        [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", *roots,
         f"-I{borrowed_headers(scratch)}", "-xc++", "-"], input=source, text=True)
    print(f"{len(headers)} headers for {compiler}")
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4]), sys.argv[5:]))
