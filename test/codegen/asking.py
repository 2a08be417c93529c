# SPDX-License-Identifier: BSL-1.0
"""Checks that queries about the machine allocate nothing and keep no state: searches the symbols of their object code.

usage: asking.py FOLDER OBJDUMP NM CXXFILT -- COMPILER FLAG...

The sources in sabotage_of_asking/ show that the check can fail.
"""

import re

import object_test

ASKING = re.compile(r"asking::\w+\(")
ALLOCATES = re.compile(r"(operator new\b.*|(m|c|re|aligned_)alloc|posix_memalign|strdup|fopen|opendir|__cxa_allocate_exception)$")
WRITABLE = "bBdDC"  # nm's letters for variables
CONSTANT = ".data.rel.ro"  # constants that contain addresses, which are written while the program is loaded


class Checker(object_test.Checker):
    def judge(self, source):
        """Returns the functions that query, and all complaints."""
        code, symbols = self.build(source)
        constants = {code.plain[name] for name, (section, _) in code.symbols.items() if section.startswith(CONSTANT)}
        found, complaints = [], []
        for line in symbols.splitlines():
            kind, name = re.match(r"[0-9a-f ]* (\w) (.+)", line).groups()
            if kind in "Tt" and ASKING.match(name):
                found.append(name)
            elif kind == "U" and ALLOCATES.match(name):
                complaints.append(f"allocates: {name}")
            elif kind in WRITABLE and name not in constants or name.startswith("guard variable"):
                complaints.append(f"keeps something: {name}")
        return found, complaints


def main(folder, checker):
    found, complaints = checker.judge(folder / "asking.cpp")
    print("\n".join(found))
    if not found:
        complaints.append("nothing that asks was found")
    return object_test.conclude(len(found), len(complaints), complaints, checker, folder / "sabotage_of_asking")


if __name__ == "__main__":
    object_test.start(main, Checker)
