# SPDX-License-Identifier: BSL-1.0
"""The results of each machine in its last run, kept in a file for each machine, from which the table is made; and
beside it the Test Anything Protocol output of its programs, for other tools."""

import json

import programs


def summary_of(run):
    counts, cases, mutants = {}, {}, {}
    for outcome in run.outcomes:
        name = outcome.program.name
        counts[name] = outcome.counts()
        if outcome.program.caught_by:
            mutants[name] = programs.judge_mutant(outcome.program, outcome.output)
        else:
            cases.update(programs.capabilities(outcome.program, outcome.output))
    return {"kernel": run.kernel, "page": run.page, "seconds": round(run.seconds), "problems": run.problems,
            "counts": counts, "cases": cases, "mutants": mutants}


def save_protocols(lab, name, run):
    """Saves the protocol output of each program of one machine."""
    folder = lab / "results" / name
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in run.outcomes:
        if told := programs.protocol(outcome.output):
            (folder / f"{outcome.program.name}.tap").write_text("\n".join(told) + "\n")


def save(lab, name, run):
    """Replaces the former results of one machine, including those of programs that this run did not reach."""
    (lab / "results" / f"{name}.json").write_text(json.dumps(summary_of(run), indent=1))


def read(lab):
    return {path.stem: json.loads(path.read_text()) for path in sorted((lab / "results").glob("*.json"))}
