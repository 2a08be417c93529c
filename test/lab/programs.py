"""The programs of the project that the lab runs, where their build puts them, and what is expected of them."""

import dataclasses
import re

CASE = re.compile(r"case: (.+): (passed|failed|refused (.+))$")
INSTANCE = re.compile(r" - \w+ - \d+$")  # of a case for each of a list of types


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    path: str  # in a build folder
    arguments: tuple = ()
    caught_by: str = ""  # of a mutant, a program with a deliberate fault: the beginning of the case that has to fail
    processor: str = ""  # the only one that it is built for
    quick: bool = True  # whether ./dev test runs it as well


def mutant(fault, caught_by, tag):
    return Program(f"mutant_{fault}", f"test/lab/mutant_{fault}", (tag,), caught_by=caught_by)


PROGRAMS = (
    Program("bare", "test/unit/bare"),
    Program("unit", "test/unit/unit", quick=False),
    Program("fault", "test/fault/fault", quick=False),
    Program("lab", "test/lab/lab"),
    mutant("wrong_node", "bind: every page lies on its node", "[bind]"),
    mutant("forgets_after_remap", "bind: every page lies on its node", "[bind]"),
    mutant("guard_one_page_off", "every page behind the end faults", "[guards]"),
    Program("mte", "test/mte/mte", processor="arm64"),
)


def without_instance(case):
    return INSTANCE.sub("", case)


def cases(output):
    """What each case of the lab's own programs came to: "passed", "failed", "refused …" or "skipped …"."""
    found = {}
    for match in filter(None, map(CASE.match, output)):
        found[match[1]] = match[2]
    for line in output:
        for case in found:
            if line.startswith(f"skipped: {case}: "):
                found[case] = "skipped " + line.removeprefix(f"skipped: {case}: ")
    return found


def judge_mutant(mutant, output):
    """Whether a deliberate fault was noticed: "passed" if it was, "failed", or "skipped …" where it cannot be."""
    found = [what for case, what in cases(output).items() if case.startswith(mutant.caught_by)]
    if "failed" in found:
        return "passed"
    return next((what for what in found if what.startswith("skipped")), "failed")
