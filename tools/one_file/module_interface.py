# SPDX-License-Identifier: BSL-1.0
"""Writes modules/quire.cppm, the module `quire`: it exports every name of the public headers, and of those that they
include, that is not in a namespace `detail`.

usage: module_interface.py [--check]

--check writes nothing, and exits with 1 if the file is not what would be written.
"""

import collections
import pathlib
import sys

from library import SELECTED, Library, Refused
from names import declared
from single_header import TREE, Joined, ask_the_compiler, condition

FILE = TREE / "modules/quire.cppm"
HEAD = """\
// SPDX-License-Identifier: BSL-1.0
// The module `quire`: `import quire;` in place of the headers. docs/consuming.md shows how it is built, and where it has
// been. Made by tools/one_file/module_interface.py from the headers, and held to them by a test: do not edit it.
module;"""


def exported(library):
    """Returns for each namespace the names in it, each with the systems on which it is declared."""
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    for part, systems in Joined(library, SELECTED, library.public).read_on.items():
        for namespace, name in declared(part.lines):
            path = namespace.split("::")
            if path[0] == "quire" and not {"detail", ""} & set(path):
                found[namespace][name] |= systems
    return found


def included(library):
    """Returns the public headers, each with the systems on which it compiles."""
    found = collections.defaultdict(set)
    for system in SELECTED:
        for name in library.public(system):
            found[name].add(system)
    return found


def by_systems(of):
    """Yields what there is on every system, and then the rest under its condition."""
    groups = collections.defaultdict(list)
    for name, systems in of.items():
        groups[frozenset(systems)].append(name)
    for systems in sorted(groups, key=lambda each: (-len(each), sorted(each))):
        yield (None if len(systems) == len(SELECTED) else condition(systems)), sorted(groups[systems])


def conditional(of, line):
    for asked, names in by_systems(of):
        if asked:
            yield asked
        yield from (line(name) for name in names)
        if asked:
            yield "#endif"


def text(library):
    yield HEAD
    yield from ask_the_compiler(library, SELECTED)
    yield from conditional(included(library), lambda name: f"#include <{name}>")
    yield ""
    yield "export module quire;"
    for namespace, names in sorted(exported(library).items()):
        yield ""
        yield f"export namespace {namespace} {{"
        scope = namespace.replace("inline ", "")
        yield from conditional(names, lambda name, scope=scope: f"using {scope}::{name};")
        yield f"}}  // namespace {namespace}"


def main(arguments):
    made = "\n".join(text(Library(TREE))) + "\n"
    if "--check" not in arguments:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(made, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != made:
        sys.exit(f"{FILE.relative_to(TREE)} is not what the headers declare: run ./dev format")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as why:
        sys.exit(f"module_interface.py: {why}")
