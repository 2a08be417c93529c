# SPDX-License-Identifier: BSL-1.0
"""The public names of the headers, as Clang sees them, with the text of their declarations and their docstrings as they
are written. Clang parses all headers in one translation unit; what the headers of an engine or of another system would
declare is missing there, which costs nothing but types in declarations that are shown as source text anyway."""
import dataclasses
import itertools
import pathlib
import re
import sys

# Debian installs the bindings for its own interpreter; another Python that comes first in PATH can use them too.
sys.path.append("/usr/lib/python3/dist-packages")

from clang import cindex  # noqa: E402
from clang.cindex import CursorKind as K  # noqa: E402
from declaration import shown  # noqa: E402

ROOTS = ("include", "policies", "backends")
# Parts that a program neither names nor includes: how the headers work inside, the calls of each system, and the
# readers of a system that the stores and detect() share.
INTERNAL = re.compile(r"/detail/|^backends/quire/(calls|system|detect)/")

# A constructor that only other parts of the library can call.
FOR_THE_LIBRARY = re.compile(r"^[^{]*\(detail::(from_parts|a_policy_or_store_that)")

KEEP_GOING = 0x200  # CXTranslationUnit_KeepGoing: a header that is not here ends nothing
SKIP_BODIES = cindex.TranslationUnit.PARSE_SKIP_FUNCTION_BODIES

CLASSES = {K.STRUCT_DECL, K.CLASS_DECL, K.UNION_DECL, K.CLASS_TEMPLATE, K.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION}
FUNCTIONS = {K.FUNCTION_DECL, K.FUNCTION_TEMPLATE, K.CXX_METHOD, K.CONSTRUCTOR, K.DESTRUCTOR, K.CONVERSION_FUNCTION}
WORDS = {K.CONCEPT_DECL: "concept", K.ENUM_DECL: "enum", K.ENUM_CONSTANT_DECL: "enumerator", K.FIELD_DECL: "field",
         K.VAR_DECL: "variable", K.TYPE_ALIAS_DECL: "alias", K.TYPE_ALIAS_TEMPLATE_DECL: "alias",
         K.TYPEDEF_DECL: "alias"}
WORDS[K.UNEXPOSED_DECL] = "variable"  # a variable template, where the bindings have no word for it
WORDS |= dict.fromkeys(CLASSES, "class") | dict.fromkeys(FUNCTIONS, "function")


@dataclasses.dataclass
class Name:
    kind: str
    name: str
    scope: tuple  # of the names around it, from quire on
    header: str  # as it is included; empty if it is of a base class in detail/
    place: str  # file and line
    declaration: str
    doc: list  # paragraphs, as lines of Markdown
    note: str  # the comment behind a field, an enumerator or an alias
    members: list = dataclasses.field(default_factory=list)
    bases: list = dataclasses.field(default_factory=list)  # names of templates whose public members it has
    specialization: bool = False

    @property
    def qualified(self):
        return "::".join((*self.scope, self.name))

    @property
    def reads_only(self):
        return bool(re.search(r"\)\s*const\b|^(template.*\n)?\s*(static|friend)\b", self.declaration))

    @property
    def is_plain(self):
        """A structure that a program fills in or reads, member by member."""
        return self.kind == "class" and any(each.kind == "field" for each in self.members) and not any(
            each.kind in ("alias", "class") and each.name != "axis" for each in self.members)

    @property
    def is_special(self):
        """A member whose meaning the language or the standard library's conventions give."""
        own = re.escape(self.scope[-1]) if self.scope else ""
        return bool(self.name.startswith("~") or re.search(r"=\s*(default|delete)$|\boverride$", self.declaration)
                    or re.search(rf"\b(operator=|{own})\((const )?{own}(<[^()]*>)?(&&|&)", self.declaration))


def public_headers(root):
    found = {}
    for top in ROOTS:
        for path in sorted((root / top).rglob("*.hpp")):
            if not INTERNAL.search(path.relative_to(root).as_posix()):
                found[path] = path.relative_to(root / top).as_posix()
    return found


class Reader:
    def __init__(self, root):
        self.headers = public_headers(root)
        self.root = root
        self.lines, self.texts, self.of_detail = {}, {}, {}
        self.names, self.seen, self.errors = [], set(), []
        self.not_here = set()  # headers of engines and systems that Clang did not find
        self.hidden = set()  # (class, nested class that is not public)
        self.introductions = {}  # the comment at the top of a header
        self.namespaces = {}  # with a docstring: qualified name to its paragraphs
        self.standard = {}  # members of class templates of std that docstrings refer to

    def read(self):
        source = "".join(f"#include <{name}>\n" for name in self.headers.values())
        arguments = ["-std=c++23", "-ferror-limit=0", *(f"-I{self.root / top}" for top in ROOTS)]
        unit = cindex.Index.create().parse("every_header.cpp", args=arguments, options=SKIP_BODIES | KEEP_GOING,
                                           unsaved_files=[("every_header.cpp", source)])
        for found in unit.diagnostics:
            where = str(found.location.file)
            if missing := re.match(r"'(.+)' file not found", found.spelling):
                self.not_here.add(missing[1])
            if found.severity >= cindex.Diagnostic.Error and not re.search("/(engine|heap|calls)/", where):
                self.errors.append(f"{where}:{found.location.line}: {found.spelling}")
        for path, name in self.headers.items():
            self.text(path)
            self.introductions[name] = self.introduction(self.lines[path])
        self.walk(unit.cursor, ())
        return self.names

    def walk(self, cursor, scope):
        for child in cursor.get_children():
            if child.kind == K.NAMESPACE:
                if scope or child.spelling == "quire":
                    self.take_namespace(child, "::".join((*scope, child.spelling)))
                    self.walk(child, (*scope, child.spelling))
                elif child.spelling == "std":
                    self.take_standard(child)
            elif scope and child.location.file:
                self.take(child, scope, self.names)

    def take_namespace(self, cursor, qualified):
        path = pathlib.Path(cursor.location.file.name)
        if path in self.headers:
            self.text(path)
            if doc := self.doc_above(path, cursor.extent.start.line):
                self.namespaces[qualified] = doc

    def take_standard(self, cursor):
        for child in cursor.get_children():
            if child.kind == K.CLASS_TEMPLATE and child.spelling == "vector" and child.is_definition():
                self.standard["std::vector"] = {re.sub("<.*", "", m.spelling) for m in child.get_children()}

    def take(self, cursor, scope, into):
        inside = "detail" in scope or "" in scope
        path = pathlib.Path(cursor.location.file.name)
        if cursor.semantic_parent.kind in CLASSES:  # a nested class that is defined after the class around it
            if (cursor.semantic_parent.spelling, cursor.spelling) in self.hidden:
                return
            scope = (*scope, cursor.semantic_parent.spelling)
        if cursor.kind == K.FRIEND_DECL:
            for child in cursor.get_children():
                if child.kind in FUNCTIONS:
                    self.add(child, cursor, scope, into, path)
            return
        if cursor.kind not in WORDS or cursor.kind in CLASSES | {K.ENUM_DECL} and not cursor.is_definition():
            return
        if inside:
            if cursor.kind in CLASSES and self.root in path.parents:
                members = []
                self.take_members(cursor, (*scope, cursor.spelling), members)
                self.of_detail.setdefault(cursor.spelling, []).extend(members)
        elif path in self.headers:
            self.add(cursor, cursor, scope, into, path)

    def add(self, cursor, outer, scope, into, path):
        start, line = self.start_of(path, outer)
        key = (path, start)
        end = outer.extent.end.offset or self.text(path).find(b"}", start)
        text = self.text(path)[start:end].decode()
        if key in self.seen or FOR_THE_LIBRARY.search(text) or re.match(r"$|[(<]", cursor.spelling):
            return  # the last: no name, or a deduction guide
        if cursor.kind == K.UNEXPOSED_DECL and not re.match(r"template <[^;{}]*\bconstexpr\b", text):
            return
        self.seen.add(key)
        kind = WORDS[cursor.kind]
        name = Name(kind, re.sub(r"<.*", "", cursor.spelling) if kind == "function" and
                    not cursor.spelling.startswith("operator") else cursor.spelling, scope,
                    self.headers.get(path, ""), f"{path.relative_to(self.root)}:{line}",
                    shown(text, kind, start - self.text(path).rfind(b"\n", 0, start) - 1), self.doc_above(path, line),
                    self.note_behind(path, outer.extent.end.line or line))
        name.specialization = (cursor.kind == K.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION or
                               text.startswith("template <>"))
        into.append(name)
        if kind in ("class", "enum"):
            self.take_members(cursor, (*scope, cursor.spelling), name.members)
            name.bases = [base.spelling for base in cursor.get_children() if base.kind == K.CXX_BASE_SPECIFIER and
                          base.access_specifier == cindex.AccessSpecifier.PUBLIC]

    def start_of(self, path, cursor):
        """Clang knows no start of a function template whose parameters are `auto`; its line begins there."""
        if cursor.extent.start.line:
            return cursor.extent.start.offset, cursor.extent.start.line
        text, at = self.text(path), cursor.location
        begin = text.rfind(b"\n", 0, at.offset) + 1
        return begin + len(text[begin:]) - len(text[begin:].lstrip()), at.line

    def take_members(self, cursor, scope, into):
        hidden = not opens_public(self.text(pathlib.Path(cursor.location.file.name)), cursor)
        for child in cursor.get_children():
            if child.kind == K.CXX_ACCESS_SPEC_DECL:
                hidden = child.access_specifier != cindex.AccessSpecifier.PUBLIC
            if hidden and child.kind in CLASSES:
                self.hidden.add((cursor.spelling, child.spelling))
            if child.kind == K.FRIEND_DECL or not hidden and child.kind in WORDS:
                path = pathlib.Path(child.location.file.name)
                if child.kind == K.FRIEND_DECL:
                    for friend in child.get_children():
                        if friend.kind in FUNCTIONS:
                            self.add(friend, child, scope, into, path)
                elif not (child.kind in CLASSES and not child.is_definition()):
                    self.add(child, child, scope, into, path)

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = path.read_bytes()
            self.lines[path] = self.texts[path].decode().split("\n")
        return self.texts[path]

    @staticmethod
    def introduction(lines):
        start = lines.index("#pragma once") + 1
        return [re.sub("^// ?", "", line) for line in itertools.takewhile(lambda line: line.startswith("//"),
                                                                          lines[start:])]

    def doc_above(self, path, line):
        lines = self.lines[path]
        while re.match(r"\s*//( |$)", lines[line - 2]):  # for those who read the code, between the docstring and it
            line -= 1
        first = line - 1
        while first and lines[first - 1].lstrip().startswith("///"):
            first -= 1
        return [re.sub(r"^\s*/// ?", "", each) for each in lines[first:line - 1]]

    def note_behind(self, path, line):
        """The comment behind a declaration, and what continues it on lines of their own in the same column."""
        lines = self.lines[path]
        found = re.match(r"^(.*[;,{}\w\"')\]]\s*)// (.*)$", lines[line - 1])
        if not found:
            return ""
        words, column = [found[2]], len(found[1])
        while (more := re.match(r"^\s+// (.*)$", lines[line])) and lines[line].index("//") == column:
            words.append(more[1])
            line += 1
        return " ".join(words)


def opens_public(text, cursor):
    """Whether members are public from the start. Clang tells no access of what it could not understand."""
    head = text[cursor.extent.start.offset:cursor.location.offset].decode()
    return not re.search(r"\bclass\s[^<>;{}]*$", head) or cursor.kind == K.ENUM_DECL
