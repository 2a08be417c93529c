"""One run of one machine: starts it, follows what it tells, and ends it in time."""

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
    """What one program came to. Without counts of its own it is one case, and so is a mutant."""
    program: programs.Program
    ending: str = "cut off"
    status: int = -1
    seconds: float = 0.0
    output: list = dataclasses.field(default_factory=list)

    def counts(self):
        """passed, failed, skipped. A program that dies has failed, whatever it counted before."""
        if self.program.caught_by:
            return self._as_mutant()
        well = self.ending == "exit" and self.status in (0, SKIPPED)
        told = [match for match in map(COUNTS.match, self.output) if match]
        if told:
            passed, failed, skipped = map(int, told[-1].groups())
            return passed, failed if well else max(failed, 1), skipped
        return int(well and self.status == 0), int(not well), int(well and self.status == SKIPPED)

    def skips(self):
        """The case and the reason of each skip, as the program says them."""
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
    """What a machine told."""
    kernel: str = ""
    page: int = 0
    outcomes: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)  # of the machine: no boot, a setup line that failed
    seconds: float = 0.0


class Follower:
    """Reads the serial line of a guest: what belongs to a program, and what the first program says of it."""

    def __init__(self, run, known, tell):
        self.run, self.known, self.tell = run, {program.name: program for program in known}, tell
        self.current, self.done = None, False

    def line(self, text):
        if match := UP.search(text):
            self.run.kernel, self.run.page = match[1], int(match[3])
            self.tell(f"booted {match[1]} in {match[4]} s, pages of {match[3]} bytes")
        elif match := BEGIN.match(text):
            self.current = Outcome(self.known[match[1]])
            self.run.outcomes.append(self.current)
        elif match := END.match(text):
            outcome, self.current = self.current, None
            outcome.ending, outcome.status, outcome.seconds = match[2], int(match[3]), float(match[4])
            self.tell(outcome.says())
        elif text.startswith("lab: failed: "):
            self.run.problems.append(text.removeprefix("lab: failed: "))
        elif text == "lab: done":
            self.done = True
        elif self.current:
            self.current.output.append(text)


def boot(command, environment, log, limit, known, tell):
    """Runs the emulator for at most `limit` seconds. Its standard output is the guest's serial line, and goes to `log`."""
    run, begin, last = Run(), time.monotonic(), ""
    follower = Follower(run, known, tell)
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    late = threading.Timer(limit, process.kill)
    late.start()
    try:
        with log.open("wb") as file:
            for line in process.stdout:
                file.write(line)
                file.flush()
                text = COLOURS.sub("", line.decode(errors="replace")).rstrip("\r\n")
                follower.line(text)
                last = text or last
        process.wait()
    finally:
        process.kill()
        late.cancel()
    run.seconds = time.monotonic() - begin
    if not follower.done:
        cut = run.seconds >= limit
        run.problems.append(f"cut off after {limit} s" if cut else f"it died before it was done: {last}")
    return run
