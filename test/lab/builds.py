"""Builds what the machines run: one Meson build folder for each processor, set up by a file in test/lab/cross."""

import os
import re
import shutil
import subprocess

from packages import Unavailable


def build(tree, name, programs, say):
    """The folder with the programs in it. Unavailable if its compiler is missing; a build that fails ends the run."""
    folder, description = tree / "build" / name, tree / "test/lab/cross" / f"{name}.ini"
    compiler = re.search("triple = '(.*)'", description.read_text())[1] + "-g++"
    if not shutil.which(compiler):
        raise Unavailable(f"{compiler} is not installed")
    if not (folder / "build.ninja").exists():
        say(f"build/{name}: {description.relative_to(tree)}")
        files = [f"--cross-file={path}" for path in (description.with_name("linux.ini"), description)]
        subprocess.run(["meson", "setup", str(folder), *files], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    say(f"build/{name}: {', '.join(program.name for program in programs)}")
    command = ["ninja", "-C", str(folder), *(program.path for program in programs)]
    run = subprocess.run(command, env=os.environ | {"NINJA_STATUS": ""}, capture_output=True, text=True)
    if run.returncode:
        say(run.stdout + run.stderr)
        raise SystemExit(f"build/{name} failed")
    return folder
