# SPDX-License-Identifier: BSL-1.0
"""The version is the same in meson.build, in quire/version.hpp and at the top of the changelog, whose form is that of
Keep a Changelog.

usage: version.py TREE
"""

import re

from tree import report, tree_argument

HEADER, CHANGELOG = "include/quire/version.hpp", "CHANGELOG.md"
PROJECT = re.compile(r"^project\(.*?\bversion: '(\d+)\.(\d+)\.(\d+)'", re.M | re.S)
NUMBER = re.compile(r"^#define QUIRE_VERSION (\d+)\b", re.M)
TEXT = re.compile(r'^#define QUIRE_VERSION_STRING "(.*)"$', re.M)
RELEASE = re.compile(r"## \[(\d+\.\d+\.\d+)\] - \d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
KINDS = {"### Added", "### Changed", "### Deprecated", "### Removed", "### Fixed", "### Security"}


def project_version(tree):
    return tuple(map(int, PROJECT.search((tree / "meson.build").read_text(encoding="utf-8")).groups()))


def header_problems(text, version):
    major, minor, patch = version
    number, name = 10000 * major + 100 * minor + patch, f"{major}.{minor}.{patch}"
    if NUMBER.findall(text) != [str(number)]:
        yield f"{HEADER}: QUIRE_VERSION is not {number}"
    if TEXT.findall(text) != [name]:
        yield f'{HEADER}: QUIRE_VERSION_STRING is not "{name}"'


def changelog_problems(text, version):
    name, releases = ".".join(map(str, version)), []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## ") and line != "## [Unreleased]":
            if match := RELEASE.match(line):
                releases.append(match[1])
            else:
                yield f"{CHANGELOG}:{number}: a heading is [Unreleased], or [VERSION] - YEAR-MONTH-DAY"
        if line.startswith("### ") and line not in KINDS:
            yield f"{CHANGELOG}:{number}: changes are {', '.join(sorted(kind[4:] for kind in KINDS))}"
    if releases[:1] != [name]:
        yield f"{CHANGELOG}: the newest release is not {name}"
    if releases != sorted(set(releases), key=lambda each: [int(part) for part in each.split(".")], reverse=True):
        yield f"{CHANGELOG}: releases are not in order, the newest first"


def problems(tree):
    version = project_version(tree)
    yield from header_problems((tree / HEADER).read_text(encoding="utf-8"), version)
    yield from changelog_problems((tree / CHANGELOG).read_text(encoding="utf-8"), version)


if __name__ == "__main__":
    report(list(problems(tree_argument())), f"version {'.'.join(map(str, project_version(tree_argument())))}")
