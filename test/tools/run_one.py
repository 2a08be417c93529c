# SPDX-License-Identifier: BSL-1.0
"""Builds and runs one test, one suite, or the cases whose names contain some words, without knowing which program has
them.

usage: run_one.py run|debug BUILD_FOLDER NAME [ARGUMENT...]

NAME is a test of Meson (`fault`, `core/contradiction`), a suite (`boards`), or a part of the name of Catch2 cases
("RLIMIT_DATA refuses"). Arguments go to the program: `run_one.py run build/gcc unit '[limits]'`. A test that is skipped
says why, and is no failure. `debug` starts gdb, which follows a case into its child process.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

CASE = re.compile(r'(TEMPLATE_\w*)?TEST_CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)')
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
SKIPPED = 77
GDB = ("gdb", "-q", "-ex", "set follow-fork-mode child", "-ex", "set print thread-events off", "--args")


class Build:
    def __init__(self, folder):
        self.folder = folder.resolve()
        self.tests = self.introspect("--tests")
        self.targets = self.introspect("--targets")
        self.programs = [target for target in self.targets if target["type"] == "executable"]

    def introspect(self, what):
        done = subprocess.run(["meson", "introspect", what, self.folder], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def named(self, name):
        """Returns the tests of that name, or of that program, or else of that suite."""
        return ([test for test in self.tests if name in (test["name"], test["cmd"][0])] or
                [test for test in self.tests if name in (suite.partition(":")[2] for suite in test["suite"])])

    def with_cases(self, words):
        """Yields pairs of a test and the cases in its program whose names contain these words."""
        for target in self.programs:
            sources = [pathlib.Path(source) for group in target["target_sources"] for source in group.get("sources", [])]
            names = [pattern(*case) for source in sources if source.exists() for case in cases_in(source)
                     if words in case[0]]
            if names:
                program = target["filename"][0]
                yield next((test for test in self.tests if test["cmd"][0] == program), {"cmd": [program]}), names

    def make(self, test):
        """Builds the program of the test and what it depends on, unless Meson builds none of them; returns whether that
        went well."""
        needed = [target["filename"][0] for target in self.targets
                  if target["id"] in test.get("depends", ()) or target["filename"][0] == test["cmd"][0]]
        paths = [pathlib.Path(path).relative_to(self.folder) for path in needed]
        return not paths or subprocess.run(["ninja", "-C", self.folder, *paths]).returncode == 0


def cases_in(source):
    for match in CASE.finditer(source.read_text(encoding="utf-8")):
        yield "".join(LITERAL.findall(match[2])), bool(match[1])


def pattern(name, is_template):
    """Returns the name as Catch2 takes it on the command line, where commas and brackets have a meaning. A template
    case is registered once for each type, with more behind its name."""
    return re.sub(r"([,\[\]\\*~])", r"\\\1", name) + "*" * is_template


def start(build, test, arguments, debugging):
    program, *usual = test["cmd"]
    if not build.make(test):
        return 1
    command = [program, *(arguments or usual)]
    print("+", *(repr(word) if " " in word else word for word in command), flush=True)
    if debugging:
        command = [*GDB, *command]
    status = subprocess.run(command, env=os.environ | test.get("env", {}), cwd=build.folder).returncode
    return 0 if status == SKIPPED and not debugging else status


def main(action, folder, name, *arguments):
    build = Build(pathlib.Path(folder))
    chosen = [(test, list(arguments)) for test in build.named(name)]
    if not chosen and not arguments:
        chosen = [(test, [",".join(cases)]) for test, cases in build.with_cases(name)]
    if not chosen:
        close = sorted({test["name"] for test in build.tests if name in test["name"]})
        print(f"no test is called '{name}', and no case has these words in its name; `./dev test unit --list-tests` lists "
              "the cases of a program", *close, sep="\n  ")
        return 2
    if action == "debug" and len(chosen) > 1:
        print("these programs have it; name one:", *(test["cmd"][0] for test, _ in chosen), sep="\n  ")
        return 2
    return int(any([start(build, test, given, action == "debug") != 0 for test, given in chosen]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
