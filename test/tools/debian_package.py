# SPDX-License-Identifier: BSL-1.0
"""Packages of Debian, fetched and unpacked into a folder, and not installed. A test that needs one is skipped, with the
reason, if it cannot be obtained.
"""

import pathlib
import re
import shutil
import subprocess
import tempfile

from python_package import skip

ALONE = ["--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"]


def output(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=200)
    return done.stdout if done.returncode == 0 else None


def is_installed(package):
    return "installed" in (output("dpkg-query", "--show", "--showformat=${db:Status-Status}", package) or "").split()


def source_of(package):
    """The name of the source package that a package was built from, perhaps with a version."""
    fields = dict(line.split(": ", 1) for line in (output("apt-cache", "show", "--no-all-versions", package) or "").splitlines()
                  if re.match(r"[A-Z][\w-]*: ", line))
    return fields.get("Source", package).partition(" ")[0]


def libraries_of(package):
    """The shared libraries that a package depends on."""
    for line in (output("apt-cache", "depends", *ALONE, package) or "").splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind == "Depends" and name.startswith("lib") and not name.endswith("-dev"):
            yield name


def unpacked(package, cache):
    """Returns the folder into which a package is unpacked, with the libraries that it needs and that are not installed, or
    were built from the same source: `cache`, which the caller holds (folders.py). What is there already stays."""
    folder, done = cache / package, cache / f"{package}.unpacked"
    if done.exists():
        return folder
    for tool in ("apt-get", "apt-cache", "dpkg-deb", "dpkg-query"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed")
    wanted, known = [package], {package}
    while wanted:
        name = wanted.pop()
        with tempfile.TemporaryDirectory() as partial:  # elsewhere the user _apt may not write
            if output("apt-get", "download", "--quiet", name, cwd=partial) is None:
                skip(f"Debian's package {name} cannot be had")
            for archive in pathlib.Path(partial).glob("*.deb"):
                subprocess.run(["dpkg-deb", "--extract", archive, folder], check=True)
        own = source_of(name)
        new = {each for each in libraries_of(name) if not is_installed(each) or source_of(each) == own} - known
        wanted += new
        known |= new
    done.touch()
    return folder
