# SPDX-License-Identifier: BSL-1.0
"""Every C++ file is as clang-format leaves it; --fix leaves it so. Exits 77 where this clang-format is missing.

usage: format.py [--fix] TREE
"""

import pathlib
import shutil
import subprocess
import sys

CLANG_FORMAT = "clang-format-19"  # other versions format some code differently
FOLDERS = ("include", "policies", "backends", "test", "benchmarks", "examples", "tools")
SUFFIXES = {".hpp", ".cpp", ".h", ".c"}


def sources(tree):
    return [path for folder in FOLDERS for path in sorted((tree / folder).rglob("*")) if path.suffix in SUFFIXES]


def clang_format(tree, *options):
    return subprocess.run([CLANG_FORMAT, *options, *sources(tree)], cwd=tree, capture_output=True, text=True)


def main(tree, fix):
    if not shutil.which(CLANG_FORMAT):
        print(f"{CLANG_FORMAT} is not installed")
        return 77
    run = clang_format(tree, "-i") if fix else clang_format(tree, "--dry-run", "--Werror")
    print(run.stderr or f"{len(sources(tree))} files formatted")
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[-1]).resolve(), "--fix" in sys.argv))
