# SPDX-License-Identifier: BSL-1.0
"""Builds what the machines run: one Meson build folder for each processor, set up by a file in test/lab/cross."""

import os
import pathlib
import platform
import re
import shutil
import subprocess

from packages import Unavailable

DESCRIPTIONS = pathlib.Path(__file__).with_name("cross")
HEADERS_OF_CATCH2 = pathlib.Path("/usr/include/catch2/catch.hpp")  # of version 2, which is nothing but headers
FIRST_PROGRAM = pathlib.Path(__file__).with_name("init.cpp")


def description_of(name):
    return DESCRIPTIONS / f"{name}.ini"


def compiler_of(name):
    """Returns the compiler's command; raises Unavailable if it is missing."""
    compiler = re.search("triple = '(.*)'", description_of(name).read_text())[1] + "-g++"
    if not shutil.which(compiler):
        raise Unavailable(f"{compiler} is not installed")
    if not compiler.startswith(platform.machine()) and not HEADERS_OF_CATCH2.exists():
        raise Unavailable("Catch2 3 is a library for this machine's processor only, and Catch2 2 is not installed")
    return compiler


def first_program(name, lab):
    """Returns the program that runs first in a guest, compiled anew if its source has changed."""
    program = lab / "init" / name
    if program.exists() and program.stat().st_mtime > FIRST_PROGRAM.stat().st_mtime:
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    flags = ["-std=c++20", "-O1", "-static", "-s", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler_of(name), *flags, str(FIRST_PROGRAM), "-o", str(program)], check=True)
    return program


def libraries_of(program):
    """Returns the paths of the libraries that a dynamically linked program needs. The lab's own programs are static."""
    run = subprocess.run(["ldd", str(program)], capture_output=True, text=True)
    return re.findall(r"(/\S+) \(0x", run.stdout)


def build(tree, name, programs, say):
    """Builds programs in their folder; a failing build ends the run."""
    folder, description = tree / "build" / name, description_of(name)
    if not (folder / "build.ninja").exists():
        say(f"build/{name}: {description.relative_to(tree)}")
        files = [f"--cross-file={path}" for path in (description.with_name("linux.ini"), description)]
        subprocess.run(["meson", "setup", str(folder), *files], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    say(f"build/{name}: {', '.join(program.name for program in programs)}")
    command = ["ninja", "-C", str(folder), *sorted({program.path for program in programs})]
    run = subprocess.run(command, env=os.environ | {"NINJA_STATUS": ""}, capture_output=True, text=True)
    if run.returncode:
        say(run.stdout + run.stderr)
        raise SystemExit(f"build/{name} failed")
