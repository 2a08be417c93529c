# SPDX-License-Identifier: BSL-1.0
"""The glossary holds: the names that it lists occur in the headers, and the words that they replace do not.

usage: glossary.py TREE

The table of docs/glossary.md has the columns term, names, old words and meaning. An old word in backticks is searched
in the identifiers of headers, as a part between underscores; without backticks also in comments and documents.
"""

import re

from tree import blanked, headers, report, tree_argument

GLOSSARY = "docs/glossary.md"
IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*\b")
QUOTED = re.compile(r"`([^`]+)`")


def rows(text):
    """Yields number, names, old identifiers and old words of each line of the table."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "Term":
            plain = [word.strip() for word in QUOTED.sub("", cells[2]).split(",") if word.strip()]
            yield number, QUOTED.findall(cells[1]), QUOTED.findall(cells[2]), plain


def old_identifiers(code, words):
    """Yields line number and identifier where an identifier of the code contains one of the words."""
    forbidden = re.compile(rf"(?:^|_)(?:{'|'.join(map(re.escape, words))})(?:_|$)")
    for number, line in enumerate(code.splitlines(), 1):
        if re.search(r"\boverride\b", line):
            continue  # the interface of an engine has given the name
        yield from ((number, name) for name in IDENTIFIER.findall(line) if forbidden.search(name))


def texts(tree, everything):
    """Yields path and text of all that people read: headers, and documents except the glossary."""
    yield from ((header.path, header.text) for header in everything)
    for path in sorted([*tree.glob("*.md"), *tree.glob("docs/*.md")]):
        if (name := path.relative_to(tree).as_posix()) != GLOSSARY:
            yield name, path.read_text(encoding="utf-8")


def problems(tree):
    everything = headers(tree)
    code = {header.path: blanked(header.text) for header in everything}
    known = {name for text in code.values() for name in IDENTIFIER.findall(text)}
    table = list(rows((tree / GLOSSARY).read_text(encoding="utf-8")))
    for number, names, _, _ in table:
        yield from (f"{GLOSSARY}:{number}: no header has {name}" for name in names if name not in known)
    identifiers = [word for _, _, quoted, plain in table for word in quoted + plain]
    words = [word for _, _, _, plain in table for word in plain]
    for path, text in code.items():
        yield from (f"{path}:{number}: {name} has an old word of the glossary"
                    for number, name in old_identifiers(text, identifiers))
    spoken = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.I)
    for path, text in texts(tree, everything):
        for number, line in enumerate(text.splitlines(), 1):
            if found := spoken.search(line):
                yield f"{path}:{number}: '{found[0]}' is an old word of the glossary"


if __name__ == "__main__":
    report(list(problems(tree_argument())), "the glossary holds")
