# SPDX-License-Identifier: BSL-1.0
"""Compiles and links for macOS on both processors, with Zig's compiler and the Darwin headers and stubs that it ships:
every header that belongs to no other system, and a program of Catch2 cases that includes the conformance suite. Nothing
is run. Exits with 77, with the reason in the last line, if the compiler cannot be obtained.

Symbols of the C++ library are assumed to exist, since building that library takes minutes. Every other symbol must be
exported by libSystem.

usage: for_macos.py FOLDER TREE COMPILER_FLAG...
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

import declarations  # noqa: E402
from folders import held, point_to  # noqa: E402
from macos_sources import SOURCES, UNIT_TESTS  # noqa: E402
from python_package import fetch  # noqa: E402

PACKAGE = "ziglang==0.14.1"
CONTENT = {
    "x86_64": "6eb9d4d759b292c83810dbee2e9e8e3fbfbf01d864e6e9811bae711fd74e1c2f",
    "aarch64": "7994b27f3cbfcedea43f9b7552e38b45857bdf0e9a45065474092dd74e7048cf",
}
TARGETS = ("aarch64-macos", "x86_64-macos")
ROOTS = ("include", "policies", "backends")
OTHER_SYSTEMS = (
    "quire/calls/linux", "quire/calls/numa", "quire/calls/qnx", "quire/calls/tock", "quire/calls/windows.hpp",
    "quire/detect/numa", "quire/mte_thread_scope", "quire/platform/linux", "quire/platform/qnx", "quire/platform/tock",
    "quire/platform/windows", "quire/pressure_monitor")
NOT_DECLARED = ("quire/engine/asmjit.hpp", "quire/engine/jitlink.hpp")  # their libraries are installed or fetched
# These are not from Darwin; a folder of their own keeps the C library of this machine out.
FOREIGN_HEADERS = ("boost", "catch2", "wasm-rt.h")
# Mangled names of libc++ and its run-time support. Names from quire and Catch2 are excluded: those must be defined.
CXX_LIBRARY = re.compile(r"_(_Z(N?K?St|T[VTIS]|n[wa]|d[la])|__cxa_|__gxx_personality_v0)(?!.*(5quire|5Catch))")


def unpack(wheel, cache):
    """Unpacks the compiler from its package, unless that was done before."""
    compiler = cache / "ziglang/zig"
    if not (cache / "unpacked").exists():
        shutil.rmtree(cache / "ziglang", ignore_errors=True)  # an interrupted run may have unpacked only a part
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(cache)
        compiler.chmod(0o755)
        (cache / "unpacked").touch()
    return compiler


def write_includes(source, names):
    source.write_text("".join(f"#include <{name}>\n" for name in names), encoding="utf-8")
    return source


def headers(tree, alone):
    skipped = (*OTHER_SYSTEMS, *NOT_DECLARED)
    if not (alone / "wasm-rt.h").exists():
        skipped += ("quire/engine/",)
    found = (str(path.relative_to(tree / root)) for root in ROOTS for path in (tree / root).glob("quire/**/*.hpp"))
    return sorted(name for name in found if not name.startswith(skipped))


class Build:
    def __init__(self, zig, target, folder, tree, flags):
        self.folder = folder / target
        self.folder.mkdir(exist_ok=True)
        self.alone = point_to(self.folder / "alone", FOREIGN_HEADERS)
        self.target, self.tree = target, tree
        self.compile = [zig, "c++", "-target", target, "-O0", "-g0", "-fno-sanitize=undefined", *flags,
                        f"-I{tree / 'test'}", *(f"-I{folder}" for folder in declarations.folders(tree)),
                        "-isystem", self.alone]
        self.link = [zig, "build-exe", "-target", target, "-lc", "-fno-compiler-rt", "-fno-ubsan-rt"]
        self.environment = dict(os.environ, ZIG_GLOBAL_CACHE_DIR=str(folder / "cache"))

    def run(self, *command):
        return subprocess.run([*map(str, command)], cwd=self.folder, env=self.environment, capture_output=True,
                              text=True, timeout=500, check=False)

    def object_of(self, source, *flags):
        made = self.folder / f"{source.parent.name}_{source.stem}.o"
        done = self.run(*self.compile, *flags, "-c", source, "-o", made)
        if done.returncode != 0 or done.stderr:
            raise SystemExit(f"{self.target}: {source}:\n{done.stderr}")
        return made

    def headers_alone(self):
        source = write_includes(self.folder / "every_header.cpp", headers(self.tree, self.alone))
        self.object_of(source, "-fno-exceptions", "-fno-rtti")

    def objects(self):
        units = write_includes(self.folder / "unit_tests.cpp", UNIT_TESTS)
        return [self.object_of(source) for source in (units, *(self.tree / "test" / each for each in SOURCES))]

    def program(self, objects):
        """Links twice: the first run reports the symbols that the C++ library has to provide."""
        wanted = re.findall(r"undefined symbol: (\S+)", self.run(*self.link, *objects).stderr)
        symbols = ", ".join(f"'{name}'" for name in wanted if CXX_LIBRARY.match(name))
        targets = "[ arm64-macos, x86_64-macos ]"
        (self.folder / "libcxx_names.tbd").write_text(
            f"--- !tapi-tbd\ntbd-version: 4\ntargets: {targets}\ninstall-name: '/usr/lib/libc++.1.dylib'\n"
            f"exports:\n  - targets: {targets}\n    symbols: [ {symbols} ]\n...\n", encoding="utf-8")
        done = self.run(*self.link, *objects, f"-L{self.folder}", "-lcxx_names", "-femit-bin=program")
        if done.returncode != 0:
            raise SystemExit(f"{self.target}: linking:\n{done.stderr}")
        return self.folder / "program"


def linked(zig, target, folder, tree, flags):
    build = Build(zig, target, folder, tree, flags)
    build.headers_alone()
    program = build.program(build.objects())
    return f"{target}: {len(headers(tree, build.alone))} headers compile; a program of {program.stat().st_size} bytes links"


def main(folder, tree, *flags):
    folder, tree = pathlib.Path(folder).resolve(), pathlib.Path(tree).resolve()
    with held(folder), concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        zig = unpack(fetch(PACKAGE, CONTENT, folder), folder)
        for told in workers.map(lambda target: linked(zig, target, folder, tree, flags), TARGETS):
            print(told)


if __name__ == "__main__":
    main(*sys.argv[1:])
