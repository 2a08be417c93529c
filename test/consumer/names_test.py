# SPDX-License-Identifier: BSL-1.0
"""The reader of declarations that writes the module finds each name that a header declares, and no other.

usage: names_test.py
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools/one_file"))

from library import Refused, branches, calls_on  # noqa: E402
from names import declared  # noqa: E402

DECLARES = {
    "class a;": ["a"],
    "struct a final : b<int>, c { int d; void e() {} };": ["a"],
    "template <class T, std::size_t N = (sizeof(T) > 4)>\nclass a;": ["a"],
    "template <>\nstruct a<int> {};": [],
    "template <class T>\nclass a<T>::inner {\n};": [],
    "template <class T>\n  requires requires(T t) { t.x(); }\nstruct a {};": ["a"],
    "template <class T>\n  requires(N<T> < 3) && other<T>\n[[nodiscard]] int a(T t) noexcept {\n  return {};\n}": ["a"],
    "template <class T>\nvoid a() requires requires { T{}; } {\n}": ["a"],
    "template <class T>\nconcept a = requires { typename T::b; } && c<T>;": ["a"],
    "enum class a : unsigned char { b, c };": ["a"],
    "using a = b<std::size_t{1} << 20, c>;": ["a"],
    "inline constexpr int a = 1, b = a;": ["a", "b"],
    "inline constexpr a b{1, 2};": ["b"],
    "inline constexpr const char* a[] = {\"{\", \"}\"};": ["a"],
    "class [[nodiscard]] a {};": ["a"],
    "template <class T>\na(T) -> a<T>;": ["a"],
    "constexpr auto operator<=>(const a&, const a&) = default;": ["operator<=>"],
    "inline a& operator<<(a& out, b) {\n  return out << '{';\n}": ["operator<<"],
    "consteval a operator\"\"_KiB(unsigned long long n) { return n << 10; }": ["operator\"\"_KiB"],
    "static_assert(sizeof(a) < 4, \"; {\");": [],
    "// class a;\n#define b \\\n  class c;\nclass d;": ["d"],
}


def problems():
    for text, expected in DECLARES.items():
        wrapped = f"namespace quire::x {{\n{text}\n}}  // namespace quire::x".splitlines()
        if (found := sorted(declared(wrapped))) != [("quire::x", name) for name in expected]:
            yield f"of these lines, {found} was read:\n{text}"
    nested = "namespace quire {\ninline namespace a {\nint b();\n}\nnamespace {\nint c();\n}\n}".splitlines()
    if (found := declared(nested)) != [("quire::inline a", "b"), ("quire::", "c")]:
        yield f"of nested namespaces, {found} was read"
    ladder = "#pragma once\n#if A  // first\na\n#if B\nb\n#endif\n#elif C\nc\n#else\n#error\n#endif".splitlines()
    if (found := branches(ladder)) != [("#if A  // first", ["a", "#if B", "b", "#endif"]), ("#elif C", ["c"]), ("#else", ["#error"])]:
        yield f"of conditions, {found} was read"
    try:
        calls_on("quire/calls/of_no_list.hpp")
        yield "a header of calls/ that no system is named for is taken for one of every system"
    except Refused:
        pass


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or f"{len(DECLARES)} kinds of declarations are read")
    sys.exit(bool(found))
