# SPDX-License-Identifier: BSL-1.0
"""Prints where Wasmtime's library with the C API lies. It comes in a Python package of known content, which is fetched
into CACHE once. If it cannot be had, the last line is the reason, and the status is not 0.

usage: fetch_wasmtime.py CACHE
"""

import pathlib
import shutil
import sys
import tempfile
import zipfile

from folders import held
from python_package import fetch

PACKAGE = "wasmtime==50.0.1"
CONTENT = {
    "x86_64": "cc14c3a17654e0394e0225b11813532ef0cd7bd1e222a0c5494cdedaabeddac4",
    "aarch64": "675484e525c028dc02762b777f1db4477ea70caa3fec6775426daff4d64edfb1",
}
LIBRARY = "_libwasmtime.so"


def unpack(wheel, cache):
    """Unpacks the library, unless that was done before. It gets its name last, as a run may be interrupted."""
    library = wheel.with_suffix(".so")
    if not library.exists():
        with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory(dir=cache) as partial:
            inside = next(name for name in archive.namelist() if name.endswith("/" + LIBRARY))
            shutil.move(archive.extract(inside, partial), library)
    return library


def library(cache):
    """Returns the path of the library."""
    with held(pathlib.Path(cache).resolve()) as folder:
        return unpack(fetch(PACKAGE, CONTENT, folder), folder)


if __name__ == "__main__":
    print(library(*sys.argv[1:]))
