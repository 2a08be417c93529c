# SPDX-License-Identifier: BSL-1.0
"""Counts the instructions that a tagged memory executes for a page of 64 KiB, on an emulated arm64 processor with tags.

usage: instructions.py --include FOLDER... --emulator COMMAND --compiler COMMAND...

Builds tags.cpp with each compiler, runs it in qemu's user mode emulation, one instruction at a time, with few pages and
with more, and divides the difference by the difference in pages, so that fixed costs cancel. The kernel's work is not
counted. Prints lines of tab-separated fields: compiler, operation, then instructions for a page: by Quire, by hand, and
by hand in two passes (0 if that does not differ). If something is missing: compiler, -, and what is missing.
"""

import argparse
import pathlib
import shlex
import shutil
import subprocess
import tempfile

FEW, MORE = 16, 80
FLAGS = ("-std=c++23", "-O2", "-march=armv8.5-a+memtag", "-static")


def one_at_a_time(emulator):
    told = subprocess.run([emulator, "-help"], capture_output=True, text=True).stdout
    return "-one-insn-per-tb" if "one-insn-per-tb" in told else "-singlestep"


def executed(emulator, program, *arguments):
    """Counts the lines of the log, one for each instruction besides a constant number, while it is written."""
    command = [emulator, "-cpu", "max", one_at_a_time(emulator), "-d", "nochain,exec", program, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: process.stderr.read(1 << 20), b""))
    if process.returncode:
        raise ValueError(f"{' '.join(arguments)} ended with {process.returncode}")
    return lines


def for_a_page(emulator, program, who, operation):
    few, more = (executed(emulator, program, who, operation, str(pages)) for pages in (FEW, MORE))
    return (more - few) / (MORE - FEW)


def measure(compiler, given):
    """Yields the fields of a line for each operation."""
    command = shlex.split(compiler)
    for tool in (command[0], given.emulator):
        if shutil.which(tool) is None:
            raise ValueError(f"{tool} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        program = str(pathlib.Path(folder) / "tags")
        source = pathlib.Path(__file__).with_name("tags.cpp")
        built = subprocess.run([*command, *FLAGS, *("-I" + each for each in given.include), "-idirafter", "/usr/include",
                                str(source), "-o", program], capture_output=True, text=True)
        if built.returncode:
            raise ValueError(next((line for line in built.stderr.splitlines() if "error" in line), "not built"))
        cost = {(who, operation): for_a_page(given.emulator, program, who, operation)
                for who in ("quire", "by_hand") for operation in ("grow", "allocate", "reset")}
        cost["two_passes", "reset"] = for_a_page(given.emulator, program, "two_passes", "reset")
        for operation in ("grow", "allocate"):
            yield operation, cost["quire", operation], cost["by_hand", operation], 0
        # The memory that is reset has been allocated before.
        yield ("reset", cost["quire", "reset"] - cost["quire", "allocate"],
               *(cost[who, "reset"] - cost["by_hand", "allocate"] for who in ("by_hand", "two_passes")))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", nargs="+", required=True)
    parser.add_argument("--emulator", required=True)
    parser.add_argument("--compiler", nargs="+", required=True)
    given = parser.parse_args()
    for compiler in given.compiler:
        name = shlex.split(compiler)[0]
        try:
            for fields in measure(compiler, given):
                print(name, *fields, sep="\t", flush=True)
        except ValueError as problem:
            print(name, "-", problem, sep="\t", flush=True)


if __name__ == "__main__":
    main()
