#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs programs in JavaScript and instances of WebAssembly in V8, on its own pages and on Quire's: what they print is the
same. V8 is that of Debian's package of Node.js, and the programs are those of an npm package; both are fetched into CACHE
once. If one cannot be obtained, the test is skipped with the reason.

usage: on_library.py CACHE -- CXX FLAG…
"""
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
sys.path.insert(0, str(TEST / "tools"))

from debian_package import unpacked  # noqa: E402
from folders import held  # noqa: E402
from npm_package import fetch_tarball  # noqa: E402
from pinned_package import Unavailable  # noqa: E402
from library_program import groups, run  # noqa: E402
from python_package import skip  # noqa: E402

PROGRAMS = "benchmark-octane@1.0.1"
CONTENT = "1252d656c019076d05aa02d35d440530837914175b3c2fd5a351e0cac2c2df35"
# An emulator interprets machine code, a compiler parses its own source, and so on; `splay` works the collector.
SUITES = """base richards raytrace earley-boyer splay pdfjs gbemu-part1 gbemu-part2 code-load typescript typescript-input
    typescript-compiler""".split()
PAGES = ("own", "plain", "guarded", "huge", "partition")


def programs(cache, folder):
    """Returns the scripts that are run, in their order."""
    try:
        package = fetch_tarball(PROGRAMS, CONTENT, cache)
    except Unavailable as why:
        skip(why)
    with tarfile.open(package) as archive:
        archive.extractall(folder, [each for each in archive if each.name.endswith(".js")])
    octane = next(pathlib.Path(folder).rglob("base.js")).parent
    return [*(octane / f"{name}.js" for name in SUITES), HERE / "octane.js", HERE / "instances.js"]


def program(v8, cxx, folder):
    """Builds the program, and returns it with the environment that it runs in."""
    library = next(v8.glob("usr/lib/*/libnode.so.*"), None) or skip("Debian's package has no libnode")
    made = pathlib.Path(folder) / "program"
    # Libraries of libnode itself may lie beside it, where the linker does not look.
    run(*cxx, "-O1", "-isystem", v8 / "usr/include/node", HERE / "v8_program.cpp", library,
        "-Wl,--allow-shlib-undefined", "-o", made)
    return made, {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}


def main(*words):
    (cache,), cxx = groups(words)
    with held(pathlib.Path(cache).resolve()) as held_cache, tempfile.TemporaryDirectory() as folder:
        made, environment = program(unpacked("libnode-dev", held_cache), cxx, folder)
        scripts = programs(held_cache, folder)
        outputs = {}
        for pages in PAGES:
            done = subprocess.run([made, pages, *scripts], env=environment, capture_output=True, text=True, timeout=200)
            if done.returncode != 0:
                sys.exit(f"on {pages} pages: status {done.returncode}\n{done.stdout}{done.stderr}")
            outputs[pages] = done.stdout
            print(f"{pages:10} {done.stderr.strip()}")
    print(outputs["own"])
    different = [pages for pages in PAGES if outputs[pages] != outputs["own"]]
    right = outputs["own"].count(": right") == 9 and "200 instances, 1000 traps, sum 220100" in outputs["own"]
    if different or not right:
        sys.exit(f"not as on its own pages: {different}" if different else "a program's result is wrong")


if __name__ == "__main__":
    main(*sys.argv[1:])
