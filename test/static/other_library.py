# SPDX-License-Identifier: BSL-1.0
"""Compiles a source with Clang and libc++, only to see its errors, or also to run it. Exits with 77 if either is
missing.

usage: other_library.py [--run] SOURCE FLAG...
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

CLANG = "clang++-19"


def compile_only(source, flags, text=None):
    command = [CLANG, "-stdlib=libc++", "-fsyntax-only", *flags, "-x", "c++", source]
    return subprocess.run(command, input=text, capture_output=True, text=True)


def run(source, flags):
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "program"
        built = subprocess.run([CLANG, "-stdlib=libc++", *flags, source, "-o", program], capture_output=True, text=True)
        if built.returncode != 0:
            print(built.stderr)
            return 1
        return subprocess.run([program], timeout=60).returncode


def main(*arguments):
    runs = arguments[0] == "--run"
    source, *flags = arguments[1:] if runs else arguments
    if not shutil.which(CLANG):
        print(f"{CLANG} is not installed")
        return 77
    if compile_only("-", flags, "#include <expected>\n#ifndef _LIBCPP_VERSION\n#error\n#endif\n").returncode != 0:
        print(f"libc++ for {CLANG} is not installed")
        return 77
    if runs:
        return run(source, flags)
    got = compile_only(source, flags)
    print(got.stderr or "every header compiles with libc++")
    return got.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
