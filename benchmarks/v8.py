"""Measures the processor time of programs in V8 on a region_allocator, beside V8's own allocator, in turns: own, Quire's,
own. Prints a line of tab-separated fields for each kind of pages: V8, the kind, pairs, then 10 %, median and 90 % of:
seconds on Quire's, seconds on its own, their ratio, and the ratio of the two on its own. If V8 or the programs cannot be
obtained: V8, the kind, 0, and the reason.

usage: v8.py CACHE TEST_FOLDER --compiler CXX FLAG… --pairs N
"""

import os
import pathlib
import subprocess
import sys
import tempfile

KINDS = {"plain": "regions", "guarded": "regions with guards"}


def cpu_seconds(program, pages, scripts, environment):
    child = subprocess.Popen([program, pages, *scripts], env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"V8 on {pages} pages: status {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def spread(samples):
    ordered = sorted(samples)
    return [f"{ordered[round(share * (len(ordered) - 1))]:.6f}" for share in (0.1, 0.5, 0.9)]


def compare(run, pairs):
    """Returns the fields that follow the names. Every other turn runs backwards."""
    times = {"own": [], "quire": [], "again": []}
    for turn in range(pairs):
        order = ["own", "quire", "again"]
        for kind in order if turn % 2 == 0 else order[::-1]:
            times[kind].append(run("own" if kind == "again" else kind))
    ratios = [a / b for a, b in zip(times["quire"], times["own"])]
    control = [a / b for a, b in zip(times["again"], times["own"])]
    return [str(pairs), *spread(times["quire"]), *spread(times["own"]), *spread(ratios), *spread(control)]


def main(cache, test_folder, *words):
    cut = words.index("--pairs")
    compiler, pairs = words[1:cut], int(words[cut + 1])
    sys.path[:0] = [str(pathlib.Path(test_folder) / "support/v8"), str(pathlib.Path(test_folder) / "tools")]
    import on_library
    from debian_package import unpacked
    from folders import held
    with held(pathlib.Path(cache).resolve()) as folder, tempfile.TemporaryDirectory() as work:
        program, environment = on_library.program(unpacked("libnode-dev", folder), compiler, work)
        scripts = on_library.programs(folder, work)
        for kind, name in KINDS.items():
            fields = compare(lambda pages: cpu_seconds(program, kind if pages == "quire" else pages, scripts, environment),
                             pairs)
            print("V8", name, *fields, sep="\t", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
