# SPDX-License-Identifier: BSL-1.0
"""The names that a header declares at namespace scope. It reads C++ as this library writes it, and no other: without
macros that hide braces, and formatted by clang-format."""

import re

TOKEN = re.compile(r"""operator\s*(?:""\s*\w+|\(\)|\[\]|new\[\]|new|delete\[\]|delete|[^\s\w(]+)|\w+|<=>|<<|->|::|&&|\|\||\S""")
OPENING, CLOSING = "([{", ")]}"
KINDS = {"class", "struct", "union", "enum"}


def tokens(lines):
    """Returns the tokens without comments, directives and the contents of literals."""
    text, continued = [], False
    for line in lines:
        if not (continued or line.lstrip().startswith("#")):
            text.append(line)
            continued = False
        else:
            continued = line.endswith("\\")
    code = re.sub(r"""//[^\n]*|"(?:[^"\\\n]|\\.)*"(?!_)|(?<![\w])'(?:[^'\\\n]|\\.)+'""",
                  lambda found: "" if found[0].startswith("//") else "0", "\n".join(text))
    return TOKEN.findall(code)


class Reader:
    """Goes through the declarations of a header, and keeps the namespaces and the name of each."""

    def __init__(self, lines):
        self.tokens, self.at = tokens(lines), 0
        self.found = {}  # (namespace, name), in the order in which they are declared
        self.namespace([])

    def group(self):
        """Passes over what a bracket encloses."""
        depth = 0
        while True:
            depth += (self.tokens[self.at] in OPENING) - (self.tokens[self.at] in CLOSING)
            self.at += 1
            if depth == 0:
                return

    def angles(self):
        """Passes over what `<` encloses."""
        depth = 0
        while True:
            token = self.tokens[self.at]
            if token in OPENING:
                self.group()
                continue
            depth += (token == "<") - (token == ">")
            self.at += 1
            if depth == 0:
                return

    def namespace(self, path):
        while self.at < len(self.tokens) and self.tokens[self.at] != "}":
            if self.tokens[self.at] in ("inline", "namespace") and "namespace" in self.tokens[self.at:self.at + 2]:
                self.nested(path)
            elif self.tokens[self.at:self.at + 3] == ["extern", "0", "{"]:
                self.at += 2
                self.group()
            else:
                self.declaration(path)
        self.at += 1

    def nested(self, path):
        begin = self.tokens.index("namespace", self.at) + 1
        self.at = self.tokens.index("{", begin)
        inner = [name for name in self.tokens[begin:self.at] if name != "::"] or [""]
        if self.tokens[begin - 2] == "inline":
            inner[0] = f"inline {inner[0]}"
        self.at += 1
        self.namespace(path + inner)

    def declaration(self, path):
        """Passes over one declaration; the first name that it declares is kept, unless it specialises a template."""
        name, is_function, before = None, False, []
        decided = False
        while (token := self.tokens[self.at]) != ";":
            if not decided and (token == "template" or (token == "<" and before)):
                self.at += token == "template"
                if self.tokens[self.at] == "<":
                    self.angles()
                before.append("<>")
            elif self.tokens[self.at:self.at + 2] == ["[", "["]:  # attributes
                self.group()
            elif token in OPENING:
                if not decided and before and (token, before[-1]) != ("(", "requires"):
                    name, is_function, decided = self.named(token, before)
                requires = token == "{" and (before[-1:] == ["requires"] or before[-2:] == ["requires", "()"])
                self.group()
                if token == "{" and is_function and not requires:
                    break  # the body
                before.append(token + CLOSING[OPENING.index(token)])
                continue
            else:
                if token == "=" and not decided:
                    name, is_function, decided = self.named(token, before)
                before.append(token)
                self.at += 1
            if self.tokens[self.at] == ";" and not decided:
                name, is_function, decided = self.named(";", before)
            if name is not None and self.tokens[self.at:self.at + 3:2] == [",", "="]:  # another variable
                self.keep(path, self.tokens[self.at + 1])
        if self.at < len(self.tokens) and self.tokens[self.at] == ";":
            self.at += 1
        if name is not None:
            self.keep(path, name)

    def keep(self, path, name):
        self.found.setdefault(("::".join(path), name))

    @staticmethod
    def named(token, before):
        """What is declared by the tokens before a bracket, `=` or `;`: its name or None, whether it is a function, and
        whether that is decided."""
        last = before[-1] if before else ""
        if "static_assert" in before or before[:2] == ["using", "namespace"]:
            return None, False, True
        kind = next((word for word in before if word in KINDS), None)
        if token == "(":
            function = re.fullmatch(r"operator\W.*|[A-Za-z_]\w*", last) is not None
            return (last, True, True) if function and last not in ("noexcept", "decltype", "alignas") else (None, False, False)
        if kind is not None and token in "{;":
            tail = before[before.index(kind) + 1:]
            if ":" in tail:
                tail = tail[:tail.index(":")]
            words = [word for word in tail if word != "final"]
            return (None if "<>" in words or "::" in words else words[-1]), False, True
        if "requires" in before and token == "{":
            return None, False, False
        return (last if re.fullmatch(r"[A-Za-z_]\w*", last) else None), False, True


def declared(lines):
    """Returns pairs of a namespace and a name."""
    return list(Reader(lines).found)
