# SPDX-License-Identifier: BSL-1.0
"""Runs the project's programs on the machines of the lab.

usage: run.py [--list] [--quick] [--no-build] [--table] [--kvm] [--jobs N] [--program 'FILE ARGUMENT...'] [MACHINE...]

Without a machine's name: all of them; with --quick, the few that ./dev test includes. A machine that is unavailable
here is skipped, with the reason. Ends with one line of counts, and with status 1 if anything failed.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import shlex
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import builds
import results
import table
from folders import held
from guest import Run
from machines import MACHINES
from packages import Unavailable
from programs import PROGRAMS, Program

TREE = pathlib.Path(__file__).resolve().parents[2]
LAB = TREE / "build" / "lab"


def say(text):
    print(text, flush=True)


@dataclasses.dataclass(frozen=True)
class Choice:
    """What is run, and how."""
    own: list  # the programs that were requested in place of the project's
    quick: bool
    build: bool
    acceleration: str

    def programs(self, machine):
        wanted = self.own or machine.programs(PROGRAMS, self.quick)
        return [program for program in wanted if self.build or (folder_of(machine) / program.path).exists()]


def folder_of(machine):
    return TREE / "build" / machine.build


def prepare(machines, choice):
    """Fetches and builds what the machines need; returns those that can run, and the reason for each of the others."""
    ready, refused, wanted = [], {}, {}
    for machine in machines:
        try:
            builds.first_program(machine.build, LAB)
            machine.have(LAB, say)
            if not choice.programs(machine):
                raise Unavailable("nothing was built for it")
            ready.append(machine)
            wanted.setdefault(machine.build, {}).update(dict.fromkeys(choice.programs(machine)))
        except Unavailable as why:
            refused[machine.name] = str(why)
    if choice.build and not choice.own:
        for name, programs in wanted.items():
            builds.build(TREE, name, programs, say)
    return ready, refused


def visit(machine, choice):
    """Runs one machine from start to end, and saves its results at once, whatever happens to the others."""
    try:
        run = machine.visit(folder_of(machine), choice.programs(machine), LAB, choice.acceleration,
                            lambda text: say(f"{machine.name}: {text}"))
    except Unavailable as why:  # its kernel lacks a module that it should have
        run = Run(problems=[str(why)])
    if not choice.own:
        results.save_protocols(LAB, machine.name, run)
    if not choice.own and not choice.quick:  # the table needs whole programs
        results.save(LAB, machine.name, run)
    return run


def report(runs, refused):
    """Prints the failures with the end of their output, the reasons for skips, and the sums."""
    passed, failed, skipped, reasons = 0, 0, len(refused), {}
    for name, run in runs.items():
        for outcome in run.outcomes:
            counts = outcome.counts()
            passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
            if counts[1]:
                lines = [line for line in outcome.output if not line.startswith(("case: ", "skipped: "))]
                say(f"\nFAILED: {name}: {outcome.says()}\n" + "\n".join(lines[-100:]))
            for reason in outcome.skips():
                reasons.setdefault(f"{outcome.program.name}: {reason}", []).append(name)
        for problem in run.problems:
            failed += 1
            say(f"FAILED: {name}: {problem}")
    for name, why in refused.items():
        say(f"skipped: {name}: {why}")
    for reason, names in reasons.items():
        say(f"skipped: {reason} ({', '.join(names)})")
    say(f"{passed + failed + skipped} test cases: {passed} passed, {failed} failed, {skipped} skipped")
    return failed


def arguments():
    parser = argparse.ArgumentParser(prog="./dev lab", description="Runs the tests on the machines of the lab.")
    parser.add_argument("machines", nargs="*", metavar="MACHINE", help="all of them where none is named")
    parser.add_argument("--list", action="store_true", help="say which machines there are")
    parser.add_argument("--quick", action="store_true", help="only the machines and programs that ./dev test includes")
    parser.add_argument("--no-build", action="store_true", help="run what was built before")
    parser.add_argument("--table", action="store_true", help="write docs/lab-results.md from the last runs")
    parser.add_argument("--kvm", action="store_true", help="ask for hardware acceleration; otherwise all is emulated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="machines at a time")
    parser.add_argument("--program", action="append", default=[], metavar="'FILE ARGUMENT...'",
                        help="run this static program instead of the project's own")
    given = parser.parse_args()
    if unknown := set(given.machines) - {machine.name for machine in MACHINES}:
        parser.error(f"no such machine: {', '.join(sorted(unknown))}")
    return given


def chosen(given):
    if given.machines:
        return [machine for machine in MACHINES if machine.name in given.machines]
    return [machine for machine in MACHINES if machine.quick or not given.quick]


def main():
    given, begin = arguments(), time.monotonic()
    if given.list:
        say("\n".join(f"{machine.name:14}{machine.says}" for machine in chosen(given)))
        return 0
    if given.table:
        table.write(TREE / "docs/lab-results.md", results.read(LAB))
        return 0
    with held(LAB):  # its kernels, archives and logs have the same names in each run
        return carry_out(given, begin)


def carry_out(given, begin):
    own = [Program(pathlib.Path(words[0]).name, str(pathlib.Path(words[0]).resolve()), tuple(words[1:]),
                   counts=False) for words in map(shlex.split, given.program)]
    choice = Choice(own, given.quick, not given.no_build, "kvm" if given.kvm else "tcg")
    ready, refused = prepare(chosen(given), choice)
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        found = pool.map(lambda machine: visit(machine, choice), ready)
        runs = {machine.name: run for machine, run in zip(ready, found)}
    say(f"{len(runs)} machines in {time.monotonic() - begin:.0f} s")
    return 1 if report(runs, refused) else 0


if __name__ == "__main__":
    sys.exit(main())
