# SPDX-License-Identifier: BSL-1.0
"""A disk that a guest can swap to, made without mkswap: the kernel reads all that it needs from the first page."""

import struct

PAGE = 4096  # page size of the guest's kernel
MAGIC = b"SWAPSPACE2"


def write_swap(path, size):
    """Writes a sparse file: the header begins after 1024 bytes for a boot loader, and the magic ends the first page."""
    header = struct.pack("<III", 1, size // PAGE - 1, 0)  # version, last page, number of bad pages
    first = bytes(1024) + header
    with path.open("wb") as file:
        file.write(first + bytes(PAGE - len(first) - len(MAGIC)) + MAGIC)
        file.truncate(size)
