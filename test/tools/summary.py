"""Adds up the runs of several build folders: one line for each suite, every skip with its reason, every failure with
what its program said last, and the total.

usage: summary.py BUILD_FOLDER...
"""

import collections
import json
import pathlib
import re
import sys

COUNTS = re.compile(r"\d+ test cases: (\d+) passed, (\d+) failed, (\d+) skipped$")
Outcome = collections.namedtuple("Outcome", "suite passed failed notes skipped", defaults=[[], 0])


def outcome(test):
    """Returns the result of a Meson test: the cases that it counted, or one case that passed, failed or was skipped."""
    suites, _, name = test["name"].partition(":")[2].partition(" / ")
    suite = suites.partition("+")[0]  # its first
    lines = test.get("stdout", "").strip().splitlines() or [""]
    if test["result"] == "SKIP":
        return Outcome(suite, 0, 0, [f"skipped: {name}: {lines[-1]}"], 1)
    good = test["result"] == "OK"
    counts = COUNTS.match(lines[-1])
    passed, failed, skipped = map(int, counts.groups()) if counts else (int(good), 0, 0)
    if not good:
        failed = max(failed, 1)  # it may have died before or after it counted
    reasons = [line for line in lines if counts and line.startswith("skipped: ")]
    return Outcome(suite, passed, failed, reasons + [f"FAILED: {name}: {why(test, lines)}"] * (not good), skipped)


def why(test, lines):
    """Returns the failed cases of a program that names them, or the last lines of its output."""
    cases = [line.removeprefix("failed: ") for line in lines if line.startswith("failed: ")]
    if cases and COUNTS.match(lines[-1]):
        return " | ".join(cases)
    return " | ".join([test["result"], *cases, *lines[-3:], *test.get("stderr", "").strip().splitlines()[-3:]])


def outcomes(folder):
    """Yields the tests of a build folder, after the build itself, in which static and compile-alone tests fail."""
    reason, log = folder / "not-here", folder / "meson-logs/testlog.json"
    if reason.exists():
        return [Outcome("build", 0, 0, [f"skipped: {reason.read_text().strip()}"], 1)]
    if not log.exists():
        return [Outcome("build", 0, 1, ["FAILED: build"])]
    return [Outcome("build", 1, 0), *(outcome(json.loads(line)) for line in log.read_text().splitlines())]


def main(folders):
    print(f"\n{'configuration':15}{'suite':15}{'passed':>8}{'failed':>8}{'skipped':>8}")
    total, notes = collections.Counter(), []
    for folder in map(pathlib.Path, folders):
        suites = collections.defaultdict(collections.Counter)
        for one in outcomes(folder):
            suites[one.suite].update(passed=one.passed, failed=one.failed, skipped=one.skipped)
            notes += [f"{folder.name}, {one.suite}: {note}" for note in one.notes]
        for suite, count in suites.items():
            print(f"{folder.name:15}{suite:15}{count['passed']:8}{count['failed']:8}{count['skipped']:8}")
            total.update(count)
    print(*sorted(notes, key=lambda note: "FAILED: " in note), sep="\n")  # what failed is read first, at the end
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return total["failed"] > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
