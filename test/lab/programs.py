# SPDX-License-Identifier: BSL-1.0
"""The programs of the project that the lab runs, where their build puts them, and what is expected of them."""

import dataclasses
import re

TOLD = re.compile(r"TAP version |(not )?ok \d|1\.\.\d")
CASE = re.compile(r"(ok|not ok) \d+ - (.+?)(?: # (SKIP|refused) (.*))?$")  # see test/support/catch/main.cpp
INSTANCE = re.compile(r" - \w+ - \d+$")  # suffix of a case that is repeated for a list of types


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    path: str  # in a build folder
    arguments: tuple = ()
    caught_by: str = ""  # for a mutant, a program with a deliberate fault: the beginning of the case that must fail
    build: str = ""  # the only build that has it
    shows: tuple = ()  # beginnings of the names of the cases that are rows of the table of capabilities
    counts: bool = True  # it counts its cases, and reports them in its last line
    in_short: tuple = ()  # further arguments of a quick run, which leave cases out

    def shortened(self):
        return dataclasses.replace(self, arguments=(*self.arguments, *self.in_short))


def mutant(fault, caught_by, tag):
    return Program(f"mutant_{fault}", f"test/lab/mutant_{fault}", (tag,), caught_by=caught_by)


PROGRAMS = (
    Program("bare", "test/unit/bare"),
    Program("conformance", "test/unit/conformance"),
    Program("unit", "test/unit/unit",
            shows=("assured growth", "where growth is not", "without a killer", "this kernel tells")),
    Program("threads", "test/unit/threads"),
    Program("pools", "test/unit/pools/pools"),
    Program("every_pool", "test/unit/pools/every_pool"),
    # The omitted cases simulate failures: they are many, and the same everywhere.
    Program("detect", "test/unit/detect", ("~[every_read]",)),
    Program("fault", "test/fault/fault"),
    Program("jit", "test/unit/jit/jit"),
    Program("lab", "test/lab/lab", shows=("",)),
    mutant("wrong_node", "bind: every page lies on its node", "[bind]"),
    mutant("forgets_after_remap", "bind: every page lies on its node", "[bind]"),
    mutant("guard_one_page_off", "every page behind the end faults", "[guards]"),
    # The cases that a quick run leaves out have the same results in user mode, where ./dev test runs them all.
    Program("mte", "test/mte/mte", build="arm64-gcc", in_short=("~[fault]~[conformance]~[every_granule]",),
            shows=("every granule", "a wrong tag", "use after release", "underflow and", "asynchronous checks",
                   "the kernel checks")),
)


def without_instance(case):
    return INSTANCE.sub("", case)


def cases(output):
    """Returns the result of each case: "passed", "failed", "refused …" or "skipped …"."""
    found = {}
    for match in filter(None, map(CASE.match, output)):
        well = {None: "passed", "SKIP": f"skipped {match[4]}", "refused": f"refused {match[4]}"}[match[3]]
        found[match[2]] = well if match[1] == "ok" else "failed"
    return found


def capabilities(program, output):
    """Returns the cases that are rows of the table."""
    return {case: what for case, what in cases(output).items() if case.startswith(program.shows)}


def protocol(output):
    """Returns the lines of the Test Anything Protocol."""
    return [line for line in output if TOLD.match(line)]


def judge_mutant(mutant, output):
    """Whether a deliberate fault was noticed: "passed" if it was, "failed", or "skipped …" where it cannot be."""
    found = [what for case, what in cases(output).items() if case.startswith(mutant.caught_by)]
    if "failed" in found:
        return "passed"
    return next((what for what in found if what.startswith("skipped")), "failed")
