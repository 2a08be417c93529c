# SPDX-License-Identifier: BSL-1.0
"""The archive that a kernel unpacks as its first root: cpio's format "newc", written without cpio and without root."""

import os

DIRECTORY, FILE, CHARACTER_DEVICE = 0o040755, 0o100755, 0o020600
CONSOLE = (5, 1)  # major and minor number of the device; without it the first program has no output


def padded(data):
    return data + bytes(-len(data) % 4)


def entry(number, name, mode, data=b"", device=(0, 0)):
    """Returns one member: thirteen fields of eight hexadecimal digits, the name and the data, padded to four bytes."""
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return padded(header + name.encode() + b"\0") + padded(data)


def folders_of(names):
    """Returns every folder above the names, outer ones first."""
    found = {}
    for name in names:
        parts = name.split("/")[:-1]
        found.update((("/".join(parts[:n + 1]), None) for n in range(len(parts))))
    return list(found)


def write(path, files):
    """Writes the archive. `files` maps each path in the guest, without the leading slash, to its contents as bytes."""
    members = [(name, DIRECTORY, b"", (0, 0)) for name in folders_of([*files, "dev/console"])]
    members.append(("dev/console", CHARACTER_DEVICE, b"", CONSOLE))
    members += [(name, FILE, data, (0, 0)) for name, data in files.items()]
    members.append(("TRAILER!!!", 0, b"", (0, 0)))
    partial = path.with_suffix(".partial")
    with partial.open("wb") as out:
        for number, member in enumerate(members, 1):
            out.write(entry(number, *member))
    os.replace(partial, path)
