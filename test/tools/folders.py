"""Folders that outlive a process, and that two may want at once."""

import contextlib
import fcntl
import pathlib

SYSTEM = pathlib.Path("/usr/include")


@contextlib.contextmanager
def held(folder):
    """The folder, made if need be, for this process alone: another that wants it waits until it is let go, or until this
    process has ended in whatever way."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(folder.name + ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def point_to(folder, names):
    """Fills a folder with symbolic links to the names of /usr/include that are there: what serves every machine, without
    the headers of this one's C library. In a folder that is held, or one's own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        there, link = SYSTEM / name, folder / name
        if there.exists() and not link.exists():
            link.symlink_to(there)
    return folder
