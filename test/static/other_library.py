"""Compiles a source with Clang and libc++, only to see its errors. Exits with 77 if either is missing.

usage: other_library.py SOURCE FLAG...
"""

import shutil
import subprocess
import sys

CLANG = "clang++-19"


def compile_only(source, flags, text=None):
    command = [CLANG, "-stdlib=libc++", "-fsyntax-only", *flags, "-x", "c++", source]
    return subprocess.run(command, input=text, capture_output=True, text=True)


def main(source, *flags):
    if not shutil.which(CLANG):
        print(f"{CLANG} is not installed")
        return 77
    if compile_only("-", flags, "#include <expected>\n#ifndef _LIBCPP_VERSION\n#error\n#endif\n").returncode != 0:
        print(f"libc++ for {CLANG} is not installed")
        return 77
    got = compile_only(source, flags)
    print(got.stderr or "every header compiles with libc++")
    return got.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
