# SPDX-License-Identifier: BSL-1.0
"""Adds up the runs of several build folders: one line for each suite with the seconds that its tests took, one after
the other, every skip with its reason, every failure with what its program said last, and the total.

usage: summary.py BUILD_FOLDER...
"""

import collections
import json
import pathlib
import re
import sys

COUNTS = re.compile(r"\d+ test cases: (\d+) passed, (\d+) failed, (\d+) skipped$")
Outcome = collections.namedtuple("Outcome", "suite passed failed notes skipped seconds", defaults=[[], 0, 0])


def outcome(test):
    """Returns the result of a Meson test: the cases that it counted, or one case that passed, failed or was skipped."""
    suites, _, name = test["name"].partition(":")[2].partition(" / ")
    suite = suites.partition("+")[0]  # its first
    lines = test.get("stdout", "").strip().splitlines() or [""]
    if test["result"] == "SKIP":
        return Outcome(suite, 0, 0, [f"skipped: {name}: {lines[-1]}"], 1, test.get("duration", 0))
    good = test["result"] == "OK"
    counts = COUNTS.match(lines[-1])
    passed, failed, skipped = map(int, counts.groups()) if counts else (int(good), 0, 0)
    if not good:
        failed = max(failed, 1)  # it may have died before or after it counted
    reasons = [line for line in lines if counts and line.startswith("skipped: ")]
    failure = [f"FAILED: {name}: {why(test, lines)}"] * (not good)
    return Outcome(suite, passed, failed, reasons + failure, skipped, test.get("duration", 0))


def why(test, lines):
    """Returns the failed cases of a program that names them, or the last lines of its output."""
    cases = [line.removeprefix("failed: ") for line in lines if line.startswith("failed: ")]
    if cases and COUNTS.match(lines[-1]):
        return " | ".join(cases)
    return " | ".join([test["result"], *cases, *lines[-3:], *test.get("stderr", "").strip().splitlines()[-3:]])


def complaints(file):
    """Returns the errors that kept a build folder from its tests, as far as it noted them."""
    lines = [line for line in file.read_text(errors="replace").splitlines() if line.strip()] if file.exists() else []
    first = next((i for i, line in enumerate(lines) if re.search(r"\berror:", line, re.IGNORECASE)), -3)
    return "".join(f" | {line}" for line in lines[first:][:3])


def outcomes(folder):
    """Yields the tests of a build folder, after the build itself, in which static and compile-alone tests fail."""
    reason, log, built_in = folder / "not-here", folder / "meson-logs/testlog.json", folder / "build-seconds"
    if reason.exists():
        return [Outcome("build", 0, 0, [f"skipped: {reason.read_text().strip()}"], 1)]
    if not log.exists():
        return [Outcome("build", 0, 1, ["FAILED: build" + complaints(folder / "complaints")])]
    seconds = int(built_in.read_text()) if built_in.exists() else 0
    return [Outcome("build", 1, 0, seconds=seconds), *(outcome(json.loads(line)) for line in log.read_text().splitlines())]


def main(folders):
    lines, total, notes = [], collections.Counter(), []
    for folder in map(pathlib.Path, folders):
        suites = collections.defaultdict(collections.Counter)
        for one in outcomes(folder):
            suites[one.suite].update(passed=one.passed, failed=one.failed, skipped=one.skipped, seconds=one.seconds)
            notes += [f"{folder.name}, {one.suite}: {note}" for note in one.notes]
        for suite, count in suites.items():
            total.update(count)
            figures = f"{count['passed']:8}{count['failed']:8}{count['skipped']:8}{count['seconds']:9.0f}"
            lines.append(f"{folder.name:15}{suite:15}{figures}")
    # What failed is read first, at the end.
    print("", *(note for note in notes if "FAILED: " not in note), sep="\n")
    print(f"\n{'configuration':15}{'suite':15}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}", *lines, sep="\n")
    print(*(note for note in notes if "FAILED: " in note), sep="\n")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return total["failed"] > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
