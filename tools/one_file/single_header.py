# SPDX-License-Identifier: BSL-1.0
"""Joins the library into one header.

usage: single_header.py [--for SYSTEM] [--output FILE] [HEADER...]

SYSTEM: `all`, which is the default and asks the compiler as quire/native.hpp does, or one of qnx, linux, windows, macos,
posix, cortex_m and tock. HEADER: as in `#include <HEADER>`; without any, all that need nothing but the standard library
and Boost.Config. An adapter is therefore named: quire/quire.hpp quire/engine/wamr.hpp. Writes to the standard output
without --output. The same tree gives the same file.
"""

import argparse
import pathlib
import re
import sys

from library import NAMED, SELECTED, Library, Refused, version

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
CHECKS_THE_COMPILER = "quire/result.hpp"  # a compiler that is too old shall say so, and nothing else before


def licences(library, names):
    """The licence lines of the headers, each once."""
    found = {line: None for name in names for line in library.text(name) if line.startswith("// SPDX-")}
    return list(found) or ["// SPDX-License-Identifier: BSL-1.0"]


def macro(system):
    return f"QUIRE_ON_{system.upper()}"


def condition(systems):
    return "#if " + " || ".join(f"defined({macro(system)})" for system in sorted(systems))


class Joined:
    """The parts of a file for some systems, in an order in which each follows what it needs."""

    def __init__(self, library, systems, wanted):
        self.library, self.whole = library, frozenset(systems)
        self.read_on = {}  # the systems of this file on which a part is read
        for system in systems:
            for name in wanted(system):
                self.reach(name, system)
        self.first = self.below(CHECKS_THE_COMPILER)  # of several that could be next
        self.order = list(self.sorted())

    def below(self, name):
        """A header and all that it needs."""
        return {name}.union(*(self.below(need) for part in self.library.parts(name) for need in part.needs))

    def reach(self, name, system):
        for part in self.library.parts(name):
            if system in part.systems and system not in self.read_on.setdefault(part, set()):
                self.read_on[part].add(system)
                for need in part.needs:
                    self.reach(need, system)

    def sorted(self):
        """Yields the parts. While one is ready that is read on the same systems as the last, it is next."""
        waiting = {part: part.needs for part in self.read_on}
        left = {}  # how many parts of a header are still to come
        for part in waiting:
            left[part.name] = left.get(part.name, 0) + 1
        last = self.whole
        while waiting:
            ready = [part for part, needs in waiting.items() if not any(left.get(need) for need in needs)]
            if not ready:
                raise Refused("headers include each other: " + ", ".join(sorted(part.name for part in waiting)))
            same = [part for part in ready if self.read_on[part] == last]
            part = min(same or ready, key=self.rank)
            last = self.read_on[part]
            del waiting[part]
            left[part.name] -= 1
            yield part

    def rank(self, part):
        on = self.read_on[part]
        return -len(on), sorted(on), part.name not in self.first, part.name

    def groups(self):
        """Yields the systems of consecutive parts that are read on the same, and the parts."""
        begin = 0
        for end in range(1, len(self.order) + 1):
            if end == len(self.order) or self.read_on[self.order[end]] != self.read_on[self.order[begin]]:
                yield self.read_on[self.order[begin]], self.order[begin:end]
                begin = end


def ask_the_compiler(library, systems):
    """Yields the conditions of native.hpp. A file that is not for all of them refuses the others."""
    *asked, (otherwise, refusal) = library.ladder
    for system, (question, _) in zip(SELECTED, asked):
        yield question
        yield (f"#define {macro(system)}" if system in systems else
               f'#error "this header is Quire for {", ".join(sorted(systems))}: make one for {system}, or for all"')
    yield otherwise
    yield from refusal
    yield "#endif"


def includes(names):
    return [f"#include <{name}>" for name in sorted(names)]


def joined(library, systems, wanted):
    """Yields the lines of the file."""
    file = Joined(library, systems, wanted)
    hoisted = {name for part in file.order if file.read_on[part] == file.whole for name in part.standard}
    kind = "every system that it knows" if len(systems) > 1 else systems[0]
    yield "#pragma once"
    yield from licences(library, sorted({part.name for part in file.order}))
    yield f"// Quire {version(TREE)} as one header, for {kind}. Made by tools/one_file/single_header.py: do not edit it,"
    yield "// and do not include it together with the headers that it is made of."
    selected = set(systems).isdisjoint(NAMED)
    if selected:
        yield from ask_the_compiler(library, systems)
    yield from includes(hoisted)
    for on, parts in file.groups():
        everywhere = on == file.whole
        if not everywhere:
            yield ""
            yield condition(on)
            yield from includes({name for part in parts for name in part.standard} - hoisted)
        for part in parts:
            yield ""
            yield f"// {part.name}"
            yield from trimmed(part.lines)
        if not everywhere:
            yield "#endif"
    if selected:
        yield ""
        yield from (f"#undef {macro(system)}" for system in sorted(systems))


def trimmed(lines):
    """Yields the lines without blank ones at the ends, or more than one between others."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n"))
    yield from text.splitlines()


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--for", dest="system", default="all", choices=("all", *SELECTED, *NAMED))
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("headers", nargs="*", metavar="HEADER")
    return parser.parse_args(arguments)


def named(library, systems, headers):
    """Returns what tells which of these headers a system has; each must be for one of the systems."""
    for name in headers:
        if library.systems(name).isdisjoint(systems):
            raise Refused(f"{name} is not for {' or '.join(systems)}")
    return lambda system: [name for name in headers if system in library.systems(name)]


def main(arguments):
    given = parsed(arguments)
    library = Library(TREE)
    systems = SELECTED if given.system == "all" else (given.system,)
    wanted = named(library, systems, given.headers) if given.headers else library.public
    text = "\n".join(joined(library, systems, wanted)) + "\n"
    if given.output is None:
        sys.stdout.write(text)
        return
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, OSError) as why:
        sys.exit(f"single_header.py: {why}")
