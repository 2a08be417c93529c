# SPDX-License-Identifier: BSL-1.0
"""A package from a registry: one file of known content, fetched once."""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile


class Unavailable(Exception):
    """The reason why a package cannot be had."""


def obtain(package, content, cache, pattern, command, reason=-1):
    """Returns the package's file in the folder `cache`, which the caller holds (folders.py), and fetches it if it is
    missing. `content`: its SHA-256; `command(folder)`: what downloads it, as a file like `pattern`, into a folder;
    `reason`: the number of the line in its errors that says why it failed."""

    def here():
        return next((file for file in cache.glob(pattern)
                     if hashlib.sha256(file.read_bytes()).hexdigest() == content), None)

    if here() is None:
        with tempfile.TemporaryDirectory(dir=cache) as partial:
            try:
                done = subprocess.run(command(partial), capture_output=True, text=True, timeout=200)
            except subprocess.TimeoutExpired:
                raise Unavailable(f"{package} cannot be had in time") from None
            if done.returncode != 0:
                lines = done.stderr.strip().splitlines() or ["no reason is given"]
                raise Unavailable(f"{package} cannot be had: {lines[reason]}")
            for file in pathlib.Path(partial).glob(pattern):
                shutil.move(file, cache / file.name)
    return here() or sys.exit(f"{package} is not the file that was expected; it is not used")
