# SPDX-License-Identifier: BSL-1.0
"""The tables of README.md and the order of docs/README.md name what there is: every policy on its axis, with the
parameters that it has; every ready-made typedef, at its system; headers that exist; and each document once.

usage: tables.py ROOT"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
readme = (root / "README.md").read_text()
AXES = ("protection", "tagging", "page_size", "placement", "residency")
SYSTEMS = {"linux": "Linux", "linux_arm64_mte": "Linux", "tock": "Tock", "cortex_m": "Cortex-M", "qnx": "QNX",
           "windows": "Windows", "macos": "macOS", "posix": "POSIX"}
TYPEDEF = re.compile(r"^using (\w+_allocator) =", re.M)
problems = []


def expect(holds, sentence):
    if not holds:
        problems.append(sentence)


def rows(heading):
    """The cells of each row of the first table below a heading."""
    part = readme.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    table = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def policies():
    """{axis: {name: parameters}}; each policy lies in a header of its name."""
    found = {axis: {} for axis in AXES}
    for axis in AXES:
        for path in sorted((root / "policies/quire" / axis).glob("*.hpp")):
            declared = re.search(rf"^(?:template <(.*)>\n)?struct {path.stem}\b", path.read_text(), re.M)
            expect(declared, f"{path.name} declares no policy of this name")
            if declared:
                found[axis][path.stem] = re.findall(r"\b(\w+)(?: =|,|$)", declared[1] or "")
    return found


def policies_are_in_the_table():
    found, listed, axis = policies(), {each: {} for each in AXES}, None
    for cells in rows("Policies and their cost"):
        axis = cells[0].replace(" ", "_") or axis
        for name, arguments in re.findall(r"`(\w+)(?:<([^`]*)>)?[^`]*`", cells[1]):
            listed[axis].setdefault(name, set()).update(re.findall(r"\b[A-Z]\w*", arguments))
    for each in AXES:
        expect(len(found[each]) > 2, f"only {sorted(found[each])} were found on the axis {each}")
        for name in found[each].keys() | listed[each].keys():
            expect(name in listed[each], f"README.md does not list {each}::{name}")
            expect(name in found[each], f"README.md lists {each}::{name}, which no header declares")
            for parameter in listed[each].get(name, ()):
                expect(parameter in found[each].get(name, ()),
                       f"README.md gives {each}::{name} a parameter {parameter}")


def typedefs_are_in_the_table():
    found = {}
    for path in sorted((root / "backends/quire/platform").glob("*.hpp")):
        for name in TYPEDEF.findall(path.read_text()):
            if "_jit_" not in name:  # for jit_memory alone: docs/jit.md
                found[name] = SYSTEMS[path.stem]
    listed = {}
    for cells in rows("Platforms"):
        for name in re.findall(r"`(\w+)`", cells[0]):
            listed[name] = cells[1]
    expect(listed.pop("native_allocator", None), "README.md does not list native_allocator")
    expect(len(found) > 20, f"only {sorted(found)} were found in the headers of platforms")
    for name in found.keys() | listed.keys():
        expect(name in listed, f"README.md does not list {name}")
        expect(name in found, f"README.md lists {name}, which no platform declares")
        if name in found and name in listed:
            expect(found[name] in listed[name], f"README.md says that {name} is for {listed[name]}")


def headers_exist():
    for header in set(re.findall(r"`quire/([\w/]+\.hpp)`", readme)):
        places = [root / top / "quire" / header for top in ("include", "policies", "backends")]
        expect(any(place.is_file() for place in places), f"README.md names quire/{header}, which is not there")


def documents_are_in_order():
    index = (root / "docs/README.md").read_text()
    listed = re.findall(r"^- \[[^]]+\]\(([^)#]+)\): \S.*$", index, re.M)
    for path in (path.name for path in sorted((root / "docs").glob("*.md")) if path.name != "README.md"):
        expect(listed.count(path) == 1, f"docs/README.md lists {path} {listed.count(path)} times")
    for path in listed:
        expect((root / "docs" / path).is_file(), f"docs/README.md lists {path}, which is not there")
    expect(index.count("\n- ") == len(listed), "a line of docs/README.md is not '- [Title](file): what it is about'")


policies_are_in_the_table()
typedefs_are_in_the_table()
headers_exist()
documents_are_in_order()
print("\n".join(problems) or "the tables name what there is")
sys.exit(bool(problems))
