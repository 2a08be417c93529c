# SPDX-License-Identifier: BSL-1.0
"""A program that touches what no memory has handed out is reported, with what is known of the address, by the detector
that it was built for; the same program is clean if it does not.

usage: detectors.py asan|valgrind CXX FLAG…     exits with 77 if the detector is not there
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent / "errors.cpp"

POISON = "use-after-poison"
# For each case, what AddressSanitizer and Memcheck must say; AddressSanitizer calls an address in a word that is
# accessible in part an unknown crash.
EXPECTED = {
    "behind_a_piece": (POISON, "Invalid write of size 1"),
    "between_pieces": (f"{POISON}|unknown-crash", "Invalid write of size 1"),
    "a_piece_that_was_given_back": (POISON, r"8 bytes inside a block of size 64 free'd[^$]*Block was alloc'd at"),
    "a_piece_behind_a_mark": (POISON, r"0 bytes inside a block of size 64 free'd[^$]*reset_to"),
    "behind_the_elements": ("container-overflow", "Invalid write of size 1"),
    "behind_elements_that_fill_no_page": ("container-overflow", "Invalid write of size 1"),
    "an_element_that_was_removed": ("container-overflow", "Invalid write of size 1"),
    "a_slot_that_was_returned": (rf"slot 0, last used with key 7[^$]*{POISON}",
                                 r"100 bytes inside a block of size 131,072 free'd[^$]*deallocate"),
    "a_slot_that_waits": (POISON, r"100 bytes inside a block of size 131,072 free'd"),
    "a_stack_that_was_returned": (POISON, r"65,528 bytes inside a block of size 65,536 free'd[^$]*release"),
    "behind_a_memory_in_a_buffer": (POISON, r'2048 bytes inside data symbol ".*storage'),
    "behind_a_memory_that_ends_within_a_page": (POISON, "Invalid write of size 1"),
    "behind_code": (POISON, "Invalid write of size 1"),
    "code_that_is_finished": (POISON, "Invalid write of size 1"),
    "contents_that_nothing_has_written": (None, r"depends on uninitialised value"),
}


def skip(reason):
    print(reason)
    sys.exit(77)


def run(*command, timeout=120):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout + done.stderr


def build(folder, cxx, *flags):
    program = pathlib.Path(folder) / "errors"
    code, said = run(*cxx, "-g", *flags, SOURCE, "-o", program, timeout=240)  # GCC, on a busy machine
    if code:
        sys.exit(said)
    return program


def runs_a_program(folder, cxx, *flags, under=()):
    source, program = pathlib.Path(folder) / "trial.cpp", pathlib.Path(folder) / "trial"
    source.write_text("int main() {}\n")
    return run(*cxx, *flags, source, "-o", program)[0] == 0 and run(*under, program)[0] == 0


def asan(folder, cxx):
    """Yields each case, in a process of its own, as the first error ends it: whether it went wrong, what was said, and
    what is expected of that."""
    if not runs_a_program(folder, cxx, "-fsanitize=address"):
        skip("this compiler builds no program with AddressSanitizer that runs here")
    program = build(folder, cxx, "-fsanitize=address")
    yield "rightly", *run(program, "rightly"), "^$"
    for case, (expected, _) in EXPECTED.items():
        if expected is not None:
            code, said = run(program, "wrongly", case)
            yield case, (code == 0), said, expected


def reports_of(case, said):
    """The blocks of Memcheck's output in whose stack the case is."""
    blocks = re.split(r"^==\d+== *\n", said, flags=re.M)
    return "\n".join(block for block in blocks if f"::{case}(" in block)


def valgrind(folder, cxx):
    """Memcheck goes on after an error, and remembers blocks: a case that is about a block has a process of its own."""
    if shutil.which("valgrind") is None or not pathlib.Path("/usr/include/valgrind/memcheck.h").exists():
        skip("Valgrind is not installed")
    under = ("valgrind", "-q", "--error-exitcode=9", "--num-callers=20")
    if not runs_a_program(folder, cxx, under=under):
        skip("Valgrind runs no program here")
    program = build(folder, cxx, "-DQUIRE_VALGRIND")
    code, said = run(*under, program, "rightly")
    yield "rightly", code, re.sub("^--.*\n", "", said, flags=re.M), "^$"  # what Valgrind says of itself
    alone = [case for case, (_, expected) in EXPECTED.items() if "free'd" in expected]
    for cases in ([case for case in EXPECTED if case not in alone], *([case] for case in alone)):
        code, said = run(*under, program, "wrongly", *cases)
        for case in cases:
            yield case, (code == 0), reports_of(case, said), EXPECTED[case][1]


def main(detector, *cxx):
    failures, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for case, wrong, said, expected in {"asan": asan, "valgrind": valgrind}[detector](folder, cxx):
            count += 1
            if wrong or not re.search(expected, said):
                failures.append(case)
                print(f"FAILED: {case}: {expected} was expected of\n{said[:4000]}")
    print(f"{count} test cases: {count - len(failures)} passed, {len(failures)} failed, 0 skipped")
    return len(failures) > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
