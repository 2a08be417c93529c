# SPDX-License-Identifier: BSL-1.0
"""Files of packages for JavaScript, each of known content."""

import shutil

from pinned_package import Unavailable, obtain


def fetch_tarball(package, content, cache):
    """Returns the package's file in the folder `cache`, which the caller holds (folders.py), and fetches it if it is
    missing, from the registry that npm is configured for. `content`: its SHA-256. It raises Unavailable."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable(f"{package} cannot be had: npm is not installed")
    return obtain(package, content, cache, "*.tgz", lambda folder: [
        npm, "pack", "--loglevel=error", "--no-update-notifier", "--fetch-retries=1", "--fetch-timeout=15000",
        f"--cache={folder}/npm", f"--pack-destination={folder}", package], reason=0)
