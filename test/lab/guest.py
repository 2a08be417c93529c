# SPDX-License-Identifier: BSL-1.0
"""One run of one machine: starts its programs, follows their reports, and ends it in time."""

import dataclasses
import re
import subprocess
import threading
import time

import programs

UP = re.compile(r"lab: up (\S+) (\S+) page (\d+) after ([\d.]+) s")
BEGIN = re.compile(r"lab: begin (\S+)")
END = re.compile(r"lab: end (\S+) (exit|signal) (\d+) after ([\d.]+) s")
COUNTS = re.compile(r"\d+ test cases: (\d+) passed, (\d+) failed, (\d+) skipped$")
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # programs see a terminal
SKIPPED = 77


@dataclasses.dataclass
class Outcome:
    """The outcome of one program. A program that does not count its cases is one case, and so is a mutant."""
    program: programs.Program
    ending: str = "cut off"
    status: int = -1
    seconds: float = 0.0
    output: list = dataclasses.field(default_factory=list)

    def counts(self):
        """Returns passed, failed, skipped. A program that dies has failed, whatever it counted before."""
        if self.program.caught_by:
            return self._as_mutant()
        well = self.ending == "exit" and self.status in (0, SKIPPED)
        told = [match for match in map(COUNTS.match, self.output) if match]
        if told:
            passed, failed, skipped = map(int, told[-1].groups())
            return passed, failed if well else max(failed, 1), skipped
        skipped = well and self.status == SKIPPED
        passed = well and not skipped and not self.program.counts
        return int(passed), int(not passed and not skipped), int(skipped)

    def skips(self):
        """Returns the case and the reason of each skip, as the program printed them."""
        if self.program.caught_by:
            verdict = programs.judge_mutant(self.program, self.output)
            return [verdict.removeprefix("skipped ")] if verdict.startswith("skipped") else []
        if (self.ending, self.status) == ("exit", SKIPPED):
            return [next(filter(None, reversed(self.output)), "no reason given")]
        return [line.removeprefix("skipped: ") for line in self.output if line.startswith("skipped: ")]

    def _as_mutant(self):
        verdict = programs.judge_mutant(self.program, self.output)
        return int(verdict == "passed"), int(verdict == "failed"), int(verdict.startswith("skipped"))

    def says(self):
        passed, failed, skipped = self.counts()
        what = f"{passed} passed, {failed} failed, {skipped} skipped"
        if self.program.caught_by:
            what = "caught" if passed else "NOT CAUGHT" if failed else "cannot be shown here"
        elif self.ending != "exit" or self.status not in (0, SKIPPED):
            what += f", {self.ending} {self.status}"
        return f"{self.program.name}: {what}  {self.seconds:.1f} s"


@dataclasses.dataclass
class Run:
    """The report of a machine."""
    kernel: str = ""
    page: int = 0
    outcomes: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)  # of the machine: no boot, or a setup line that failed
    seconds: float = 0.0


def log_of(machine, lab):
    """Returns the file that keeps all output of a machine."""
    folder = lab / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{machine.name}.log"


class Session:
    """One run of a machine: reads the lines of the first program and of the programs that it starts. A context manager:
    `run` holds what was reported until its end."""

    def __init__(self, log, known, tell):
        self.run, self.known, self.tell = Run(), {program.name: program for program in known}, tell
        self.log, self.begin = log.open("w"), time.monotonic()
        self.current, self.last, self.late, self.done = None, "", False, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.close()
        self.run.seconds = time.monotonic() - self.begin
        if self.late:
            self.run.problems.append(f"cut off after {self.run.seconds:.0f} s")
        elif not self.done:
            self.run.problems.append(f"it died before it was done: {self.last}")

    def carry_out(self, command, environment, limit):
        """Runs a command for at most `limit` seconds; returns its exit status, or minus the signal that ended it."""
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        timer = threading.Timer(limit, self._cut_off, [process])
        timer.start()
        try:
            for line in process.stdout:
                self.line(COLOURS.sub("", line.decode(errors="replace")).rstrip("\r\n"))
            return process.wait()
        finally:
            process.kill()
            timer.cancel()

    def _cut_off(self, process):
        self.late = True
        process.kill()

    def line(self, text):
        print(text, file=self.log, flush=True)
        self.last = text or self.last
        if match := UP.search(text):
            self.run.kernel, self.run.page = match[1], int(match[3])
            self.tell(f"up after {match[4]} s: {match[1]}, pages of {match[3]} bytes")
        elif match := BEGIN.match(text):
            self.current = Outcome(self.known[match[1]])
            self.run.outcomes.append(self.current)
        elif self.current and (match := END.match(text)):
            outcome, self.current = self.current, None
            outcome.ending, outcome.status, outcome.seconds = match[2], int(match[3]), float(match[4])
            self.tell(outcome.says())
        elif text.startswith("lab: failed: "):
            self.run.problems.append(text.removeprefix("lab: failed: "))
        elif text == "lab: done":
            self.done = True
        elif self.current:
            self.current.output.append(text)
