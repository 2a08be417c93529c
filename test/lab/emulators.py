# SPDX-License-Identifier: BSL-1.0
"""QEMU: the installed one if it is new enough, else one that is fetched and run from the lab's folder."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

import packages
from folders import held

# Version 7.2, in Debian 12, mixes up the tags of neighbouring granules when it emulates a whole machine.
NEEDED = (10, 0)
SUITES = {  # by the version of Debian: the suite to fetch from, and the suites that it needs
    "12": ("bookworm-backports", "bookworm", "bookworm-security"),
    "13": ("trixie", "trixie-security"),
}
PACKAGES = ("qemu-system-arm", "qemu-system-x86", "qemu-system-ppc")


def version(program, environment=None):
    run = subprocess.run([program, "--version"], capture_output=True, text=True, env=environment)
    found = re.search(r"version (\d+)\.(\d+)", run.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclasses.dataclass(frozen=True)
class Emulator:
    """A QEMU program and the environment that it runs in."""
    command: tuple  # the program, and the options that locate its firmware
    environment: dict


def installed(name):
    path = shutil.which(name)
    return Emulator((path,), dict(os.environ)) if path and version(path) >= NEEDED else None


def unpacked(name, folder):
    """Returns an emulator in a folder, with the libraries that this machine lacks and the firmware beside it."""
    path = folder / "usr/bin" / name
    libraries = sorted({str(library.parent) for library in folder.rglob("lib*.so.*")})
    environment = os.environ | {"LD_LIBRARY_PATH": ":".join(libraries)}
    firmware = [word for part in ("qemu", "seabios", "slof") for word in ("-L", str(folder / "usr/share" / part))]
    if not path.exists() or version(path, environment) < NEEDED:
        return None
    return Emulator((str(path), *firmware), environment)


def others_installed(lab):
    """Returns this machine's list of installed packages, without older emulators: they need not be replaced."""
    entries = pathlib.Path("/var/lib/dpkg/status").read_text().split("\n\n")
    path = lab / "apt" / "installed"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(entry for entry in entries if not entry.startswith("Package: qemu")))
    return str(path)


def find(name, lab):
    """Returns the installed emulator if it is new enough, or else a fetched one; None if there is neither."""
    return installed(name) or unpacked(name, lab / "qemu")


def fetch(lab, say):
    """Fetches the emulators of all machines at once; raises Unavailable with the reason."""
    suites = SUITES.get(packages.debian())
    if not suites:
        raise packages.Unavailable(f"QEMU {NEEDED[0]} or later is not installed")
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
    state = packages.State(lab / "apt" / "emulators", suites, architecture, status=others_installed(lab))
    state.update(say)
    partial = lab / "qemu.partial"
    shutil.rmtree(partial, ignore_errors=True)
    for file in state.fetch(state.missing("-t", suites[0], *PACKAGES), partial, say):
        packages.unpack(file, partial)
        file.unlink()
    shutil.rmtree(lab / "qemu", ignore_errors=True)
    partial.rename(lab / "qemu")


def have(name, lab, say):
    """Makes sure that this emulator exists; raises Unavailable with the reason."""
    with held(lab / "emulators"):
        if not find(name, lab):
            fetch(lab, say)
    if not find(name, lab):
        raise packages.Unavailable(f"{name} of Debian's packages does not run here, and {NEEDED[0]} is needed")
