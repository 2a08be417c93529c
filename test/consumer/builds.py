# SPDX-License-Identifier: BSL-1.0
"""Builds and runs programs as users build them: with every compiler on the path, and with options of their own.

usage: builds.py KIND SOURCE_TREE SCRATCH

Kinds: warnings, undefined, memory, libcxx, shared, one_header, module. Exits with 77 if no compiler on the path supports the kind.
"""

import collections
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from folders import point_to  # noqa: E402

COMMON_WARNINGS = """-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wextra-semi
    -Wdouble-promotion -Wimplicit-fallthrough -Wcast-align -Wcast-qual -Wnull-dereference -Wundef -Wnon-virtual-dtor
    -Woverloaded-virtual -Wformat=2 -Wmissing-declarations -Wredundant-decls -Werror""".split()
OWN_WARNINGS = {
    "GCC": """-Wuseless-cast -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override
        -Wzero-as-null-pointer-constant -Wmismatched-tags -Wredundant-tags
        -Wimplicit-fallthrough=5""".split(),
    "Clang": """-Wcomma -Wctad-maybe-unsupported -Wshadow-all -Wunreachable-code-aggressive -Wextra-semi-stmt
        -Wheader-hygiene -Wmissing-variable-declarations -Wnewline-eof -Wshift-sign-overflow -Wunused-template
        -Wunused-member-function -Wno-unknown-warning-option""".split()}
OLDEST = {"GCC": 12, "Clang": 19}
OLDEST_WITH_MODULES = {"GCC": 15, "Clang": 19}
LANGUAGES = ("gnu++23", "c++26")
FOR_WINDOWS = "x86_64-w64-mingw32-g++-posix"
OTHER_TARGETS = ((FOR_WINDOWS, "all"), ("arm-none-eabi-g++ -mcpu=cortex-m7 -mthumb", "cortex_m"))
WANTED = [("GCC", 12, 12), ("GCC", 13, 14), ("GCC", 15, 99), ("Clang", 19, 99)]

Compiler = collections.namedtuple("Compiler", "family version command")
Skipped = collections.namedtuple("Skipped", "name reason")


class Failure(Exception):
    pass


def run(*command):
    got = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if got.returncode != 0:
        raise Failure(f"$ {' '.join(map(str, command))}\n{(got.stdout + got.stderr)[:6000]}\nexit code {got.returncode}")
    return got.stdout


def identity(command):
    """Returns family and version of a compiler, or None if it is too old or of another family."""
    given = subprocess.run([command, "-E", "-x", "c++", "-"], capture_output=True, text=True,
                           input="family __clang_major__ __GNUC__\n").stdout
    match = re.search(r"^family (\w+) (\d+)$", given, re.M)
    if match is None:
        return None
    family, version = ("Clang", int(match[1])) if match[1].isdigit() else ("GCC", int(match[2]))
    return (family, version) if version >= OLDEST[family] else None


def compilers():
    """Returns one compiler for each version on the path."""
    found = {}
    for stem in ("g++", "clang++"):
        for name in (stem, *(f"{stem}-{version}" for version in range(12, 31))):
            if shutil.which(name) and (key := identity(name)) is not None:
                found.setdefault(key, name)
    return [Compiler(*key, command) for key, command in sorted(found.items())]


class Builds:
    def __init__(self, tree, scratch):
        self.tree, self.scratch = tree, scratch
        self.roots = [f"-I{tree / root}" for root in ("include", "policies", "backends")]
        self.all = compilers()

    def clang(self):
        return [compiler for compiler in self.all if compiler.family == "Clang"]

    def can(self, compiler, *flags):
        """Whether a program built with these flags runs: a sanitizer and a library are packages of their own."""
        source, program = self.scratch / "trial.cpp", self.scratch / "trial"
        source.write_text("#include <expected>\nint main() { return std::expected<int, int>(0).value(); }\n")
        try:
            run(compiler.command, "-std=c++23", *flags, source, "-o", program)
            run(program)
            return True
        except Failure:
            return False

    def build(self, compiler, name, sources, flags, link_flags=()):
        """Returns the program made from these sources, which are compiled two at a time."""
        folder = self.scratch / re.sub(r"\W+", "_", f"{compiler.command} {name}")
        folder.mkdir(parents=True, exist_ok=True)
        objects = [folder / f"{source.stem}.o" for source in sources]
        command = [compiler.command, "-std=c++23", *self.roots, *flags]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: run(*command, "-c", pair[0], "-o", pair[1]), zip(sources, objects)))
        program = folder / "program"
        run(compiler.command, *flags, *objects, *link_flags, "-o", program)
        return program

    def live(self, compiler, name, *flags):
        run(self.build(compiler, name, [HERE / "builds/lifecycles.cpp", HERE / "builds/questions.cpp"], flags))

    def live_if_possible(self, compiler, name, *flags):
        title = f"{compiler.family} {compiler.version}, {name}"
        if not self.can(compiler, *flags):
            return title, Skipped(title, f"{compiler.command} {' '.join(flags)} builds no program here")
        return title, lambda: self.live(compiler, name, *flags)

    # Each kind yields titles, each with the function to call, or the reason to skip it.

    def warnings(self):
        for compiler in self.all:
            flags = COMMON_WARNINGS + OWN_WARNINGS[compiler.family]
            yield (f"{compiler.family} {compiler.version}, no warning",
                   lambda compiler=compiler, flags=flags: self.live(compiler, "warnings", "-O2", *flags))
        for family, first, last in WANTED:
            if not any(one.family == family and first <= one.version <= last for one in self.all):
                title = f"{family} {first}" + (f" to {last}" if last < 99 else " or newer") * (first != last)
                yield title, Skipped(title, "it is not on the path")

    def undefined(self):
        for compiler in self.all:
            yield self.live_if_possible(compiler, "UndefinedBehaviorSanitizer", "-O1", "-fsanitize=undefined",
                                        "-fno-sanitize-recover=all")
            if compiler.family == "GCC":
                yield self.live_if_possible(compiler, "no pointer taken for valid", "-O1",
                                            "-fno-delete-null-pointer-checks")

    def memory(self):
        for compiler in self.clang():
            yield self.live_if_possible(compiler, "MemorySanitizer", "-O1", "-fsanitize=memory",
                                        "-fno-sanitize-recover=all")

    def libcxx(self):
        for compiler in self.clang():
            yield self.live_if_possible(compiler, "libc++", "-O1", "-stdlib=libc++", *COMMON_WARNINGS,
                                        *OWN_WARNINGS["Clang"])

    def shared(self):
        for compiler in self.all:
            for hides in (["-fvisibility=hidden"], ["-fvisibility=hidden", "-fvisibility-inlines-hidden"]):
                yield (f"{compiler.family} {compiler.version}, a shared library and {' '.join(hides)}",
                       lambda compiler=compiler, hides=hides: self.share(compiler, hides))

    def share(self, compiler, hides):
        """Builds a library that a program is linked with, and one that a program loads."""
        library, program = ([HERE / f"shared/{name}.cpp"] for name in ("library", "program"))
        flags = ["-O1", *hides]
        made = self.build(compiler, "library", library, [*flags, "-fPIC"], ["-shared"])
        run(self.build(compiler, "linked", program, [*flags, "-DLINKED"], [made]), "shared")
        run(self.build(compiler, "loading", program, flags, ["-rdynamic", "-ldl"]), "shared", made)
        run(self.build(compiler, "loading", program, flags, ["-ldl"]), "separate", made)

    def joined(self, system, seed="0"):
        """Returns the folder of the library as one header, as a process whose sets have an order of their own makes it."""
        folder = self.scratch / f"{system}_{seed}"
        made = folder / "quire/quire.hpp"
        run("env", f"PYTHONHASHSEED={seed}", sys.executable, self.tree / "tools/one_file/single_header.py",
            "--for", system, "--output", made)
        return folder

    def one_header(self):
        yield "one header, the same each time and of nothing else", self.is_one_header
        for compiler in self.all:
            for language in LANGUAGES:
                title = f"{compiler.family} {compiler.version}, one header, {language}"
                if self.can(compiler, f"-std={language}"):
                    yield title, lambda compiler=compiler, language=language: self.use_header(compiler, language)
                else:
                    yield title, Skipped(title, "the compiler does not know the language")
        for command, system in OTHER_TARGETS:
            title = f"{command.split()[0]}, one header for {system}"
            if shutil.which(command.split()[0]):
                yield title, lambda command=command, system=system: self.read_header(command.split(), system)
            else:
                yield title, Skipped(title, "it is not on the path")
        if shutil.which(FOR_WINDOWS):
            yield "one header for Linux is refused on Windows", self.refuse_header

    def is_one_header(self):
        first, second = ((self.joined("all", seed) / "quire/quire.hpp").read_text() for seed in "12")
        if first != second:
            raise Failure("two runs made different headers")
        if first.count("#pragma once") != 1 or "#include <quire/" in first:
            raise Failure("it is more than one header")

    def use_header(self, compiler, language):
        program = self.scratch / f"{compiler.command}_{language}"
        run(compiler.command, f"-std={language}", *COMMON_WARNINGS, *OWN_WARNINGS[compiler.family],
            f"-I{self.joined('all')}", HERE / "program.cpp", "-o", program)
        run(program)

    def read_header(self, command, system):
        """Compiles it for another machine, without the headers of this one."""
        source = self.scratch / "other.cpp"
        source.write_text("#include <quire/quire.hpp>\n")
        run(*command, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{self.joined(system)}",
            f"-I{point_to(self.scratch / 'boost', ['boost'])}", source)

    def refuse_header(self):
        try:
            self.read_header([FOR_WINDOWS], "linux")
        except Failure as failure:
            if "this header is Quire for linux: make one for windows" in str(failure):
                return
            raise
        raise Failure("it is accepted")

    def module(self):
        for compiler in self.all:
            title = f"{compiler.family} {compiler.version}, the module"
            if compiler.version < OLDEST_WITH_MODULES[compiler.family]:
                yield title, Skipped(title, "its programs cannot import the module: see docs/consuming.md")
                continue
            for language in filter(lambda each: self.can(compiler, f"-std={each}"), LANGUAGES):
                yield f"{title}, {language}", lambda compiler=compiler, language=language: self.use_module(compiler, language)

    def use_module(self, compiler, language):
        folder = self.scratch / f"module_{compiler.command}_{language}"
        folder.mkdir()
        interface = self.tree / "modules/quire.cppm"
        command = [compiler.command, f"-std={language}", "-Wall", "-Wextra", "-Werror", *self.roots]
        if compiler.family == "Clang":
            run(*command, "--precompile", interface, "-o", folder / "quire.pcm")
            made, imports = folder / "quire.pcm", [f"-fmodule-file=quire={folder / 'quire.pcm'}"]
        else:
            imports = ["-fmodules", f"-fmodule-mapper={folder / 'modules.map'}"]
            (folder / "modules.map").write_text(f"quire {folder / 'quire.gcm'}\n")
            made = folder / "quire.o"
            run(*command, *imports, "-xc++", "-c", interface, "-o", made)
        run(*command, *imports, HERE / "builds/imports.cpp", made, "-o", folder / "program")
        run(folder / "program")


def main(kind, tree, scratch):
    scratch = pathlib.Path(scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    passed, failed, skipped = 0, 0, []
    for title, task in getattr(Builds(pathlib.Path(tree), scratch), kind)():
        if isinstance(task, Skipped):
            skipped.append(task)
            continue
        try:
            task()
            passed += 1
            print(f"passed: {title}", flush=True)
        except Failure as failure:
            failed += 1
            print(f"FAILED: {title}\n{failure}", flush=True)
    for each in skipped:
        print(f"skipped: {each.name}: {each.reason}")
    shutil.rmtree(scratch, ignore_errors=True)
    if passed + failed == 0:
        print("no compiler on the path can do this")
        return 77
    print(f"{passed + failed + len(skipped)} test cases: {passed} passed, {failed} failed, {len(skipped)} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
