# SPDX-License-Identifier: BSL-1.0
"""Debian packages without root: a private apt state, the machine's own mirror, and no installation.

A package is fetched by its name into the cache of the state and unpacked from there. Every download is announced with
its size. Index files, packages and unpacked files stay in the lab's folder, so a second run fetches nothing.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import urllib.parse

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
URI = re.compile(r"'(\S+)' (\S+) (\d+)")
HOW_TO_REACH = re.compile(r"Acquire::(https?|ftp|Retries|Check-|Queue-)\S* \S")  # proxies and similar settings


class Unavailable(Exception):
    """The lab needs something that cannot be obtained here; the text is the reason."""


def debian(root=pathlib.Path("/")):
    """Returns the version of the Debian in a folder, such as 12; "" for another system, or an unreleased Debian."""
    try:
        words = dict(line.split("=", 1) for line in (root / "etc/os-release").read_text().splitlines() if "=" in line)
    except FileNotFoundError:
        return ""
    return words.get("VERSION_ID", "").strip('"') if words.get("ID") == "debian" else ""


def machine_mirrors():
    """Returns the archives that this machine is set up to use: the main one, and that of security updates."""
    words = []
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.exists():
            lines = path.read_text().splitlines()
            words += [word for line in lines if not line.startswith("#") for word in line.split()]
    addresses = [word.rstrip("/") for word in words if re.match(r"(https?|ftp|file|mirror)\S*:/", word)]
    main = [address for address in addresses if address.endswith("/debian")]
    security = [address for address in addresses if address.endswith("/debian-security")]
    if not main:
        raise Unavailable("no Debian mirror is set up on this machine")
    return main[0], (security or [main[0] + "-security"])[0]


@dataclasses.dataclass(frozen=True)
class State:
    """A private apt state for some suites of one architecture, in a folder of its own."""
    folder: pathlib.Path
    suites: tuple  # such as "trixie", "trixie-security", "trixie-backports"
    architecture: str
    status: str = "/dev/null"  # installed packages; the machine's own list, for programs that run on the machine itself

    def apt(self, *arguments, folder=None):
        """Returns the output of an apt command; raises Unavailable with the last line of its error output. Downloads
        go to the folder."""
        self._prepare()
        environment = os.environ | {"APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"}
        run = subprocess.run(arguments, cwd=folder or self.folder, env=environment, capture_output=True, text=True)
        if run.returncode:
            complaint = (run.stderr.strip() or run.stdout.strip() or "no reason given").splitlines()[-1]
            raise Unavailable(f"{' '.join(arguments[:2])} for {', '.join(self.suites)} {self.architecture}: {complaint}")
        return run.stdout

    def update(self, say):
        say(f"package lists of {', '.join(self.suites)}, {self.architecture}")
        self.apt("apt-get", "update", "-q")
        size = sum(path.stat().st_size for path in (self.folder / "lists").glob("*") if path.is_file())
        if size == 0:
            raise Unavailable(f"no package lists of {self.suites[0]} can be had from the mirror")
        say(f"  {size / 1e6:.1f} MB of lists")

    def depends(self, package):
        """Returns the names that a package depends on, in its own order."""
        text = self.apt("apt-cache", "depends", package)
        return [line.split()[-1] for line in text.splitlines() if line.strip().startswith("Depends:")]

    def missing(self, *packages):
        """Returns what an installation of the packages would fetch, as name=version."""
        text = self.apt("apt-get", "install", "-q", "-y", "--no-install-recommends", "--print-uris", *packages)
        parts = [name.split("_") for _, name, _ in URI.findall(text)]
        return [f"{name}={urllib.parse.unquote(version)}" for name, version, *_ in parts]

    def fetch(self, wanted, folder, say):
        """Downloads the packages from the mirror into a folder. `wanted`: name, or name=version."""
        folder.mkdir(parents=True, exist_ok=True)
        for _, name, size in URI.findall(self.apt("apt-get", "download", "-q", "--print-uris", *wanted)):
            say(f"  {name}, {int(size) / 1e6:.1f} MB")
        self.apt("apt-get", "download", "-q", *wanted, folder=folder)
        return sorted(folder.glob("*.deb"))

    def _prepare(self):
        if (self.folder / "apt.conf").exists():
            return
        if not shutil.which("apt-get"):
            raise Unavailable("there is no apt-get here")
        for name in ("lists/partial", "archives/partial", "nothing"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        main, security = machine_mirrors()
        (self.folder / "sources.list").write_text("".join(
            f"deb [signed-by={KEYRING}] {security if suite.endswith('-security') else main} {suite} main\n"
            for suite in self.suites))
        (self.folder / "apt.conf").write_text(self._configuration())

    def _configuration(self):
        """Replaces the machine's configuration, except for how to reach the mirror and how long to wait for it."""
        dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout.splitlines()
        here = self.folder
        patience = ['Acquire::http::Timeout "30";', 'Acquire::https::Timeout "30";', 'Acquire::Retries "1";']
        return "\n".join(patience + [line for line in dump if HOW_TO_REACH.match(line)] + [
            f'Dir::State "{here}";', f'Dir::State::lists "{here}/lists";', f'Dir::State::status "{self.status}";',
            f'Dir::Cache "{here}";', 'Dir::Cache::pkgcache "";', 'Dir::Cache::srcpkgcache "";',
            f'Dir::Etc::sourcelist "{here}/sources.list";', f'Dir::Etc::sourceparts "{here}/nothing";',
            f'Dir::Etc::parts "{here}/nothing";', f'Dir::Etc::main "{here}/none";',
            f'Dir::Etc::preferences "{here}/none";', f'Dir::Etc::preferencesparts "{here}/nothing";',
            f'APT::Architecture "{self.architecture}";', f'APT::Architectures {{ "{self.architecture}"; }};',
            'APT::Sandbox::User "root";', 'Acquire::Languages "none";', 'Acquire::GzipIndexes "true";', ""])


def unpack(package, folder):
    """Unpacks all files of a package file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)


def member(package, pattern):
    """Returns the contents of the first file in a package file whose path matches; None if there is none."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacking:
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
            for entry in archive:
                if entry.isfile() and re.search(pattern, entry.name):
                    contents = archive.extractfile(entry).read()
                    unpacking.kill()
                    return contents
    return None
