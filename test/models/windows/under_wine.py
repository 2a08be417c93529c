# SPDX-License-Identifier: BSL-1.0
"""Builds the conformance suite for Windows with MinGW, and runs it under Wine, without a display. Exits with 77, with
the reason in the last line, if either is missing.

usage: under_wine.py FOLDER TREE COMPILER_FLAG...
"""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))

from folders import held, point_to  # noqa: E402
from windows_sources import SOURCES  # noqa: E402

COMPILERS = ("x86_64-w64-mingw32-g++-posix", "x86_64-w64-mingw32-g++")


def skip(reason):
    print(reason)
    sys.exit(77)


def build(compiler, folder, tree, flags):
    # A folder of its own keeps the C library of this machine out.
    boost_alone = point_to(folder / "boost-alone", ("boost",))
    program = folder / "on_windows.exe"
    command = [compiler, "-O1", "-static", *flags, f"-I{tree / 'test'}", "-isystem", boost_alone,
               *(tree / "test" / source for source in SOURCES), "-o", program]
    subprocess.run(command, check=True, timeout=280)
    return program


def run(program, folder):
    environment = dict(os.environ, WINEPREFIX=str(folder / "prefix"), WINEDEBUG="-all",
                       WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d")
    environment.pop("DISPLAY", None)
    try:
        if not (folder / "ready").exists():
            shutil.rmtree(folder / "prefix", ignore_errors=True)  # an interrupted run may have made only a part
            made = subprocess.run(["wineboot", "-i"], env=environment, timeout=180, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False)
            if made.returncode != 0:
                skip("Wine cannot make its folder here")
            (folder / "ready").touch()
        return subprocess.run(["wine", program], env=environment, timeout=120, stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode
    finally:
        subprocess.run(["wineserver", "-k"], env=environment, timeout=30, check=False)


def build_and_run(folder, tree, flags):
    compiler = next(filter(shutil.which, COMPILERS), None)
    if compiler is None:
        skip("there is no MinGW compiler")
    program = build(compiler, folder, tree, flags)
    for needed in ("wine", "wineboot", "wineserver"):
        if shutil.which(needed) is None:
            skip(f"built, but there is no {needed}")
    sys.stdout.flush()
    return run(program, folder)


def main(folder, tree, *flags):
    with held(pathlib.Path(folder).resolve()) as alone:
        sys.exit(build_and_run(alone, pathlib.Path(tree).resolve(), flags))


if __name__ == "__main__":
    main(*sys.argv[1:])
