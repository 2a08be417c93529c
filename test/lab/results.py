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


def save_protocols(lab, name, run):
    folder = lab / "results" / name
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in run.outcomes:
        if told := programs.protocol(outcome.output):
            (folder / f"{outcome.program.name}.tap").write_text("\n".join(told) + "\n")


def save(lab, name, run):
    """Of one machine; what its run did not include stays as it was."""
    kept = lab / "results" / f"{name}.json"
    now, old = summary_of(run), json.loads(kept.read_text()) if kept.exists() else {}
    for part in ("counts", "cases", "mutants"):
        now[part] = old.get(part, {}) | now[part]
    kept.write_text(json.dumps(now, indent=1))


def read(lab):
    return {path.stem: json.loads(path.read_text()) for path in sorted((lab / "results").glob("*.json"))}
