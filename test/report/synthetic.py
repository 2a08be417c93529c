# SPDX-License-Identifier: BSL-1.0
"""Runs that were never measured, as the JSON of quire-bench has them."""

import random


def samples_of(values):
    """The distribution of values, as benchmarks/statistics.hpp has it."""
    ordered = sorted(values)

    def at(share):
        return ordered[int(share * (len(ordered) - 1) + 0.5)]
    return {"n": len(ordered), "median": at(0.5), "p10": at(0.1), "p90": at(0.9), "min": ordered[0], "p25": at(0.25),
            "p75": at(0.75), "max": ordered[-1], "quantiles": [at((i + 0.5) / 20) for i in range(20)], "bimodal": False}


def spread(middle, deviation=0.02, count=200, seed=0):
    """Samples around a value."""
    source = random.Random(f"{middle} {seed}")
    return samples_of([middle * source.gauss(1, deviation) for _ in range(count)])


def row(name, time=None, side="quire", **more):
    """`time` is a distribution, or a number that samples lie around."""
    made = {"name": name, "side": side}
    if time is not None:
        made["time"] = time if isinstance(time, dict) else spread(time)
    return {**made, **more}


def table(table_id, *rows, **more):
    return {"id": table_id, "title": table_id, "rows": list(rows), **more}


def question(name, *tables, limits=()):
    return {"name": name, "seconds": 1.5, "headings": [{"question": f"What does {name} cost?", "how": "In turns."}],
            "limits": list(limits), "tables": list(tables)}


def run(*questions, **more):
    machine = {"processor": "A processor", "cores": "2 online, 2 usable", "memory": "1000 MiB, 900 MiB available",
               "kernel": "Linux 6", "page size": "4096 bytes", "compiler": "gcc 12"}
    return {"schema": 2, "begun": "2026-01-02T03:04Z", "quick": False, "machine": machine, "seconds": 9.5,
            "verdicts": {"met": 1, "not_met": 0, "too_noisy": 0}, "peers": [], "left_out": [], "warnings": [],
            "questions": list(questions), **more}
