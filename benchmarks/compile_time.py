# SPDX-License-Identifier: BSL-1.0
"""Measures the cost of an #include of a Quire header, beyond the standard and system headers that it brings in.

usage: compile_time.py --pairs N --seconds S --include FOLDER... --header NAME... --compiler COMMAND...

The cost is CPU time of the compiler; the two kinds of file are compiled in turns: without, with, without. Prints a line
of tab-separated fields for each compiler and header: compiler, header, pairs, then 10 %, median and 90 % of: seconds
with, seconds without, their ratio, and the ratio of the two without, which would be 1 without any disturbance. If a
compiler cannot compile a header: compiler, header, 0, and its message. After S seconds no further header or pair is
begun.
"""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ENTERED = re.compile(r"(\.+) (.+)")
INCLUDE = re.compile(r"\s*#\s*include\s*<(.+?)>")


class Compiler:
    def __init__(self, command, folders):
        self.command = [command, "-std=c++23", "-fsyntax-only", *("-I" + folder for folder in folders)]
        self.folders = [pathlib.Path(folder).resolve() for folder in folders]
        said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
        version = re.search(r"\d+\.\d+\.\d+", said)
        self.name = os.path.basename(command) + (" " + version[0] if version else "")

    def is_ours(self, path):
        return any(folder in path.parents for folder in self.folders)

    def entered(self, source):
        """Returns the headers that were read, in order, each with the one that includes it."""
        run = subprocess.run([*self.command, "-H", source], capture_output=True, text=True)
        if run.returncode:
            raise ValueError(next((line for line in run.stderr.splitlines() if "error: " in line), "not compiled"))
        above = {0: pathlib.Path(source)}
        for line in run.stderr.splitlines():
            if match := ENTERED.fullmatch(line):
                depth, path = len(match[1]), pathlib.Path(match[2]).resolve()
                above[depth] = path
                yield path, above[depth - 1]

    def foreign_headers(self, source):
        """Returns the foreign headers that Quire's headers include, in order, and the paths of all that these read."""
        names, paths = [], set()
        for path, includer in self.entered(source):
            if self.is_ours(path):
                continue
            paths.add(path)
            if self.is_ours(includer):
                names.append(name_as_written(includer, path))
        return names, paths

    def cpu_seconds(self, source):
        child = subprocess.Popen([*self.command, source])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise ValueError(f"{self.name} failed on {source}")
        return usage.ru_utime + usage.ru_stime


def name_as_written(includer, path):
    written = (match[1] for line in includer.read_text(encoding="utf-8").splitlines() if (match := INCLUDE.match(line)))
    return max((name for name in written if path.as_posix().endswith("/" + name)), key=len)


def write(folder, name, headers):
    source = pathlib.Path(folder) / name
    source.write_text("".join(f"#include <{header}>\n" for header in headers), encoding="utf-8")
    return str(source)


def spread(samples):
    ordered = sorted(samples)
    return [f"{ordered[round(share * (len(ordered) - 1))]:.6f}" for share in (0.1, 0.5, 0.9)]


def compare(compiler, header, pairs, deadline, folder):
    """Returns the fields that follow the names of the compiler and the header."""
    if time.monotonic() > deadline:
        raise ValueError("no time left")
    with_it = write(folder, "with.cpp", [header])
    names, paths = compiler.foreign_headers(with_it)
    without = write(folder, "without.cpp", names)
    missed = paths ^ {path for path, _ in compiler.entered(without)}
    if missed:
        raise ValueError(f"not the same headers of others: {', '.join(map(str, sorted(missed)))}")

    times = collections.defaultdict(list)
    for turn in range(pairs + 1):
        if turn > 1 and time.monotonic() > deadline:
            break
        order = [("without", without), ("with", with_it), ("again", without)]
        for kind, source in order if turn % 2 else order[::-1]:
            times[kind].append(compiler.cpu_seconds(source))
    for samples in times.values():
        del samples[0]  # the first run read the files from the disk
    ratios = [a / b for a, b in zip(times["with"], times["without"])]
    control = [a / b for a, b in zip(times["again"], times["without"])]
    return [str(len(ratios)), *spread(times["with"]), *spread(times["without"]), *spread(ratios), *spread(control)]


def main():
    parser = argparse.ArgumentParser()
    for name in ("pairs", "seconds"):
        parser.add_argument("--" + name, type=int, required=True)
    for name in ("include", "header", "compiler"):
        parser.add_argument("--" + name, nargs="+", required=True)
    given = parser.parse_args()
    deadline = time.monotonic() + given.seconds
    with tempfile.TemporaryDirectory() as folder:
        for command in given.compiler:
            compiler = Compiler(command, given.include)
            for header in given.header:
                try:
                    fields = compare(compiler, header, given.pairs, deadline, folder)
                except ValueError as problem:
                    fields = ["0", str(problem)]
                print(compiler.name, header, *fields, sep="\t", flush=True)


if __name__ == "__main__":
    sys.exit(main())
