# SPDX-License-Identifier: BSL-1.0
"""Prints where the library of the Unified Memory Framework lies. It comes in a Python package of known
content, which is fetched into CACHE once. If it cannot be had, the last line is the reason, and the status is not 0.

usage: fetch_umf.py TEST_FOLDER CACHE
"""

import pathlib
import sys
import zipfile


def main(test_folder, cache):
    sys.path[:0] = [str(pathlib.Path(test_folder) / "support/heaps"), str(pathlib.Path(test_folder) / "tools")]
    from folders import held
    from on_libraries import UMF, UMF_CONTENT
    from python_package import fetch
    with held(pathlib.Path(cache).resolve()) as folder:
        wheel = fetch(UMF, UMF_CONTENT, folder)
        library = wheel.with_suffix(".so")  # with its release in its name
        if not library.exists():
            with zipfile.ZipFile(wheel) as archive:
                inside = next(name for name in archive.namelist() if name.endswith("/lib/libumf.so.1"))
                partial = library.with_suffix(".partial")
                partial.write_bytes(archive.read(inside))
                partial.rename(library)
    print(library)


if __name__ == "__main__":
    main(*sys.argv[1:])
