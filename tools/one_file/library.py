# SPDX-License-Identifier: BSL-1.0
"""The headers of the library: which include which, and on which systems each of them compiles."""

import dataclasses
import functools
import pathlib
import re

ROOTS = ("include", "policies", "backends")
NATIVE = "quire/native.hpp"  # the one header that includes some headers for one system, and others for another
SELECTED = ("qnx", "linux", "windows", "macos", "posix")  # by native.hpp, in its order
NAMED = ("cortex_m", "tock")  # without an operating system that a compiler could tell
SYSTEMS = frozenset(SELECTED + NAMED)
WITH_SIGNALS = {"linux", "macos", "posix", "qnx"}

# Where the system's own headers and instructions are. Everything else compiles wherever what it includes does.
OF_CALLS = {
    "cortex_m.hpp": {"cortex_m"},
    "fault/mem_manage.hpp": {"cortex_m"},
    "fault/raised.hpp": SYSTEMS,
    "fault/signal.hpp": WITH_SIGNALS,
    "generated_code.hpp": SYSTEMS,
    "linux.hpp": {"linux"},
    "mach.hpp": {"macos"},
    "mach/types.hpp": SYSTEMS,
    "mapping.hpp": SYSTEMS,
    "memory_sanitizer.hpp": SYSTEMS,
    "numa.hpp": {"linux"},
    "posix.hpp": WITH_SIGNALS,
    "qnx.hpp": {"qnx"},
    "tock.hpp": {"tock"},
    "windows.hpp": {"windows"},
    "windows/types.hpp": SYSTEMS,
}
OF_CALLS_BELOW = {"linux/": {"linux"}, "posix/": WITH_SIGNALS}

# A store whose name begins so is for one system, and comes with that system's typedefs.
STORE_OF_A_SYSTEM = re.compile(r"quire/backing/(cortex_m|linux|mach|mpu|posix|qnx|tock|windows)_?")
INCLUDE = re.compile(r"#include [<\"](\S+)[>\"]")
STANDARD = re.compile(r"[a-z_]+|boost/config\.hpp")  # on every system, and the same wherever it is included
LICENCE = re.compile(r"// SPDX-")


class Refused(Exception):
    """Why the headers cannot be joined."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A header, or what native.hpp says for one system."""
    name: str
    systems: frozenset  # on which it is read, as far as it says itself
    needs: tuple  # headers of the library
    standard: tuple  # headers of the standard library and Boost.Config
    lines: tuple


def version(tree):
    return re.search(r"^  version: '([^']+)'", (tree / "meson.build").read_text(encoding="utf-8"), re.M)[1]


def calls_on(name):
    """The systems on which a header of calls/ compiles."""
    if not name.startswith("quire/calls/"):
        return SYSTEMS
    below = name.removeprefix("quire/calls/")
    for folder, systems in OF_CALLS_BELOW.items():
        if below.startswith(folder):
            return frozenset(systems)
    if below not in OF_CALLS:
        raise Refused(f"{name}: the list in {pathlib.Path(__file__).name} does not say on which systems it compiles")
    return frozenset(OF_CALLS[below])


def part(name, systems, lines):
    """Separates the includes of a header, or of a branch of native.hpp, from what it says."""
    needs, standard, kept, depth = [], [], [], 0
    for line in lines:
        if re.match(r"#\s*if", line):
            depth += 1
        elif re.match(r"#\s*endif", line):
            depth -= 1
        found = INCLUDE.match(line)
        if found and found[1].startswith("quire/"):
            needs.append(found[1])  # on a condition too: only native.hpp asks for the system
        elif found and depth == 0 and STANDARD.fullmatch(found[1]):
            standard.append(found[1])
        elif line.strip() != "#pragma once" and not LICENCE.match(line):
            kept.append(line)
    return Part(name, frozenset(systems), tuple(needs), tuple(standard), tuple(kept))


def branches(lines):
    """Splits native.hpp into its conditions and what follows each; the last condition is #else."""
    found, nested = [], 0
    for line in lines:
        if re.match(r"#\s*if", line) and (found or nested):
            nested += 1
        if re.match(r"#\s*(if|elif|else)", line) and not nested:
            found.append((line, []))
        elif found:
            found[-1][1].append(line)
        if re.match(r"#\s*endif", line):
            nested -= 1
            if nested < 0:
                found[-1][1].pop()
                return found
    raise Refused(f"{NATIVE} does not end its conditions")


class Library:
    def __init__(self, tree):
        self.paths = {path.relative_to(tree / root).as_posix(): path
                      for root in ROOTS for path in sorted((tree / root / "quire").rglob("*.hpp"))}
        self.ladder = branches(self.text(NATIVE))
        chosen = [re.search(r"quire/platform/(\w+)\.hpp", "\n".join(lines)) for _, lines in self.ladder[:-1]]
        if tuple(match and match[1] for match in chosen) != SELECTED:
            raise Refused(f"{NATIVE} selects other systems, or in another order, than {', '.join(SELECTED)}")

    def text(self, name):
        return self.paths[name].read_text(encoding="utf-8").splitlines()

    @functools.cache
    def parts(self, name):
        """A header as one part, native.hpp as one for each system that it selects."""
        if name not in self.paths:
            raise Refused(f"the library has no header {name}")
        if name != NATIVE:
            return (part(name, calls_on(name), self.text(name)),)
        first = [line for line in self.text(name) if line.startswith("// ")]
        return tuple(part(name, {system}, first + lines)
                     for system, (_, lines) in zip(SELECTED, self.ladder))

    @functools.cache
    def systems(self, name):
        """The systems on which a header compiles, with all that it includes."""
        return frozenset().union(*(
            each.systems.intersection(*(self.systems(need) for need in each.needs)) for each in self.parts(name)))

    def public(self, system):
        """The headers that a user of a system may include, in the order of their names: all but the adapters, which
        need an engine or a heap, and stores of other systems."""
        for name in sorted(self.paths):
            folders = name.count("/")
            typedefs = name.startswith(f"quire/platform/{system}") and system in self.systems(name)
            policy = self.paths[name].parts[-4] == "policies"
            store = re.fullmatch(r"quire/backing/\w+\.hpp", name) and not STORE_OF_A_SYSTEM.match(name)
            if (folders == 1 or policy or store or typedefs) and system in self.systems(name):
                yield name
