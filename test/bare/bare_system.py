# SPDX-License-Identifier: BSL-1.0
"""Tests the first steps of a new user: a fresh copy of the tree on a bare Debian, where ./dev has to install all that
it needs; and those of a user, who takes the library as the documents show. The tests run as root, the benchmarks as a
user with sudo; the path contains a space.

usage: bare_system.py quick|full 12|13|other FOLDER TREE

`other`: 12 on Debian 13, else 13. mmdebstrap makes the system in FOLDER, from the mirror that this machine is set up
for, and the system is removed afterwards; the logs stay. Its processes and mounts are in namespaces of their own, which
end with the test. Exits with 77, with the reason in the last line, if such a system cannot be made, or inside of one.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent / "lab")]

from folders import held  # noqa: E402
from packages import HOW_TO_REACH, Unavailable, debian, machine_mirrors  # noqa: E402

SUITES = {"12": "bookworm", "13": "trixie"}
INSIDE = "QUIRE_BARE_SYSTEM"  # in the environment of the programs that run there
USER = "newcomer"
HOME = f"/srv/a {USER}"
AS_SHOWN = "/srv/as_shown"  # no space: a shell splits what it takes from pkg-config
FOR_USERS = "g++ cmake ninja-build meson pkg-config libboost-dev python3"

# Mounts and processes end with the command, or with this process, so that nothing is left below the folder.
APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")

# The folder may lie on a file system that ignores set-user-ID bits, which sudo needs.
ENTER = """
set -e
root=$1 who=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,suid,dev,exec "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
exec chroot --userspec="$who" "$root" "$@"
"""


def reason_not_to():
    """Returns why no bare system can be made here, or None."""
    if os.environ.get(INSIDE):
        return "this is a bare system already"
    if os.geteuid() != 0:
        return "only root can make a bare system"
    missing = [tool for tool in ("mmdebstrap", "unshare", "chroot") if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} not installed"
    if subprocess.run([*APART, "true"], capture_output=True).returncode:
        return "there are no namespaces for its mounts and processes"
    return None


def reaching():
    """Returns the machine's settings for reaching its mirror, as options for apt in the new system."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout.splitlines()
    return [f"--aptopt={line.rstrip(';')}" for line in dump if HOW_TO_REACH.match(line)]


def make(root, suite):
    """Makes the smallest Debian; raises Unavailable with the reason."""
    main, security = machine_mirrors()
    if not main.startswith("http"):
        raise Unavailable("the mirror of this machine is no server, and cannot be reached from another system")
    sources = [f"deb {main} {suite} main", f"deb {main} {suite}-updates main", f"deb {security} {suite}-security main"]
    # What is removed in the end need not reach the disk.
    done = subprocess.run([*APART, "mmdebstrap", "--variant=minbase", "--dpkgopt=force-unsafe-io", *reaching(), suite,
                           str(root), *sources], capture_output=True, text=True)
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if line.startswith(("E:", "Err:"))] or ["no reason given"]
        raise Unavailable(f"mmdebstrap cannot make {suite}: {complaints[0]}")


def copy(tree, root):
    """Copies what a clone would contain: no build results and no history."""
    def left_out(folder, names):
        return {"__pycache__"} & set(names) | ({"build", ".git"} if pathlib.Path(folder) == tree else set())
    shutil.copytree(tree, root / HOME.lstrip("/") / "quire", symlinks=True, ignore=left_out)


class System:
    def __init__(self, root, logs):
        self.root, self.logs = root, logs
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        self.environment = proxies | {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                      "TERM": "dumb", "HOME": HOME, INSIDE: "1"}

    def run(self, who, *command, log=subprocess.DEVNULL):
        return subprocess.run(
            [*APART, "sh", "-c", ENTER, "enter", str(self.root), who, *command], env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT).returncode

    def dev(self, who, *arguments):
        return self.succeeds(who, f"./dev {' '.join(arguments)}", f"{HOME}/quire/dev", *arguments)

    def as_shown(self, who):
        """Takes the library in each way that the documents show, with the tools of the release."""
        if self.run("root", "sh", "-c", f"apt-get update && apt-get install -y --no-install-recommends {FOR_USERS}") != 0:
            print(f"cannot be installed: {FOR_USERS}")
            return False
        tree = f"{HOME}/quire"
        return self.succeeds(who, "as shown", "python3", f"{tree}/test/consumer/as_shown.py", tree, AS_SHOWN,
                             "README.md", "docs/consuming.md")

    def succeeds(self, who, title, *command):
        """Runs a command from the root folder; returns whether it succeeded. Its log is shown if not."""
        begin, path = time.monotonic(), self.logs / f"{re.sub(r'[^a-z-]+', '_', title).strip('_')}.log"
        with path.open("w") as log:
            status = self.run(who, *command, log=log)
        lines = path.read_text(errors="replace").strip().splitlines() or ["nothing"]
        if status:
            print(*lines[-80:], sep="\n")
        print(f"{title} as {who}: status {status} after {time.monotonic() - begin:.0f} s: {lines[-1]}", flush=True)
        return status == 0

    def add_user(self):
        """Adds a user who may become root, as after the installation of a real machine."""
        script = (f"apt-get update && apt-get install -y --no-install-recommends sudo && useradd -M -d '{HOME}' {USER} && "
                  f"echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER} && chown -R {USER}: '{HOME}'")
        return self.run("root", "sh", "-c", script) == 0


def visit(root, logs, tree, suite, flags):
    """Whether each of the commands succeeded."""
    make(root, suite)
    copy(tree, root)
    system = System(root, logs)
    good = [system.dev("root", "test", *flags), system.as_shown("root")]
    if system.add_user():
        return good + [system.dev(USER, "bench", *flags)]
    print("no user with sudo can be added")
    return good + [False]


def main(extent, wanted, folder, tree):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the system is then removed too
    if reason := reason_not_to():
        print(reason)
        return 77
    release = wanted if wanted in SUITES else "12" if debian() == "13" else "13"
    with held(pathlib.Path(folder).resolve()) as folder:
        root = folder / f"debian-{release}"
        shutil.rmtree(root, ignore_errors=True)
        try:
            good = visit(root, folder, pathlib.Path(tree).resolve(), SUITES[release],
                         ["--quick"] if extent == "quick" else [])
        except Unavailable as why:
            print(why)
            return 77
        finally:
            shutil.rmtree(root, ignore_errors=True)
    print(f"{len(good)} test cases: {sum(good)} passed, {len(good) - sum(good)} failed, 0 skipped")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
