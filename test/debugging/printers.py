# SPDX-License-Identifier: BSL-1.0
"""GDB shows Quire's objects by the printers of tools/gdb, which it loads by itself with the program.

usage: printers.py PRINTERS.py CXX FLAG…     exits with 77 without a GDB that runs Python and programs
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent / "objects.cpp"

ADDRESS = "0x[0-9a-f]+"
ZONE = rf"\[{ADDRESS}, {ADDRESS}\)"
PAGES = "quire::page_allocator"
EXPECTED = {
    "vacant": rf"{PAGES} without a region, limit 4 GiB",
    "owned": rf"{PAGES}, 128 KiB of 1 MiB at {ADDRESS} = {{limit = 4 GiB, guard before = {ZONE}, accessible = {ZONE}, "
             rf"reserved = {ZONE}, guard after = {ZONE}}}",
    "wasm": rf"{PAGES}, 64 KiB of 4 GiB at {ADDRESS} = {{limit = 4 GiB, accessible = {ZONE}, reserved = {ZONE}}}",
    "made": "quire::result with a value.*",
    "wrong": "quire::result, size_mismatch at plan",
    "without_value": "quire::result, invalid_argument at release",
    "refused": "out_of_memory at commit, native 12",
    "three": "3 pages of 64 KiB",
    "one": "1 page of 64 KiB",
    "closed": "quire::pool, not open",
    "pool": rf"quire::pool, 200 slots of 256 KiB: 1 live, \d+ free, 1 warm, \d+ never used; 128 KiB resident = {{"
            rf"slot 0 = live, 64 KiB accessible at {ADDRESS}, 0 earlier uses, key 0x7, .*"
            rf"free, 128 KiB accessible at {ADDRESS}, 1 earlier use, .*}}",
    "live": rf"{PAGES}, 64 KiB of 256 KiB at {ADDRESS} = {{limit = 256 KiB, slot = 0, .*}}",
    "stacks": rf"quire::stack_pool, 3 stacks of 64 KiB: 1 live, 2 free = {{stack 0 = live, {ZONE}, 0 earlier uses, "
              rf"stack 1 = free, .*}}",
    "empty_arena": "quire::arena without a region.*",
    "arena": rf"quire::arena, \d+ bytes used of 64 KiB committed, \d+ bytes at most = {{region = {PAGES}, 64 KiB of 4 "
             rf"GiB at .*, large piece 1 = {PAGES}, 1984 KiB of 1984 KiB at .*}}",
    "regions": rf"quire::region_allocator, 2 regions, \d+ KiB reserved, 1 MiB committed = {{region 0 = {ZONE}, "
               rf"region 1 = {ZONE}}}",
    "numbers": r"quire::pinned_vector of length 3, capacity 16384 = {10, 20, 30}",
    "none": "quire::pinned_vector of length 0, capacity 0",
    "ring": r"quire::ring_buffer of length 5, capacity 2048 = {2046, 2047, 2048, 2049, 2050}",
    "closed_ring": "quire::ring_buffer, not open",
}


def skip(reason):
    print(reason)
    sys.exit(77)


def gdb(*arguments):
    done = subprocess.run(["gdb", "-nx", "-batch", *map(str, arguments)], capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def shown(program, script):
    """Returns what GDB prints for each variable of main, at the breakpoint."""
    folder = program.parent
    shutil.copy(script, f"{program}-gdb.py")
    commands = ["set width 0", "set print elements 30", "break look", "run", "up",
                *(word for name in EXPECTED for word in (f"echo {name}: ", f"print {name}"))]
    said = gdb("-iex", f"add-auto-load-safe-path {folder}", *(w for each in commands for w in ("-ex", each)), program)
    return said, dict(re.findall(r"^(\w+): ?\$\d+ = (.*)$", said, re.M))


def zones_fit(text):
    """Whether the zones of a memory follow each other."""
    ends = re.findall(rf"\[({ADDRESS}), ({ADDRESS})\)", text)
    return all(first[1] == second[0] for first, second in zip(ends, ends[1:]))


def main(script, *cxx):
    if shutil.which("gdb") is None or "42" not in gdb("-ex", "python print(6 * 7)"):
        skip("there is no GDB with Python")
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder).resolve() / "objects"
        subprocess.run([*cxx, "-O0", "-g", SOURCE, "-o", program], check=True)
        said, values = shown(program, script)
    if "Breakpoint 1, look" not in said:
        skip("GDB runs no program here: " + (said.strip().splitlines() or ["it says nothing"])[-1])
    failed = [name for name, expected in EXPECTED.items() if not re.fullmatch(expected, values.get(name, ""))]
    failed += [name for name in ("owned", "wasm") if not zones_fit(values.get(name, ""))]
    for name in failed:
        print(f"FAILED: {name} is shown as {values.get(name)}\nexpected: {EXPECTED[name]}")
    if failed:
        print(said)
    print(f"{len(EXPECTED)} test cases: {len(EXPECTED) - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
