# SPDX-License-Identifier: BSL-1.0
"""The text of a declaration, cut out of a header."""
import re


def shown(text, kind, indent):
    """A declaration without its body, and without what only the compiler reads."""
    words = r"\b(BOOST_FORCEINLINE|BOOST_NOINLINE|BOOST_SYMBOL_VISIBLE) ?|\[\[(nodiscard|maybe_unused|gnu::\w+)\]\] ?"
    if kind in ("function", "class", "enum"):
        text = text[:end_of_head(text, kind)]
    elif kind == "variable" and text.count("\n") > 2:
        text = text[:text.find("=")] if "=" in text else text[:text.find("{")]
    lines, moved = [], 0
    for line in text.strip().rstrip(";").split("\n"):
        own = len(line) - len(line.lstrip())
        if own > indent + 8:  # aligned with something in the line before, which may have moved
            line = line[min(indent + moved, own):]
        elif lines:
            line = line[min(indent, own):]
        kept = re.sub(words, "", line)
        moved = len(line) - len(kept) if kept != line else moved
        lines.append(re.sub(r"\s*//.*", "", kept).rstrip())
    return "\n".join(lines).strip()


def end_of_head(text, kind):
    depth, at = 0, 0
    had_parameters = False
    while at < len(text):
        c = text[at]
        if c == "(" or c == "[":
            depth += 1
        elif c == ")" or c == "]":
            depth -= 1
            had_parameters |= depth == 0 and not re.search(r"(requires|noexcept|explicit)\s*\([^()]*$", text[:at])
        elif c == "{" and depth == 0:
            if not re.search(r"requires ?(\(.*\))? ?$", text[:at]):  # on one line: the body of a function is not
                return at
            at = closing(text, at)
        elif c == ":" and depth == 0 and text[at:at + 2] != "::" and text[at - 1] != ":":
            if kind == "class" or kind == "function" and had_parameters:
                return at
        at += 1
    return len(text)


def closing(text, at):
    depth = 0
    for i in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)
