# SPDX-License-Identifier: BSL-1.0
"""Cuts the power of a virtual machine at random moments, and checks after each start that what a file_memory had flushed
is there. What the guest has not sent to its disk is lost with its memory; of what its disk has not been told to flush,
the part that lies in new clusters is lost as well, as the emulator keeps their table in memory. The same is then
done with a flush that does nothing: that must be noticed. Exits with 77 and the reason if the machine cannot be had.

usage: power_cut.py [--cuts N] [--seed N]
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import builds
import emulators
import initramfs
from folders import held
from machines import PLAIN_X86, STABLE
from packages import Unavailable

TREE = pathlib.Path(__file__).resolve().parents[2]
LAB = TREE / "build" / "lab"
PROGRAM = pathlib.Path(__file__).with_name("power_cut.cpp")
FLUSHED = re.compile(r"flushed (\d+) (\d+)")
DISK_BYTES = 512 << 20
LONGEST_START = 120  # seconds until the program has said something
CLUSTER = 1 << 16


def say(text):
    print(text, flush=True)


def overlay(path, backing):
    """Writes an empty image of the format qcow2, version 2, over a raw one: a header, a table and a block of reference
    counts, and the first level of the cluster table, one cluster each."""
    name = str(backing).encode()
    extension = struct.pack(">II", 0xE2792ACA, 3) + b"raw" + bytes(5) + struct.pack(">II", 0, 0)
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 72 + len(extension), len(name), 16, DISK_BYTES, 0,
                         DISK_BYTES // (CLUSTER * CLUSTER // 8), 3 * CLUSTER, CLUSTER, 1, 0, 0)
    clusters = (header + extension + name, struct.pack(">Q", 2 * CLUSTER), struct.pack(">4H", 1, 1, 1, 1), b"")
    path.write_bytes(b"".join(part + bytes(CLUSTER - len(part)) for part in clusters))


def program():
    """Returns the program for the guest, compiled anew."""
    path = LAB / "power_cut"
    roots = [f"-I{TREE / root}" for root in ("include", "policies", "backends")]
    subprocess.run([builds.compiler_of("x86-static"), "-std=c++23", "-O1", "-static", "-s", "-Wall", "-Wextra",
                    "-Werror", *roots, str(PROGRAM), "-o", str(path)], check=True)
    return path.read_bytes()


class Machine:
    """One disk, and what the program on it has told of as flushed."""

    def __init__(self, folder, honesty, code):
        self.folder, self.honesty, self.code = folder, honesty, code
        self.size, self.turn, self.flushes, self.problem = 0, 0, 0, ""
        folder.mkdir(parents=True, exist_ok=True)
        raw, self.disk = folder / "raw", folder / "disk.qcow2"
        raw.write_bytes(b"")
        os.truncate(raw, DISK_BYTES)
        subprocess.run([mke2fs(), "-q", "-t", "ext4", "-F", str(raw)], check=True)
        overlay(self.disk, raw)

    def command(self):
        script = ["module /modules/virtio_blk.ko",
                  f"run power_cut /bin/power_cut /disk/file {self.honesty} {self.size} {self.turn}"]
        files = {"init": builds.first_program("x86-static", LAB).read_bytes(), "bin/power_cut": self.code,
                 "modules/virtio_blk.ko": STABLE.module(LAB, "virtio_blk"), "script": "\n".join(script).encode() + b"\n"}
        archive = self.folder / "start.cpio"
        initramfs.write(archive, files)
        emulator = emulators.find("qemu-system-x86_64", LAB)
        words = [*emulator.command, "-accel", "tcg", "-M", "q35", "-cpu", PLAIN_X86, "-m", "512", "-nodefaults",
                 "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(STABLE.image(LAB)),
                 # "unsafe" only means that the host's own disk is not waited for
                 "-drive", f"file={self.disk},format=qcow2,if=virtio,cache=unsafe", "-initrd", str(archive),
                 "-append", "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off"]
        return words, os.environ | emulator.environment

    def live(self, seconds):
        """Starts the machine, and cuts its power so many seconds after its program has begun to flush."""
        words, environment = self.command()
        process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        timer = threading.Timer(LONGEST_START, process.kill)
        timer.start()
        begun, last = False, ""
        with (self.folder / "log").open("a") as log:
            for line in process.stdout:
                text = line.decode(errors="replace").strip()
                last = text or last
                print(text, file=log)
                if text.startswith("wrong: "):
                    self.problem = text.removeprefix("wrong: ")
                    process.kill()
                if text == "anew":  # nothing of the file before is asked for again
                    self.size = self.turn = 0
                if match := FLUSHED.fullmatch(text):
                    self.size, self.turn, self.flushes = int(match[1]), int(match[2]), self.flushes + 1
                    if not begun:
                        begun = True
                        timer.cancel()
                        timer = threading.Timer(seconds, process.kill)
                        timer.start()
        timer.cancel()
        process.wait()
        if not begun and not self.problem:
            self.problem = f"it did not come to flush anything: {last}"


def mke2fs():
    found = shutil.which("mke2fs", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        raise Unavailable("mke2fs is not installed")
    return found


def cut(honesty, cuts, dice, code):
    """Returns the machine after so many cuts, or after the first that did harm."""
    folder = LAB / "power_cut_disks" / honesty.lower()
    shutil.rmtree(folder, ignore_errors=True)
    machine = Machine(folder, honesty, code)
    for number in range(cuts + 1):  # the last start only checks
        machine.live(dice.uniform(0.05, 2))
        if machine.problem:
            say(f"{honesty.lower()}: after {number} cuts: {machine.problem}")
            break
    return machine


def arguments():
    parser = argparse.ArgumentParser(description="Cuts the power of a virtual machine.")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    return parser.parse_args()


def main():
    given = arguments()
    say(f"--seed {given.seed}")
    dice = random.Random(given.seed)
    with held(LAB):
        try:
            mke2fs()
            STABLE.fetch(LAB, say)
            emulators.have("qemu-system-x86_64", LAB, say)
            code = program()
        except Unavailable as why:
            say(str(why))
            return 77
        honest = cut("HONEST", given.cuts, dice, code)
        lying = cut("LYING", given.cuts, dice, code)
    noticed = "lost" in lying.problem
    say(f"{given.cuts} cuts, {honest.flushes} flushes: {honest.problem or 'all is there'}; "
        f"a flush that does nothing: {lying.problem or 'NOT NOTICED'}")
    failed = bool(honest.problem) + (not noticed)
    say(f"2 test cases: {2 - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
