# SPDX-License-Identifier: BSL-1.0
"""Measures the processor time of threads that use a store of values, on general heaps: with the heap's own pages, with
Quire's, and with its own again. Prints a line for each heap and each kind of pages, as benchmarks/script_answer.hpp reads
it. If a heap cannot be obtained: the heap, the kind, 0, and the reason.

usage: heaps.py CACHE TEST_FOLDER --compiler CXX FLAG… --pairs N
"""

import contextlib
import io
import os
import pathlib
import sys
import tempfile

from in_turns import compare, cpu_seconds

HERE = pathlib.Path(__file__).resolve().parent
KINDS = {"plain": "pages", "huge": "huge pages"}
# As the tests' script knows it: the heap, the number of its program, and of the heap that this one is linked with.
MEASURED = {"jemalloc 5.3.0": ("jemalloc", 0, 0), "mimalloc 2.0.9": ("mimalloc", 0, 0), "mimalloc 3.3.2": ("mimalloc", 1, 0),
            "memkind 1.14.0": ("memkind", 0, 0), "UMF 1.2.0": ("umf", 0, 0)}


def build(heap, number, which, cache, compiler, folder):
    """Returns the program, and the environment that it runs in."""
    import on_libraries
    from library_program import run
    there = on_libraries.HEAPS[heap](cache)[number]
    library, made = there.heaps[which], folder / "program"
    run(*compiler, "-O2", "-isystem", there.headers, HERE / "heaps" / f"{heap}.cpp",
        on_libraries.linkable(library, ["cc", "-O2", "-DNDEBUG"], folder), "-lpthread", "-Wl,--allow-shlib-undefined", "-o",
        made)
    folders = os.pathsep.join(map(str, [library.parent, *there.folders]))
    return made, {**os.environ, "LD_LIBRARY_PATH": folders}


def measure(name, place, cache, compiler, pairs):
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with contextlib.redirect_stdout(said):
                program, environment = build(*place, cache, compiler, pathlib.Path(folder))
        except SystemExit:
            print(name, "Quire's pages", "0", said.getvalue().strip() or "it cannot be had", sep="\t", flush=True)
            return
        for kind, pages in KINDS.items():
            fields = compare(lambda whose: cpu_seconds(program, kind if whose == "quire" else "own",
                                                       environment=environment), pairs)
            print(name, f"{name} on Quire's {pages}", *fields, sep="\t", flush=True)


def main(cache, test_folder, *words):
    cut = words.index("--pairs")
    compiler, pairs = words[1:cut], int(words[cut + 1])
    sys.path[:0] = [str(pathlib.Path(test_folder) / "support/heaps"), str(pathlib.Path(test_folder) / "tools")]
    from folders import held
    os.sched_setaffinity(0, range(os.cpu_count()))  # the threads may use all processors again
    with held(pathlib.Path(cache).resolve()) as folder:
        for name, place in MEASURED.items():
            measure(name, place, folder, compiler, pairs)


if __name__ == "__main__":
    main(*sys.argv[1:])
