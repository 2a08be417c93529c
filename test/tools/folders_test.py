# SPDX-License-Identifier: BSL-1.0
"""Several processes that want one folder get it one after the other, and its files are complete.

usage: folders_test.py
"""

import hashlib
import multiprocessing
import os
import pathlib
import platform
import sys
import tempfile

import folders
import python_package

PROCESSES, TURNS = 8, 25
NAMES = [f"header_{n}" for n in range(50)]
CONTENT = b"a wheel" * 100_000

# Stands in for pip: writes the file in two halves, with a pause between them.
PIP = """
import pathlib, sys, time
with open(pathlib.Path(sys.argv[sys.argv.index("--dest") + 1]) / "wanted.whl", "wb") as file:
    file.write(b"a wheel" * 50_000)
    file.flush()
    time.sleep(0.2)
    file.write(b"a wheel" * 50_000)
"""


def takes_turns(folder):
    for _ in range(TURNS):
        with folders.held(folder) as alone:
            (alone / "in use").mkdir()  # fails if another process is there
            (alone / "in use").rmdir()


def links(folder):
    with folders.held(folder) as alone:
        folders.point_to(alone, NAMES)


def fetches(folder):
    digest = {platform.machine(): hashlib.sha256(CONTENT).hexdigest()}
    with folders.held(folder) as cache:
        assert python_package.fetch("wanted", digest, cache).read_bytes() == CONTENT


def all_at_once(body, folder):
    """Whether the body succeeds in each of several processes."""
    running = [multiprocessing.Process(target=body, args=(folder / body.__name__,)) for _ in range(PROCESSES)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    return all(process.exitcode == 0 for process in running)


def one_that_dies_lets_go(folder):
    def hold():
        with folders.held(folder / "dead"):
            os._exit(0)
    process = multiprocessing.Process(target=hold)
    process.start()
    process.join()
    with folders.held(folder / "dead") as alone:
        return alone.is_dir()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "pip").mkdir()
        (folder / "pip/__init__.py").touch()
        (folder / "pip/__main__.py").write_text(PIP)
        (folder / "system").mkdir()
        for header in NAMES:
            (folder / "system" / header).touch()
        folders.SYSTEM = folder / "system"
        os.environ["PYTHONPATH"] = name
        found = {body.__name__: all_at_once(body, folder) for body in (takes_turns, links, fetches)}
        found["links"] = found["links"] and len(list((folder / "links").iterdir())) == len(NAMES)
        found["one that dies lets go"] = one_that_dies_lets_go(folder)
    failed = [what for what, good in found.items() if not good]
    print(*(f"failed: {what}" for what in failed), sep="\n")
    print(f"{len(found)} test cases: {len(found) - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    sys.exit(main())
