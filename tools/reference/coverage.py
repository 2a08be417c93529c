# SPDX-License-Identifier: BSL-1.0
"""Which public names have a description, and where it is: their own docstring or comment, that of an overload, that of
the plain structure or enumeration which consists of them, the concept or table that requires them, or the standard."""
import re

# Members that every container, iterator or value of the standard library has, with the meaning that they have there.
CONVENTIONS = frozenset("""
    value_type size_type difference_type reference const_reference pointer const_pointer iterator const_iterator
    reverse_iterator const_reverse_iterator element_type iterator_category iterator_concept
    begin end cbegin cend rbegin rend crbegin crend empty
    operator== operator<=> operator= operator* operator-> operator[] operator++ operator-- operator+ operator-
    operator+= operator-= swap rebind allocator_type
""".split())
LATER = {"append_range", "assign_range", "erase_if"}  # C++23's, which an older standard library lacks, and a function
# Namespaces of what a concept or a table describes for all: their members need no text of their own.
HELD_BY_CONCEPTS = {"backing", "bounds", "capability", "recycling", "protection", "tagging", "page_size", "placement",
                    "residency"}
INTERFACE_OF = re.compile(r"\bThe interface of (std::vector|page_allocator|basic_arena)\b")
REQUIRED = re.compile(r"\b[a-z]\w*\.(\w+)\(|\b[A-Z]\w*::(?:template )?(\w+)")
IN_TABLE = re.compile(r"^\| `(?:\w+ )*(\w+)[(<`]")


class Coverage:
    def __init__(self, reader):
        self.reader = reader
        self.required = self.requirements(reader)

    @staticmethod
    def requirements(reader):
        """Names that concepts require of a store or a policy, and the concept; and those that tables list."""
        found = {}
        for name in reader.names:
            if name.kind == "concept":
                body = name.declaration.split("=", 1)[-1]
                for match in REQUIRED.finditer(body):
                    found.setdefault(match[1] or match[2], name.qualified)
        tables = {**reader.namespaces, **reader.introductions}
        tables |= {name.qualified: name.doc for name in reader.names if name.kind == "concept"}
        for where, doc in tables.items():
            for line in doc:
                if match := IN_TABLE.match(line):
                    found.setdefault(match[1], where)
        return found

    def interface(self, of):
        if of in self.reader.standard:
            return self.reader.standard[of] | LATER
        return {member.name for name in self.reader.names if name.name == of for member in name.members
                if member.doc or member.note}

    def reason(self, name, siblings, owner=None):
        """How a name is described: "own", "overload", "whole", "special", "convention", "concept", or the class whose
        interface it has; None if it is not."""
        if name.doc or name.note:
            return "own"
        if any(each.name == name.name and each.scope == name.scope and (each.doc or each.note) for each in siblings):
            return "overload"
        if owner is None:
            return "overload" if name.specialization else None
        if owner.kind == "enum" or owner.is_plain and name.kind == "field":
            return "whole"
        if name.is_special or name.name == owner.name and "()" in name.declaration:
            return "special"
        if interface := INTERFACE_OF.search(" ".join(owner.doc)):
            if name.name in self.interface(interface[1]):
                return interface[1]
        if name.name in CONVENTIONS:
            return "convention"
        if owner.kind == "class" and set(owner.scope) & HELD_BY_CONCEPTS and name.name in self.required:
            return "concept"
        return None

    def without(self):
        """Every public name that nothing describes."""
        missing = []

        def visit(names, owner):
            for name in names:
                if self.reason(name, names, owner) is None:
                    missing.append(name)
                visit(name.members, name)

        visit(self.reader.names, None)
        return missing
