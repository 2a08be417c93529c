# SPDX-License-Identifier: BSL-1.0
"""Docstrings that belong to no name: Clang has lost the declaration, as it may where the header of an engine is not
installed, or the docstring stands where nothing is declared."""
import re

from public_names import FOR_THE_LIBRARY

OPENS_DETAIL = re.compile(r"namespace [\w:]*\bdetail\b[\w:]* \{$")
CLOSES_DETAIL = re.compile(r"\}  // namespace [\w:]*\bdetail\b")
ELSEWHERE = re.compile(r"namespace |template <.*\bstruct std::")


def places(names):
    for name in names:
        yield name.place
        yield from places(name.members)


def orphans(reader):
    taken = set(places(reader.names))
    hidden = {name for _, name in reader.hidden}
    for path in reader.headers:
        file = path.relative_to(reader.root).as_posix()
        for line, text in described(reader.lines[path], hidden):
            of_hidden = (match := re.search(r"::(\w+) final", text)) and match[1] in hidden
            if not (f"{file}:{line}" in taken or of_hidden or ELSEWHERE.match(text) or FOR_THE_LIBRARY.search(text)):
                yield f"{file}:{line}: a docstring without a name: {text.strip()}"


def described(lines, hidden_classes):
    """The number and the text of each line behind a docstring that is for users."""
    inside, hidden, in_hidden, waits = False, False, False, False
    for number, line in enumerate(lines, 1):
        inside = (inside or bool(OPENS_DETAIL.match(line))) and not CLOSES_DETAIL.match(line)
        if line in (" public:", " private:", " protected:"):
            hidden = line != " public:"
        elif match := re.match(r"(class|struct) (?:\w+(?:<.*?>)?::)?(\w+)", line):
            hidden, in_hidden = match[1] == "class", match[2] in hidden_classes
        elif line == "};":
            in_hidden = False
        if line.lstrip().startswith("///"):
            waits = True
        elif waits and not re.match(r"\s*//", line):
            waits = False
            is_for_users = not line.startswith(" ") or not hidden and not in_hidden
            if not inside and is_for_users:
                yield number, line if not line.startswith("template") else line + " " + lines[number]
