# SPDX-License-Identifier: BSL-1.0
"""Measures the processor time of programs in V8 on a region_allocator, beside V8's own allocator, in turns: own, Quire's,
own. Prints a line for each kind of pages, as benchmarks/script_answer.hpp reads it.

usage: v8.py CACHE TEST_FOLDER --compiler CXX FLAG… --pairs N
"""

import pathlib
import sys
import tempfile

from in_turns import compare, cpu_seconds

KINDS = {"plain": "regions", "guarded": "regions with guards"}


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
            fields = compare(lambda pages: cpu_seconds(program, kind if pages == "quire" else pages, *scripts,
                                                       environment=environment), pairs)
            print("V8", name, *fields, sep="\t", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
