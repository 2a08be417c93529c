# SPDX-License-Identifier: BSL-1.0
"""Sources that come as a Rust crate of known content. A test that needs one is skipped, with the reason, if it cannot be
obtained. Cargo fetches it; nothing is built.
"""

import json
import pathlib
import shutil
import subprocess
import sys

from python_package import skip

MANIFEST = """[package]
name = "fetched"
version = "0.0.0"
edition = "2021"
[dependencies]
{crate} = "={version}"
"""


def fetch(crate, version, content, cache):
    """Returns the folder of the crate's files. `cache` is a folder that the caller holds (folders.py); `content` is the
    SHA-256 of the crate, with which Cargo compares what it fetches."""
    project = cache / crate
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "src/lib.rs").touch()
    (project / "Cargo.toml").write_text(MANIFEST.format(crate=crate, version=version))
    cargo = shutil.which("cargo") or skip("cargo is not installed")
    try:
        told = subprocess.run([cargo, "metadata", "--format-version=1", "--quiet"], cwd=project, capture_output=True,
                              text=True, timeout=200)
    except subprocess.TimeoutExpired:
        skip(f"{crate} cannot be had in time")
    if told.returncode != 0:
        skip(f"{crate} cannot be had: " + (told.stderr.strip().splitlines() or ["cargo says nothing"])[-1])
    if content not in (project / "Cargo.lock").read_text():
        sys.exit(f"{crate} is not the one that was expected; it is not used")
    package = next(each for each in json.loads(told.stdout)["packages"] if each["name"] == crate)
    return pathlib.Path(package["manifest_path"]).parent
