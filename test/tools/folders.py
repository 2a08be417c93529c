# SPDX-License-Identifier: BSL-1.0
"""Folders that outlive a process, and that two processes may want at once."""

import contextlib
import fcntl
import pathlib

SYSTEM = pathlib.Path("/usr/include")


@contextlib.contextmanager
def held(folder):
    """Yields the folder, made if necessary, to this process alone: another process that wants it waits until it is
    released, or until this process has ended in whatever way."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(folder.name + ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def point_to(folder, names):
    """Fills a folder with symbolic links to those of the names that /usr/include has: headers that suit every machine,
    without those of this machine's C library. The folder must be held, or private."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        there, link = SYSTEM / name, folder / name
        if there.exists() and not link.exists():
            link.symlink_to(there)
    return folder
