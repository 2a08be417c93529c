# SPDX-License-Identifier: BSL-1.0
"""Compiles a memory for a 32-bit RISC-V with Clang. The distribution has no C++ headers for this target, so newlib's
for another processor with the same type sizes are used. Exits with 77 if Clang or those headers are missing.

usage: rv32.py SCRATCH TREE
"""

import pathlib
import shutil
import subprocess
import sys

import run

COMPILER = "clang++-19"
TARGET = ["--target=riscv32-unknown-elf", "-march=rv32imac", "-mabi=ilp32"]
NEWLIB = pathlib.Path("/usr/include/newlib")


def main(scratch, tree):
    versions = sorted(NEWLIB.glob("c++/*"))
    settings = versions and versions[-1] / "arm-none-eabi/thumb/v7-m/nofp"
    if not shutil.which(COMPILER) or not versions or not settings.exists():
        print(f"{COMPILER} or newlib's headers of C++ are not installed")
        return 77
    flags = [flag for flag in run.FLAGS if flag.startswith(("-std", "-O", "-f", "-W")) and not flag.startswith("-Wl")]
    system = [word for folder in (versions[-1], settings, NEWLIB) for word in ("-isystem", str(folder))]
    with run.held(scratch):
        return subprocess.run([COMPILER, *TARGET, *flags, "-nostdinc++", *system, *run.includes(scratch, tree), "-c",
                               str(tree / "test/boards/rv32.cpp"), "-o", str(scratch / "rv32.o")]).returncode


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
