# SPDX-License-Identifier: BSL-1.0
"""Goes the way that docs/consuming.md shows for Conan, with a Conan of known content, which is fetched into the folder
once. If it cannot be obtained, the test is skipped with the reason.

usage: on_conan.py TREE FOLDER -- COMPILER
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

import as_shown  # noqa: E402
from folders import held  # noqa: E402
from python_package import skip  # noqa: E402

WANTED = HERE / "conan.txt"


def installed(folder):
    """Returns the folder with Conan's packages, which is whole as soon as the list is in it."""
    packages = folder / "packages"
    done = packages / WANTED.name
    if done.exists() and done.read_bytes() == WANTED.read_bytes():
        return packages
    shutil.rmtree(packages, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries=1", "--timeout=15"]
    try:
        got = subprocess.run([*pip, "install", "--no-deps", "--only-binary=:all:", "--require-hashes", "--target", packages,
                              "--requirement", WANTED], capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        skip("Conan cannot be had in time")
    if got.returncode != 0:
        if "DO NOT MATCH THE HASHES" in got.stderr:
            sys.exit(f"a package of Conan is not the file that was expected; it is not used\n{got.stderr}")
        skip(f"Conan cannot be had: {(got.stderr.strip().splitlines() or ['no reason is given'])[-1]}")
    shutil.copy(WANTED, done)
    return packages


def main(tree, folder, compiler):
    with held(pathlib.Path(folder).resolve()) as cache:
        packages = installed(cache)
        commands = cache / "bin"
        commands.mkdir(exist_ok=True)
        command = commands / "conan"
        words = shlex.join(["env", f"PYTHONPATH={packages}", sys.executable, str(packages / "bin/conan")])
        command.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        os.environ["PATH"] = f"{commands}:{os.environ['PATH']}"
        return as_shown.main([tree, str(cache / "scratch"), "docs/consuming.md", "--only", "Conan", "--", *compiler])


if __name__ == "__main__":
    cut = sys.argv.index("--")
    sys.exit(main(*sys.argv[1:cut], sys.argv[cut + 1:]))
