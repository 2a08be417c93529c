# SPDX-License-Identifier: BSL-1.0
"""Builds a program for an emulated board and runs it there. Exits with the program's own status, or with 77, with the
reason in the last line, if the compiler or the emulator is missing.

usage: run.py BOARD SCRATCH TREE PROGRAM.cpp [OPTION...]
       run.py --list
"""

import dataclasses
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from folders import held, point_to  # noqa: E402

COMPILER, EMULATOR = "arm-none-eabi-g++", "qemu-system-arm"
SECONDS = 60
FLAGS = ["-std=c++23", "-Os", "-mthumb", "-mfloat-abi=soft", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
         "-fno-threadsafe-statics", "-fno-use-cxa-atexit", "-ffunction-sections", "-fdata-sections",
         "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror",
         "-nostartfiles", "-nostdlib", "-Wl,--gc-sections"]


@dataclasses.dataclass(frozen=True)
class Board:
    """The board as QEMU emulates it; the number of MPU regions is read from the processor."""
    cpu: str
    code: int = 0
    ram: int = 0x20000000
    ram_bytes: int = 2 << 20
    storage: int = 8 << 10
    needs_qemu_10: bool = False  # gives this processor 8 regions; 7.2 gives it 16


BOARDS = {
    "microbit": Board("cortex-m0", ram_bytes=16 << 10, storage=4 << 10),
    "mps2-an385": Board("cortex-m3"),
    "mps2-an386": Board("cortex-m4"),
    "mps2-an500": Board("cortex-m7"),
    "mps2-an505": Board("cortex-m33", code=0x10000000, ram=0x38000000),
    "mps2-an521": Board("cortex-m33", code=0x10000000, ram=0x38000000, needs_qemu_10=True),
    "mps3-an547": Board("cortex-m55", code=0x10000000, ram=0x30000000, ram_bytes=256 << 10),
}


def includes(scratch, tree):
    """The include folders of the tree; of this machine's headers only Boost, as the others are not for the board."""
    borrowed = point_to(scratch / "include", ("boost",))
    roots = [tree / root for root in ("include", "policies", "backends", "test", "test/models/tock/headers")]
    return [f"-I{root}" for root in (*roots, borrowed)]


def build(board, scratch, tree, program, options):
    script, image = scratch / "link.ld", scratch / "image.elf"
    text = (tree / "test/boards/link.ld").read_text()
    for name, value in (("RAM_BYTES", board.ram_bytes), ("CODE", board.code), ("= RAM", board.ram)):
        text = text.replace(name, f"= {value:#x}" if name.startswith("=") else f"{value:#x}")
    script.write_text(text)
    command = [COMPILER, *FLAGS, f"-mcpu={board.cpu}", f"-DQUIRE_BOARD_STORAGE={board.storage}",
               "-DQUIRE_TEST_CHUNK=256", *options, *includes(scratch, tree), "-T", str(script),
               str(tree / "test/boards/startup.cpp"), str(program), "-lgcc", "-o", str(image)]
    return image if subprocess.run(command).returncode == 0 else None


def emulator(tree, needs_qemu_10):
    """Returns the installed emulator, or the newer one of the lab, and its environment; raises Unavailable."""
    if not needs_qemu_10:
        return (EMULATOR,), None
    sys.path.insert(0, str(tree / "test/lab"))
    import emulators

    emulators.have(EMULATOR, tree / "build/lab", print)
    found = emulators.find(EMULATOR, tree / "build/lab")
    return found.command, found.environment


def run(name, image, tree):
    command, environment = emulator(tree, BOARDS[name].needs_qemu_10)
    command = [*command, "-M", name, "-nographic", "-monitor", "none", "-serial", "none",
               "-semihosting-config", "enable=on,target=native", "-kernel", str(image)]
    try:  # the emulator goes on if the processor locks up
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=SECONDS, env=environment).returncode
    except subprocess.TimeoutExpired:
        print(f"{name} did not end within {SECONDS} s")
        return 1


def main(name, scratch, tree, program, options):
    for tool in (COMPILER, EMULATOR):
        if not shutil.which(tool):
            print(f"{tool} is not installed")
            return 77
    with held(scratch):
        image = build(BOARDS[name], scratch, tree, program, options)
        sys.stdout.flush()
        return run(name, image, tree) if image else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(*BOARDS, sep="\n")
    else:
        sys.exit(main(sys.argv[1], *map(pathlib.Path, sys.argv[2:5]), sys.argv[5:]))
