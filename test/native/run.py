# SPDX-License-Identifier: BSL-1.0
"""Builds the conformance program of the system that this runs on, with a compiler of that system, and runs it there. It
needs Python, the compiler, the headers of Boost.Config, and on macOS Catch2; neither Meson nor a POSIX shell.

usage: run.py FOLDER [COMPILER [FLAG...]]        for example: run.py build/native clang++ -I/opt/boost/include

The compiler is c++ unless it is named. clang-cl takes its own flags.
"""

import pathlib
import platform
import shutil
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TREE / "test/models" / system) for system in ("macos", "windows")]

import macos_sources  # noqa: E402
import windows_sources  # noqa: E402

INCLUDED = ("include", "policies", "backends", "test")
POSIX = ("native/on_posix.cpp",)


def programs(system):
    """Returns the programs of a system, each a name with its sources: what is its own, and what any POSIX has."""
    own = {"Darwin": {"on_macos": macos_sources.SOURCES + macos_sources.UNIT_TESTS},
           "Windows": {"on_windows": windows_sources.SOURCES}}.get(system, {})
    return own | ({} if system == "Windows" else {"on_posix": POSIX})


def command(compiler, flags, sources, program):
    paths = [TREE / "test" / source for source in sources]
    included = [f"-I{TREE / folder}" for folder in INCLUDED]
    if pathlib.PurePath(compiler).stem.startswith("clang-cl"):
        return [compiler, "/nologo", "/std:c++latest", "/EHsc", "/O1", "/W4", "/WX", *included, *paths, *flags,
                f"/Fo{program.parent}/", f"/Fe{program}"]
    warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror"]
    return [compiler, "-std=c++23", "-O1", *warnings, *included, *paths, *flags, "-o", program]


def built_and_run(name, sources, folder, compiler, flags):
    program = folder / (name + (".exe" if platform.system() == "Windows" else ""))
    words = [str(word) for word in command(compiler, flags, sources, program)]
    print("$", *words, flush=True)
    if subprocess.run(words).returncode != 0:
        return False
    print("$", program, flush=True)
    return subprocess.run([program]).returncode == 0


def main(folder, compiler="c++", *flags):
    if not shutil.which(compiler):
        print(f"{compiler} is not installed")
        return 77
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    good = [built_and_run(name, sources, folder, compiler, flags)
            for name, sources in programs(platform.system()).items()]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
