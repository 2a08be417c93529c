"""What each machine came to in its last run, kept as a file a machine for the table to be made of; and beside it what its
programs told by the Test Anything Protocol, for other tools."""

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


def save(lab, runs):
    """What a run did not include stays as it was."""
    (lab / "results").mkdir(parents=True, exist_ok=True)
    before = read(lab)
    for name, run in runs.items():
        now, old = summary_of(run), before.get(name, {"counts": {}, "cases": {}, "mutants": {}})
        for part in ("counts", "mutants"):
            now[part] = old[part] | now[part]
        now["cases"] = old["cases"] | now["cases"]
        for outcome in run.outcomes:
            if told := programs.protocol(outcome.output):
                folder = lab / "results" / name
                folder.mkdir(exist_ok=True)
                (folder / f"{outcome.program.name}.tap").write_text("\n".join(told) + "\n")
        (lab / "results" / f"{name}.json").write_text(json.dumps(now, indent=1))


def read(lab):
    return {path.stem: json.loads(path.read_text()) for path in sorted((lab / "results").glob("*.json"))}
