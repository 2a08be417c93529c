# SPDX-License-Identifier: BSL-1.0
"""Builds and runs a user's program in each way that a document shows, by its lines as they are.

usage: as_shown.py SOURCE_TREE SCRATCH DOCUMENT... [--only HEADING | --choosing] [-- COMPILER]

A heading of a document begins a way. In a folder of its own, with the tree as `quire`, its source archive and
`program.cpp`, a block that begins with a comment which is the name of a file becomes that file, and a block of `sh` is
run; the program must tell what it does. What the shell names as g++ is g++; where CMake or Meson chooses, it chooses
COMPILER, and --choosing goes only such ways. A way is skipped, with the reason, where a command of it is not installed
or is too old.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent.parent / "tools/one_file")]

from folders import held  # noqa: E402
from library import version  # noqa: E402

TOLD = "one page, then two, then none"
HEADING = re.compile(r"^#{2,3} (.+)$", re.M)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
NAMED = re.compile(r"(?:#|//) (\S+)\n")
COMMANDS = ("clang++-19", "cmake", "conan", "g++", "meson", "ninja", "pkg-config", "vcpkg")
CHOOSE = {"CMakeLists.txt", "meson.build"}  # a compiler
LEFT_OUT = {"build", ".git", "__pycache__"}

Way = collections.namedtuple("Way", "title files script")


class Skipped(Exception):
    """Why a way cannot be gone here."""


class Failed(Exception):
    """What went wrong."""


def ways(text):
    """Yields the ways of a document."""
    parts = HEADING.split(text)
    for title, body in zip(parts[1::2], parts[2::2]):
        files, script = {}, ""
        for language, block in BLOCK.findall(body):
            if language == "sh":
                script += block
            elif name := NAMED.match(block):
                files[name[1]] = block
        if script:
            yield Way(title, files, script)


def need(way):
    """Raises Skipped if a command of the way is missing, or is older than its files ask for."""
    for command in COMMANDS:
        if re.search(rf"(^|[\s(&=]){re.escape(command)}(\s|$)", way.script, re.M | re.I) and not shutil.which(command):
            raise Skipped(f"{command} is not installed")
    for text in way.files.values():
        if asked := re.search(r"cmake_minimum_required\(VERSION (\d+)\.(\d+)\)", text):
            told = subprocess.run(["cmake", "--version"], capture_output=True, text=True, check=True).stdout
            found = re.search(r"(\d+)\.(\d+)", told)
            if tuple(map(int, found.groups())) < tuple(map(int, asked.groups())):
                raise Skipped(f"it needs CMake {'.'.join(asked.groups())}, and this is {found[0]}")


def go(way, sources, folder, environment):
    """Raises Skipped or Failed."""
    need(way)
    folder.mkdir()
    for source in sources:
        (folder / source.name).symlink_to(source)
    for name, text in way.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run(["sh", "-e", "-c", way.script], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0 or TOLD not in done.stdout.splitlines():
        raise Failed(f"{way.script}{done.stdout[-6000:]}\nexit code {done.returncode}; '{TOLD}' is expected in the output")


def copied(tree, folder):
    """Returns what each way finds in its folder: the tree, its source archive, and the program."""
    copy = folder / "quire"
    shutil.copytree(tree, copy, symlinks=True, ignore=lambda _, names: LEFT_OUT & set(names))
    name = f"quire-{version(tree)}"
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(copy, name)
    return copy, folder / f"{name}.tar.gz", HERE / "program.cpp"


def all_ways(tree, given):
    for document in given.documents:
        for way in ways((tree / document).read_text(encoding="utf-8")):
            if given.only in (None, way.title) and not (given.choosing and CHOOSE.isdisjoint(way.files)):
                yield document, way


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("documents", nargs="+")
    parser.add_argument("--only")
    parser.add_argument("--choosing", action="store_true")
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    given, compiler = parser.parse_args(arguments[:cut]), arguments[cut + 1:]
    if compiler and not shutil.which(compiler[0]):
        print(f"{compiler[0]} is not installed")
        return 77
    tree = given.tree.resolve()
    environment = os.environ | {"CXX": " ".join(compiler)} if compiler else dict(os.environ)
    environment["CONAN_HOME"] = str(given.scratch.resolve() / "conan")

    def outcome(number, document, way):
        try:
            go(way, sources, scratch / str(number), environment)
        except Skipped as why:
            return "skipped", f"skipped: {document}: {way.title}: {why}"
        except Failed as why:
            return "failed", f"FAILED: {document}: {way.title}\n{why}"
        return "passed", f"passed: {document}: {way.title}"

    with held(given.scratch.resolve()) as scratch:
        shutil.rmtree(scratch)
        scratch.mkdir()
        (scratch / "sources").mkdir()
        sources = copied(tree, scratch / "sources")
        found = list(all_ways(tree, given))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda each: outcome(each[0], *each[1]), enumerate(found)))
        shutil.rmtree(scratch)
    count = collections.Counter(kind for kind, _ in outcomes)
    for _, told in outcomes:
        print(told)
    if not found:
        print("no way is shown")
        return 1
    print(f"{len(found)} test cases: {count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    if count["skipped"] == len(found):
        return 77
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
