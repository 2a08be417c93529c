# SPDX-License-Identifier: BSL-1.0
"""shellcheck reports nothing about the shell scripts. Exits with 77 if it is missing.

usage: shell.py TREE
"""

import re
import shutil
import subprocess
import sys

from tree import tree_argument

SHELLCHECK = "shellcheck"
FOLDERS = (".ci", "test", "benchmarks", "examples", "tools")
INTERPRETER = re.compile(rb"#!.*\b(ba|da)?sh\b")
SUFFIXES = {".sh", ".bash"}  # of parts, which no interpreter starts with


def scripts(tree):
    files = [path for folder in FOLDERS for path in sorted((tree / folder).rglob("*"))] + sorted(tree.iterdir())
    return [path for path in files if path.is_file() and
            (path.suffix in SUFFIXES or INTERPRETER.match(path.read_bytes().partition(b"\n")[0]))]


def main(tree):
    if not shutil.which(SHELLCHECK):
        print(f"{SHELLCHECK} is not installed")
        return 77
    found = scripts(tree)
    run = subprocess.run([SHELLCHECK, "--external-sources", *found], cwd=tree, capture_output=True, text=True)
    print(run.stdout + run.stderr or f"{len(found)} scripts")
    return 1 if run.returncode or not found else 0


if __name__ == "__main__":
    sys.exit(main(tree_argument()))
