#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds test programs for a heap, and runs them with the heap itself, which is fetched into CACHE once. If it cannot be
obtained, the test is skipped with the reason.

usage: on_libraries.py jemalloc|memkind|mimalloc|umf CACHE PROGRAM.cpp… LIBRARY… -- CC… -- CXX FLAG…

LIBRARY: the programs' entry and support
"""
import concurrent.futures
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
sys.path.insert(0, str(TEST / "tools"))

import rust_crate  # noqa: E402
from debian_package import unpacked  # noqa: E402
from folders import held  # noqa: E402
from library_program import catch2, groups, run  # noqa: E402
from python_package import fetch, skip  # noqa: E402

CRATE, VERSION = "libmimalloc-sys", "0.1.49"  # carries mimalloc 2.3.2 and 3.3.2
CRATE_CONTENT = "6a45a52f43e1c16f667ccfe4dd8c85b7f7c204fd5e3bf46c5b0db9a5c3c0b8e9"
UMF = "umf==1.2.0"
UMF_CONTENT = {"x86_64": "238d186fdd9e9c0fe1489da95b19b0b79045fe26c4aa98bd0a022a2a3603c195"}
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror")


@dataclasses.dataclass
class Program:
    """A source, the folder of the heap's headers, and the heaps that it is linked with and run: each a shared library,
    or C source to compile."""
    source: str
    headers: pathlib.Path
    heaps: list
    folders: list = dataclasses.field(default_factory=list)  # of libraries that the heap needs


def library(folder, pattern):
    return next(folder.glob(f"usr/lib/*/{pattern}"), None) or skip(f"Debian's package has no {pattern}")


def of_debian(package, pattern, source):
    def programs(cache):
        folder = unpacked(package, cache)
        return [Program(source, folder / "usr/include", [library(folder, pattern)])]
    return programs


def mimalloc(cache):
    debian = unpacked("libmimalloc-dev", cache)
    crate = rust_crate.fetch(CRATE, VERSION, CRATE_CONTENT, cache) / "c_src/mimalloc"
    older = crate / "v2/src/static.c"  # the same interface
    return [Program("mimalloc_program.cpp", debian / "usr/include", [library(debian, "libmimalloc.so.2*"), older]),
            Program("mimalloc_elastic_program.cpp", crate / "v3/include", [crate / "v3/src/static.c"])]


def umf(cache):
    needed = [library(unpacked("libhwloc15", cache), "libhwloc.so.15"),
              library(unpacked("libtbbmalloc2", cache), "libtbbmalloc.so.2")]
    wheel = fetch(UMF, UMF_CONTENT, cache)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(cache / "umf")
    data = next((cache / "umf").glob("umf-*.data")) / "data"
    return [Program("umf_program.cpp", data / "include", [data / "lib/libumf.so.1"], [each.parent for each in needed])]


HEAPS = {
    "jemalloc": of_debian("libjemalloc-dev", "libjemalloc.so.2", "jemalloc_program.cpp"),
    "memkind": of_debian("libmemkind-dev", "libmemkind.so.0", "memkind_program.cpp"),
    "mimalloc": mimalloc,
    "umf": umf,
}


def linkable(heap, cc, folder):
    """Returns what a program is linked with: the shared library, or the object of the C source."""
    if heap.suffix != ".c":
        return heap
    made = folder / f"{heap.parent.parent.name}.o"
    run(*cc, "-w", f"-I{heap.parent.parent / 'include'}", "-c", heap, "-o", made)
    return made


def build(program, source, entry, cc, cxx, folder):
    """Returns the built programs, one for each heap, with the heap."""
    compiled = folder / (program.source + ".o")
    run(*cxx, *WARNINGS, "-I", TEST, "-isystem", program.headers, "-c", source, "-o", compiled)
    for heap in program.heaps:
        made = folder / f"{program.source}.{program.heaps.index(heap)}"
        # Libraries that the heap itself needs may lie where the linker does not look.
        run(*cxx, compiled, linkable(heap, cc, folder), *entry, *catch2(), "-lpthread", "-Wl,--allow-shlib-undefined", "-o",
            made)
        yield made, [heap.parent, *program.folders]


def main(name, cache, *words):
    given, cc, cxx = groups(words)
    sources = {pathlib.Path(word).name: word for word in given if word.endswith(".cpp")}
    entry = [word for word in given if word not in sources.values()]
    with held(pathlib.Path(cache).resolve()) as held_cache, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        programs = HEAPS[name](held_cache)
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
            built = list(workers.map(
                lambda each: list(build(each, sources[each.source], entry, cc, cxx, folder)), programs))
        failed = False
        for made, folders in (each for several in built for each in several):
            environment = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders))}
            failed |= subprocess.run([made], env=environment).returncode != 0
        sys.exit(failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
