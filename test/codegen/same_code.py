# SPDX-License-Identifier: BSL-1.0
"""Compares the object code of the ready-made allocators with that of the same operations written by hand.

usage: same_code.py FOLDER OBJDUMP NM CXXFILT -- COMPILER FLAG...

For each operation, the library's code must
  - call the same functions of the system, each from as many places,
  - have no class of instructions that the hand-written code lacks,
  - have at most one conditional jump and 16 instructions more,
and the object must not contain dynamic dispatch, exceptions or lazy statics. The sources in sabotage/ show that all of
this can fail: each has to be refused with a complaint that matches its first line.
"""

import re

import object_test

OPERATIONS = ("allocate", "grow", "deallocate")
MORE_JUMPS, MORE_INSTRUCTIONS = 1, 16  # growth takes 15 more with GCC 14, 7 with GCC 12
UNWANTED = ("vtable for", "typeinfo for", "guard variable", "__cxa_", "_Unwind", "__gxx_personality")
FOLLOWS_ORDER = {"jump"}  # unconditional jumps depend on the order of blocks


class Row:
    """One operation of one allocator, on both sides."""

    def __init__(self, name, operation):
        self.name, self.operation = name, operation
        self.sides = {}
        self.common = set()

    def compare(self, code):
        """Compares the sides. Functions that both sides call, such as the table of error codes, count as one call."""
        library, by_hand = self.sides["library"], self.sides["by_hand"]
        self.common = (code.reached(library) & code.reached(by_hand)) - {library, by_hand}
        self.library = code.profile(library, self.common)
        self.by_hand = code.profile(by_hand, self.common)
        self.in_c = code.profile(self.sides["in_c"]) if "in_c" in self.sides else None

    def system_calls(self, profile):
        """Returns the calls with an effect. Compilers repeat and merge reads of errno and of its meaning at will."""
        return {name: n for name, n in profile.calls.items() if name != "__errno_location" and name not in self.common}

    def complaints(self):
        if not self.by_hand.calls or not self.library.calls:
            yield "no call seen, so nothing was compared"
        ours, theirs = self.system_calls(self.library), self.system_calls(self.by_hand)
        if ours != theirs:
            yield f"calls {told(ours)}; by hand {told(theirs)}"
        if more := set(self.library.calls) - set(self.by_hand.calls):
            yield f"calls {told(dict.fromkeys(more, 1))}, by hand not"
        for kind in self.library.classes:
            if kind not in FOLLOWS_ORDER and self.by_hand.classes[kind] == 0:
                yield f"{kind} instructions: {self.library.classes[kind]}, by hand none"
        for what, limit in (("jumps", MORE_JUMPS), ("instructions", MORE_INSTRUCTIONS)):
            more = getattr(self.library, what) - getattr(self.by_hand, what)
            if more > limit:
                yield f"{more} {what} more than by hand, allowed are {limit}"


def told(calls):
    return " ".join(f"{name}*{n}" if n > 1 else name for name, n in sorted(calls.items())) or "nothing"


def rows_of(code):
    rows = {}
    for symbol in code.symbols:
        if match := re.fullmatch(r"codegen::(?:compared|told)<(\w+)>::(\w+)", code.plain[symbol]):
            for operation, function in zip(OPERATIONS, code.table(symbol, len(OPERATIONS))):
                rows.setdefault((match[1], operation), Row(match[1], operation)).sides[match[2]] = function
    for row in rows.values():
        row.compare(code)
    return sorted(rows.values(), key=lambda row: (row.name, OPERATIONS.index(row.operation)))


class Checker(object_test.Checker):
    def judge(self, source):
        """Returns the rows of a source, and all complaints about it."""
        code, emitted = self.build(source)
        rows = rows_of(code)
        complaints = [f"the object has {word}" for word in UNWANTED if word in emitted]
        complaints += [f"{row.name}::{row.operation}: {text}" for row in rows for text in row.complaints()]
        return rows, complaints or ([] if rows else ["nothing to compare"])


def print_table(rows):
    print(f"{'':36}{'instructions':^24}{'conditional jumps':^24}")
    print(f"{'':36}" + f"{'by hand':>8}{'library':>8}{'in C':>8}" * 2 + "  system calls, and from how many places")
    for row in rows:
        sides = (row.by_hand, row.library, row.in_c)
        counts = [side.instructions if side else "" for side in sides] + [side.jumps if side else "" for side in sides]
        print(f"{row.name:25}{row.operation:11}" + "".join(f"{n:>8}" for n in counts)
              + "  " + told(row.system_calls(row.library)))


def main(folder, checker):
    rows, complaints = checker.judge(folder / "allocators.cpp")
    print_table(rows)
    dear = {text.split(": ")[0] for text in complaints}  # a row, or the whole object
    passed = sum(f"{row.name}::{row.operation}" not in dear for row in rows)
    return object_test.conclude(passed, len(dear), complaints, checker, folder / "sabotage")


if __name__ == "__main__":
    object_test.start(main, Checker)
