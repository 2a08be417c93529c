#!/usr/bin/env python3
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


def main(cache, source, *words):
    cut = words.index("--")
    wasmtime = library(cache)
    catch2 = subprocess.run(["pkg-config", "--libs", "catch2"], capture_output=True, text=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "program"
        subprocess.run([*words[cut + 1:], "-O1", "-I", TEST, "-I", HERE, source, *words[:cut], *catch2, wasmtime,
                        "-lpthread", "-o", program], check=True)
        sys.exit(subprocess.run([program]).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
