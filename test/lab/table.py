# SPDX-License-Identifier: BSL-1.0
"""docs/lab-results.md: what the library can do on which machine, generated from results and never written by hand."""

from machines import MACHINES
from programs import PROGRAMS, without_instance
from user_mode import UserModeMachine

HEAD = """# What ran where

Made by `./dev lab --table` from the last run of each machine; not written by hand. **passed** is a test
that ran there; *refused* means that the machine lacks the thing and the library said so with the error in the note; –
means that the case has no meaning there, for the reason in the note; an empty cell was not run. [What the lab is](lab.md).
"""


class Notes:
    """Reasons, each with a number."""

    def __init__(self):
        self.known = {}

    def mark(self, text):
        return f"<sup>{self.known.setdefault(text, len(self.known) + 1)}</sup>"

    def lines(self):
        return [f"{number}. {text}" for text, number in self.known.items()]


def cell(verdicts, notes):
    """Returns one case on one machine. Over several types a failure prevails, then a refusal, then a pass."""
    if not verdicts:
        return ""
    if "failed" in verdicts:
        return "**FAILED**"
    refused = [verdict for verdict in verdicts if verdict.startswith("refused ")]
    if refused:
        return "*refused*" + notes.mark(refused[0].removeprefix("refused "))
    if "passed" in verdicts:
        return "passed"
    return "–" + notes.mark(verdicts[0].removeprefix("skipped "))


def row(name, cells):
    return f"| {name} | " + " | ".join(cells) + " |"


def capability_rows(found, notes):
    names = {without_instance(case): None for result in found.values() for case in result["cases"]}
    for name in names:
        yield row(name, [cell([verdict for case, verdict in result["cases"].items() if without_instance(case) == name],
                              notes) for result in found.values()])


def mutant_rows(found, notes):
    for program in PROGRAMS:
        if program.caught_by:
            verdicts = [result["mutants"].get(program.name) for result in found.values()]
            told = [cell([verdict], notes).replace("passed", "caught") if verdict else "" for verdict in verdicts]
            yield row(program.name.removeprefix("mutant_").replace("_", " "), told)


def program_rows(found):
    for program in PROGRAMS:
        if not program.caught_by:
            counts = [result["counts"].get(program.name) for result in found.values()]
            yield row(f"`{program.name}`", ["/".join(map(str, count)) if count else "" for count in counts])


def section(title, says, found, rows):
    return [f"\n## {title}\n", says, "", row("", found), "|---" * (len(found) + 1) + "|", *rows]


def kernel_of(machine, result):
    """Returns the kernel; for a machine that has none of its own, only the version of the host's kernel."""
    if not isinstance(machine, UserModeMachine) or "." not in result["kernel"]:
        return result["kernel"]
    return "the host's: " + ".".join(result["kernel"].split(".")[:2])


def write(path, results):
    found = {machine.name: results[machine.name] for machine in MACHINES if machine.name in results}
    notes = Notes()
    lines = [HEAD, "| machine | kernel | page | what it has |", "|---|---|---|---|"]
    for machine in MACHINES:
        result = results.get(machine.name, {"kernel": "not run", "page": 0, "problems": []})
        page = f"{result['page'] // 1024} KiB" if result["page"] else ""
        lines.append(f"| {machine.name} | {kernel_of(machine, result)} | {page} | "
                     + "; ".join([machine.says, *(f"**{problem}**" for problem in result["problems"])]) + " |")
    lines += section("Capabilities", "", found, capability_rows(found, notes))
    lines += section("Deliberate faults", "Programs with a fault built in, which these tests have to notice.", found,
                     mutant_rows(found, notes))
    lines += section("Test programs", "Cases passed/failed/skipped.", found, program_rows(found))
    lines += ["\n## Notes\n", *notes.lines(), ""]
    path.write_text("\n".join(lines))
