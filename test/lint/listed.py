# SPDX-License-Identifier: BSL-1.0
"""The lists in the meson.build files match the files on disk: every header is installed, and every test is listed; and
quire/quire.hpp includes every policy.

usage: listed.py TREE HEADER...
"""

import sys

from tree import headers, report, tree_argument

SOURCE_FOLDERS = ("test/unit", "test/models", "test/random_operations", "test/fault", "test/static", "test/compile_fail", "examples")


def header_problems(tree, listed):
    found = [header.name for header in headers(tree)]
    yield from (f"the meson.build of its root does not list {name}" for name in found if name not in listed)
    yield from (f"listed, not on disk: {name}" for name in listed if name not in found)
    yield from (f"in two roots: {name}" for name in sorted(set(found)) if found.count(name) > 1)


def policy_problems(tree):
    """Yields the policies of allocators that quire/quire.hpp, which promises all of them, does not include. Those that
    recycle belong to pools, which have a header of their own."""
    everything = {header.name: header for header in headers(tree)}
    reached, to_visit = set(), ["quire/quire.hpp"]
    while to_visit:
        name = to_visit.pop()
        if name in everything and name not in reached:
            reached.add(name)
            to_visit += [spelling.strip("<>") for _, spelling in everything[name].includes()]
    yield from (f"quire/quire.hpp does not include {header.name}"
                for header in everything.values()
                if header.root == "policies" and header.name not in reached
                and not header.name.startswith("quire/recycling/"))


def source_problems(tree):
    """Yields unlisted sources. The nearest meson.build lists each by its relative path or by its name without the
    suffix; a script beside it lists sources that Meson does not build."""
    for folder in SOURCE_FOLDERS:
        for path in sorted((tree / folder).rglob("*.cpp")):
            build = next(parent / "meson.build" for parent in path.parents
                         if parent == tree / folder or (parent / "meson.build").exists())
            text = build.read_text(encoding="utf-8") if build.exists() else ""
            from_there = path.relative_to(build.parent)
            scripts = "".join(script.read_text(encoding="utf-8") for script in build.parent.glob("*.py"))
            if not (f"'{from_there}'" in text or f"'{path.stem}'" in text or f'/{from_there}"' in scripts):
                yield f"{build.relative_to(tree)} does not list {from_there}"


def problems(tree, listed):
    yield from header_problems(tree, listed)
    yield from policy_problems(tree)
    yield from source_problems(tree)


if __name__ == "__main__":
    report(list(problems(tree_argument(), sys.argv[2:])), f"{len(sys.argv) - 2} headers listed")
