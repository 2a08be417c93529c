# SPDX-License-Identifier: BSL-1.0
"""Checks the cost of a memory's whole lifecycle on an ARMv7-M at -Os: the code size, and that there is no static data
beside the buffer, no heap, no virtual table and nothing of C++'s run-time library. Reports each level of verification,
and runs it on a board.

usage: size.py SCRATCH TREE
"""

import pathlib
import re
import shutil
import subprocess
import sys

import run

BOARD = run.BOARDS["mps2-an385"]
GOAL = 1024  # bytes of code with verification off
ALIGNMENT = 8  # of the target's std::max_align_t, to which the claim is rounded up
BUFFER = {"off": 4096, "minimal": 4096, "standard": 4096 + 24 + 8, "full": 4096 + 24 + 8, "critical": 4096 + 24 + 24}
FORBIDDEN = re.compile(r"malloc|calloc|realloc|\bfree\b|_sbrk|^_Zn[wa]|^_Zd[la]|__cxa|_ZT[VIS]|__gxx|_Unwind|__aeabi_atexit")


def tool(name, *arguments):
    return subprocess.run([f"arm-none-eabi-{name}", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


def compiled(scratch, tree, program, level):
    image = scratch / f"{program.stem}-{level}.o"
    flags = [flag for flag in run.FLAGS if not flag.startswith(("-nost", "-Wl"))]
    subprocess.run([run.COMPILER, *flags, f"-mcpu={BOARD.cpu}", f"-DQUIRE_LEVEL={level}", *run.includes(scratch, tree),
                    "-c", str(program), "-o", str(image)], check=True)
    return image


def sizes(image):
    """Returns the bytes of code and constants, of initialised data, and of other data."""
    return tuple(map(int, tool("size", image).splitlines()[1].split()[:3]))


def forbidden(text):
    return sorted({word for word in re.findall(r"[\w.$]+", text) if FORBIDDEN.search(word)})


def static_data_beside_the_buffer(image, level):
    _, data, bss = sizes(image)
    return data + bss - (BUFFER[level] + ALIGNMENT)


def faults(image, level):
    """Lists the faults of an object file."""
    code = sizes(image)[0]
    found = [f"has {word}" for word in forbidden(tool("nm", image))]
    if beside := static_data_beside_the_buffer(image, level):
        found.append(f"has {beside} bytes of static data beside the buffer")
    if level == "off" and code > GOAL:
        found.append(f"has {code} bytes of code, more than {GOAL}")
    return found


def check(scratch, tree, level):
    """Checks one level: compiles and inspects it, then links it, inspects it again, and runs it."""
    image = compiled(scratch, tree, tree / "test/boards/minimal_app.cpp", level)
    found = faults(image, level)
    map_file = scratch / f"{level}.map"
    program = run.build(BOARD, scratch, tree, tree / "test/boards/minimal_app_main.cpp",
                        [str(image), str(tree / "test/boards/memop.cpp"), f"-Wl,-Map={map_file}"])
    if not program:
        found.append("does not link without a library")
    else:
        found += [f"has {word} in the map" for word in forbidden(map_file.read_text())]
        if run.run("mps2-an385", program, tree) != 0:
            found.append("does not live")
    print(f"{level:9} {sizes(image)[0]:5} bytes of code", *found, sep="; " if found else "")
    return not found


def spoilt_is_noticed(scratch, tree):
    found = faults(compiled(scratch, tree, tree / "test/boards/bloated_app.cpp", "off"), "off")
    wanted = ("_Znwj", "_ZTV", "static data")
    missed = [what for what in wanted if not any(what in each for each in found)]
    print("what a spoilt program has is noticed" if not missed else f"not noticed: {missed}")
    return not missed


def main(scratch, tree):
    for needed in (run.COMPILER, run.EMULATOR):
        if not shutil.which(needed):
            print(f"{needed} is not installed")
            return 77
    with run.held(scratch):
        good = [check(scratch, tree, level) for level in BUFFER] + [spoilt_is_noticed(scratch, tree)]
    print(f"{len(good)} test cases: {sum(good)} passed, {len(good) - sum(good)} failed, 0 skipped")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
