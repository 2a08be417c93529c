# SPDX-License-Identifier: BSL-1.0
"""Rules for the text of each header, and for every file of the project.

usage: rules.py TREE
"""

import re

from tree import headers, report, tree_argument

MOST_LINES = 400
ASKS_THE_COMPILER = {"quire/result.hpp", "quire/bad_alloc.hpp", "quire/format.hpp", "quire/detail/poisoning.hpp"}
KNOWS_VIRTUAL = {
    "quire/bad_alloc.hpp",  # derives from std::bad_alloc
    "quire/error_code.hpp",  # derives from std::error_category
    "quire/basic_arena_resource.hpp",  # std::pmr's interface
    "quire/engine/jitlink.hpp",  # LLVM's interface
    "quire/engine/v8.hpp",  # V8's interface
}

CONDITIONAL = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|elifdef|elifndef)\b")
PLATFORM = re.compile(r"\b(_WIN(32|64)|__(linux|gnu_linux|unix|APPLE|MACH|ANDROID|QNX|QNXNTO|FreeBSD|NetBSD|OpenBSD|"
                      r"CYGWIN|MINGW32|wasm|wasi|x86_64|i386|aarch64|arm|ARM_\w+|riscv|powerpc64|sparc)(__)?)\b")
GNU_MACRO = re.compile(r"\b(linux|unix)\b")
VIRTUAL = re.compile(r"\b(virtual|override|dynamic_cast|typeid)\b")

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
# The last only in prose: a user is called 'nobody'.
VAGUE = re.compile(r"\b(some" r"body|who" r"ever|of" r" which|no" r"body(?= [a-z]))\b", re.I)
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(home|root|tmp|work|Users)/")
BLOCK = re.compile(r"^(?!namespace\b)[A-Za-z\[](?:\"[^\"\n]*\"|[^;{}\"]|\{[^{}\n]*\})*\{\n.*?^}", re.M | re.S)
CASE = re.compile(r"(TEMPLATE_(LIST_)?)?TEST_CASE(_SIG)?\(")
NAME = re.compile(r"(?:template <[^\n]*>\n)?(?:(?:class|struct) (\w+)|[^(]*?(\w+)\()")
STARTS_THREADS = re.compile(r"\bstd::(j?thread\b(?!::)|async\()|\bpthread_create\(")
PROJECT = ("include", "policies", "backends", "test", "benchmarks", "docs", "examples", "tools", "cmake", "modules",
           "packaging", ".ci", ".github")


def asks_the_system(header):
    return header.name.startswith("quire/calls/") or header.name == "quire/native.hpp"


def header_problems(header):
    lines = sum(not line.startswith(("#include", "// SPDX-")) for line in header.text.splitlines())
    if lines > MOST_LINES:
        yield f"{header.path}: {lines} lines below its includes, {MOST_LINES} at most"
    for number, line in header.code():
        place = f"{header.path}:{number}"
        if not asks_the_system(header):
            if PLATFORM.search(line):
                yield f"{place}: only calls/ and native.hpp may ask about the platform"
            elif CONDITIONAL.match(line) and header.name not in ASKS_THE_COMPILER:
                yield f"{place}: only {', '.join(sorted(ASKS_THE_COMPILER))} may ask about the compiler"
        if match := GNU_MACRO.search(line):
            yield f"{place}: {match[1]} is a macro in the GNU dialects"
        if (match := VIRTUAL.search(line)) and header.name not in KNOWS_VIRTUAL:
            yield f"{place}: {match[1]} has no place in a library without dynamic dispatch"


def project_files(tree):
    yield from (path for path in tree.iterdir() if path.is_file() and path.name != ".git")
    for folder in PROJECT:
        yield from (path for path in sorted((tree / folder).rglob("*")) if path.is_file())


def file_problems(tree, path):
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, 1):
        place = f"{path.relative_to(tree).as_posix()}:{number}"
        if match := UNFINISHED.search(line):
            yield f"{place}: {match[1]}: finish it, or open an issue"
        if match := VAGUE.search(line):
            yield f"{place}: '{match[0]}' leaves open who or what is meant: name it"
        if match := MACHINE_PATH.search(line):
            yield f"{place}: {match[0]} is a path of one machine"


def shadowed_modules(tree):
    """A script that puts two folders on its path finds the first of two modules with one name."""
    modules = sorted((tree / "test").rglob("*.py"))
    for shared in (path for path in modules if path.parent == tree / "test/tools"):
        for other in modules:
            if other.name == shared.name and other != shared:
                yield f"{other.relative_to(tree).as_posix()}: test/tools has a module of this name"


def untagged_cases(tree):
    """A sanitizer of threads runs the cases with the tag, and no others. A case starts threads by itself, or by what else
    is in its file."""
    for path in sorted((tree / "test/unit").rglob("*.cpp")):
        text = path.read_text(encoding="utf-8")
        blocks = list(BLOCK.finditer(text))
        starters = [name[1] or name[2] for block in blocks if not CASE.match(block[0]) and STARTS_THREADS.search(block[0])
                    and (name := NAME.match(block[0]))]
        by_name = re.compile("|".join(rf"\b{name}\b" for name in starters) or r"(?!)")
        for block in blocks:
            if CASE.match(block[0]) and "[threads]" not in block[0] and (
                    STARTS_THREADS.search(block[0]) or by_name.search(block[0])):
                line = text.count("\n", 0, block.start()) + 1
                yield f"{path.relative_to(tree).as_posix()}:{line}: this case starts threads, and is not tagged [threads]"


def problems(tree):
    for header in headers(tree):
        yield from header_problems(header)
    yield from shadowed_modules(tree)
    yield from untagged_cases(tree)
    for path in project_files(tree):
        yield from file_problems(tree, path)


if __name__ == "__main__":
    report(list(problems(tree_argument())), f"{len(list(project_files(tree_argument())))} files keep to the rules")
