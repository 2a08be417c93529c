# SPDX-License-Identifier: BSL-1.0
"""The base of the object code tests: compiling sources, refusing some of them, and printing the results.

A test derives a class from Checker with `judge(source)`, which returns what it inspected and all complaints. It has a
folder of sabotages: sources whose first line is `// expect: ` and a pattern that a complaint must match (or `nothing`).
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from object_code import ObjectFile, UnknownMachine, run

SKIPPED = 77


class Checker:
    def __init__(self, objdump, nm, cxxfilt, compiler):
        self.objdump, self.nm, self.cxxfilt, self.compiler = objdump, nm, cxxfilt, compiler

    def build(self, source):
        with tempfile.TemporaryDirectory() as folder:
            path = str(pathlib.Path(folder) / "code.o")
            run(*self.compiler, "-c", str(source), "-o", path)
            emitted = run(self.nm, "-C", path)
            return ObjectFile(path, self.objdump, self.cxxfilt), emitted


def sabotage_problem(checker, source):
    """Returns what is wrong with the verdict on a sabotage, or None."""
    expectation = re.match(r"(?:// SPDX-.*\n)?// expect: (.+)\n", source.read_text())[1]
    _, complaints = checker.judge(source)
    if expectation == "nothing":  # the control
        return "\n".join(complaints)
    if any(re.search(expectation, text) for text in complaints):
        return None
    return f"no /{expectation}/ in: {complaints or 'no complaint'}"


def conclude(passed, failed, complaints, checker, sabotage):
    """Runs the sabotages too, and prints all complaints and the counts; returns whether anything failed."""
    sources = sorted(sabotage.glob("*.cpp"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = list(pool.map(lambda source: sabotage_problem(checker, source), sources))
    complaints = complaints + [f"sabotage {source.stem}: {text}" for source, text in zip(sources, problems) if text]
    failed += sum(map(bool, problems))
    passed += sum(not problem for problem in problems)
    for text in complaints:
        print(text)
    print(f"{passed + failed} test cases: {passed} passed, {failed} failed, 0 skipped")
    return failed > 0


def lack(tools, compiler):
    """Returns what this machine lacks for the test, or None. A cross compiler may come without its target's headers."""
    if missing := [name for name in (*tools, compiler[0]) if shutil.which(name) is None]:
        return "not installed: " + ", ".join(missing)
    probe = [*compiler, "-fsyntax-only", "-x", "c++", "-"]
    if subprocess.run(probe, input="#include <expected>\n", capture_output=True, text=True).returncode != 0:
        return f"{compiler[0]} has no standard library for its target"
    return None


def start(main, checker):
    """Reads the command line: FOLDER OBJDUMP NM CXXFILT -- COMPILER FLAG..."""
    tools, compiler = sys.argv[2:5], sys.argv[6:]
    if reason := lack(tools, compiler):
        print(reason)
        sys.exit(SKIPPED)
    try:
        sys.exit(main(pathlib.Path(sys.argv[1]), checker(*tools, compiler)))
    except UnknownMachine as machine:
        print(machine)
        sys.exit(SKIPPED)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd)}\n{error.stderr}")
