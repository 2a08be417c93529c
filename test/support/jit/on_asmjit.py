#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds and runs a test program with asmjit, which comes as a package of Debian and is fetched into CACHE once. If it
cannot be obtained, or this is no x86-64, the test is skipped with the reason.

usage: on_asmjit.py CACHE -- CXX FLAG…
"""
import pathlib
import platform
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

from debian_package import unpacked  # noqa: E402
from folders import held  # noqa: E402
from library_program import groups, run  # noqa: E402
from python_package import skip  # noqa: E402


def main(*words):
    (cache,), cxx = groups(words)
    if platform.machine() != "x86_64":
        skip("the program's code is for x86-64")
    with held(pathlib.Path(cache).resolve()) as held_cache, tempfile.TemporaryDirectory() as folder:
        asmjit = unpacked("libasmjit-dev", held_cache)
        library = next(asmjit.glob("usr/lib/*/libasmjit.a"), None) or skip("Debian's package has no libasmjit.a")
        made = pathlib.Path(folder) / "program"
        run(*cxx, "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror", "-isystem",
            asmjit / "usr/include", HERE / "asmjit_program.cpp", library, "-lpthread", "-lrt", "-o", made)
        sys.exit(subprocess.run([made], timeout=100).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
