# SPDX-License-Identifier: BSL-1.0
"""What scripts share that measure programs in turns: on their own memory, on Quire's, and on their own again."""

import os
import subprocess


def cpu_seconds(*command, environment=None):
    child = subprocess.Popen([*map(str, command)], env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command}: status {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def spread(samples):
    ordered = sorted(samples)
    return [f"{ordered[round(share * (len(ordered) - 1))]:.6f}" for share in (0.1, 0.5, 0.9)]


def compare(run, pairs):
    """`run("own")` and `run("quire")` return seconds. Returns the fields that benchmarks/script_answer.hpp reads behind
    the names. Every other turn runs backwards."""
    times = {"own": [], "quire": [], "again": []}
    for turn in range(pairs):
        order = ["own", "quire", "again"]
        for kind in order if turn % 2 == 0 else order[::-1]:
            times[kind].append(run("own" if kind == "again" else kind))
    ratios = [a / b for a, b in zip(times["quire"], times["own"])]
    control = [a / b for a, b in zip(times["again"], times["own"])]
    return [str(pairs), *spread(times["quire"]), *spread(times["own"]), *spread(ratios), *spread(control)]
