#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds a test program for Wasmtime, which is fetched into CACHE once, and runs it. If the library cannot be obtained,
the test is skipped with the reason.

usage: on_library.py CACHE PROGRAM.cpp LIBRARY… -- CXX FLAG…       LIBRARY: the program's entry and support
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
sys.path.insert(0, str(TEST / "tools"))

from fetch_wasmtime import library  # noqa: E402
from library_program import catch2, groups, run  # noqa: E402


def main(cache, source, *words):
    entry, cxx = groups(words)
    wasmtime = library(cache)
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "program"
        run(*cxx, "-O1", "-I", TEST, "-I", HERE, source, *entry, *catch2(), wasmtime, "-lpthread", "-o", program)
        sys.exit(subprocess.run([program]).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
