# SPDX-License-Identifier: BSL-1.0
"""Each lint rule reports a constructed tree that breaks it, and stays silent on one that does not.

usage: selftest.py TREE       TREE lends its .clang-format and .clang-tidy
"""

import contextlib
import pathlib
import shutil
import sys
import tempfile

import format as formatting
import glossary
import layers
import listed
import rules
import spdx
import tidy
import version
from tree import tree_argument

CORE, TOP, POLICY = "include/quire/detail/core.hpp", "include/quire/units.hpp", "policies/quire/placement/local.hpp"
ALLOCATOR, ABOVE, ENGINE = "include/quire/page_allocator.hpp", "include/quire/system/a.hpp", "include/quire/engine/a.hpp"
HEAP = "include/quire/heap/a.hpp"
READER = "backends/quire/system/linux/a.hpp"
STORE, CALLS = "backends/quire/backing/a.hpp", "backends/quire/calls/a.hpp"
DETECT, PLATFORM, NATIVE = "backends/quire/detect/a.hpp", "backends/quire/platform/a.hpp", "backends/quire/native.hpp"
UMBRELLA, GLOSSARY = "backends/quire/quire.hpp", glossary.GLOSSARY


def including(*paths):
    """Returns a header that includes those with the given paths."""
    return "".join(f"#include <{path.partition('/')[2]}>\n" for path in paths)


SOUND = {
    CORE: "// linux; virtual; #if defined(__linux__)\n#include <cstddef>\n#include <boost/config.hpp>\n"
          "constexpr auto n = 65'536; constexpr auto c = 'x', text = \"unix\";\n",
    TOP: "",
    ALLOCATOR: including(CORE, TOP),
    ABOVE: including(CORE, ALLOCATOR),
    ENGINE: including(ALLOCATOR),
    HEAP: including(ALLOCATOR),
    POLICY: including(CORE),
    READER: including(CORE, ABOVE),
    STORE: including(CORE, ABOVE, READER),
    CALLS: including(CORE) + "#include <sys/mman.h>\n#include <cerrno>\n#ifdef MADV_COLD\n#endif\n",
    DETECT: including(CORE, READER, CALLS),
    PLATFORM: including(CORE, POLICY, STORE, CALLS, DETECT),
    NATIVE: including(PLATFORM) + "#if defined(__linux__)\n#endif\n",
    UMBRELLA: including(NATIVE, POLICY),
    "include/quire/engine/wasm2c.hpp": "#include <wasm-rt.h>\n",
    "include/quire/heap/mimalloc.hpp": "#include <mimalloc.h>\n",
    "include/quire/engine/boost_context.hpp": "#include <boost/context/stack_context.hpp>\n",
    "include/quire/result.hpp": "#if __cplusplus < 202100L\n#endif\n",
    "include/quire/error_code.hpp": "const char* name() const noexcept override;\n",
    GLOSSARY: "| Term | Names | Old words | Meaning |\n|---|---|---|---|\n| word | `c` | bad, `worse_name` | A letter. |\n",
    "meson.build": "project('a', 'cpp',\n  version: '1.2.30',\n  license: 'x')\n",
    version.HEADER: '#define QUIRE_VERSION 10230\n#define QUIRE_VERSION_STRING "1.2.30"\n',
    version.CHANGELOG: "## [Unreleased]\n## [1.2.30] - 2026-11-30\n### Added\n## [1.2.4] - 2026-01-01\n",
    "test/unit/a.cpp": "constexpr int nobody = 65534;\n",
    "test/unit/meson.build": "sources = ['a.cpp']\n",
}

HOME = "/" + "home" + "/"  # in pieces, since this file has to obey the rules as well

# Script, the files that differ from the sound tree, and the expected problem: the file and a word of the complaint.
BROKEN = [
    (layers, {CORE: including(POLICY)}, "core.hpp:1: detail may not include policies"),
    (layers, {CORE: including(STORE)}, "detail may not include backing"),
    (layers, {CORE: including(ABOVE), ABOVE: ""}, "detail may not include system"),
    (layers, {TOP: including(ABOVE), ABOVE: ""}, "page_allocator.hpp is the core, and comes to include quire/system/a.hpp"),
    (layers, {CORE: including(TOP), TOP: including(ALLOCATOR)}, "these include each other: quire/"),
    (layers, {ABOVE: including(PLATFORM)}, "system may not include platform"),
    (layers, {ABOVE: including(READER)}, "system may not include reading"),
    (layers, {ENGINE: including(STORE)}, "engine may not include backing"),
    (layers, {HEAP: including(ENGINE)}, "heap may not include engine"),
    (layers, {TOP: including(HEAP), HEAP: ""}, "top may not include heap"),
    (layers, {HEAP: "#include <mimalloc.h>\n"}, "<mimalloc.h> belongs to backends/quire/calls/"),
    (layers, {POLICY: including(STORE)}, "policies may not include backing"),
    (layers, {READER: including(STORE)}, "reading may not include backing"),
    (layers, {READER: including(CALLS)}, "reading may not include calls"),
    (layers, {STORE: including(CALLS)}, "backing may not include calls"),
    (layers, {STORE: including(DETECT)}, "backing may not include detect"),
    (layers, {STORE: including(POLICY)}, "backing may not include policies"),
    (layers, {CALLS: including(STORE)}, "calls may not include backing"),
    (layers, {DETECT: including(STORE)}, "detect may not include backing"),
    (layers, {DETECT: including(POLICY)}, "detect may not include policies"),
    (layers, {PLATFORM: including(NATIVE)}, "platform may not include native"),
    (layers, {"backends/quire/other/a.hpp": ""}, "no layer is called other"),
    (layers, {CORE: "#include <quire/absent.hpp>\n"}, "there is no <quire/absent.hpp>"),
    (layers, {CORE: '#include "units.hpp"\n'}, "write <quire/...>"),
    (layers, {CORE: "#include <wasm-rt.h>\n"}, "<wasm-rt.h> belongs to"),
    (layers, {ENGINE: "#include <wasm-rt.h>\n"}, "<wasm-rt.h> belongs to"),
    (layers, {TOP: "#include <boost/context/stack_context.hpp>\n"}, "<boost/context/stack_context.hpp> belongs to"),
    (layers, {STORE: "#include <sys/mman.h>\n"}, "<sys/mman.h> belongs to"),
    (layers, {STORE: "#include <unistd.h>\n"}, "<unistd.h> belongs to"),
    (layers, {DETECT: "#include <numa.h>\n"}, "<numa.h> belongs to"),
    (layers, {PLATFORM: "#include <cerrno>\n"}, "<cerrno> belongs to"),
    (glossary, {CORE: ""}, "glossary.md:3: no header has c"),
    (glossary, {STORE: "int very_worse_name;\n"}, "a.hpp:1: very_worse_name has an old word"),
    (glossary, {STORE: "int bad_thing;\n"}, "a.hpp:1: bad_thing has an old word"),
    (glossary, {STORE: "int g() override; int bad_f();\nint bad_thing;\n"}, "a.hpp:2: bad_thing has an old word"),
    (glossary, {STORE: "\n// Bad words.\n"}, "a.hpp:2: 'Bad' is an old word"),
    (glossary, {"docs/a.md": "A bad word.\n"}, "docs/a.md:1: 'bad' is an old word"),
    (rules, {CORE: "\n" * 401}, "401 lines below its includes, 400 at most"),
    (rules, {CORE: "#ifdef __linux__\n#endif\n"}, "core.hpp:1: only calls/ and native.hpp"),
    (rules, {STORE: "#if defined(_WIN32)\n#endif\n"}, "only calls/ and native.hpp"),
    (rules, {"include/quire/result.hpp": "#if __aarch64__\n#endif\n"}, "only calls/ and native.hpp"),
    (rules, {PLATFORM: "#if __cplusplus > 202302L\n#endif\n"}, "may ask about the compiler"),
    (rules, {CORE: "#ifndef MADV_COLD\n#endif\n"}, "may ask about the compiler"),
    (rules, {CALLS: "namespace quire::linux {}\n"}, "linux is a macro"),
    (rules, {NATIVE: "int unix = 0;\n"}, "unix is a macro"),
    (rules, {POLICY: "struct a { virtual void f(); };\n"}, "virtual has no place"),
    (rules, {POLICY: "// " + "TO" + "DO: more\n"}, "finish it"),
    (rules, {"docs/a.md": "FIX" + "ME\n"}, "finish it"),
    (rules, {POLICY: "// Seen by who" + "ever reads it.\n"}, "local.hpp:1: 'who" + "ever' leaves open"),
    (rules, {"docs/a.md": "\nParts, one of" + " which fails.\n"}, "a.md:2: 'of" + " which' leaves open"),
    (rules, {"test/unit/a.cpp": "// No" + "body knows.\n"}, "a.cpp:1: 'No" + "body' leaves open"),
    (rules, {"docs/a.md": "see " + HOME + "me/a\n"}, f"a.md:1: {HOME} is a path of one machine"),
    (rules, {"dev": "cd " + HOME + "\n"}, f"dev:1: {HOME} is a path of one machine"),
    (rules, {"test/unit/a.cpp": "\nTEST_CASE(\"b\") {\n  std::thread c;\n}\n"}, "a.cpp:2: this case starts threads"),
    (rules, {"test/unit/a.cpp": "void c() {\n  std::thread d;\n}\nTEST_CASE(\"b\") {\n  c();\n}\n"}, "a.cpp:4: this case starts"),
    (rules, {"test/tools/a.py": "", "test/lab/a.py": ""}, "test/lab/a.py: test/tools has a module of this name"),
    (version, {version.HEADER: "#define QUIRE_VERSION 1230\n"}, "QUIRE_VERSION is not 10230"),
    (version, {version.HEADER: "#define QUIRE_VERSION 10230\n"}, 'QUIRE_VERSION_STRING is not "1.2.30"'),
    (version, {"meson.build": "project('a',\n  version: '1.3.0')\n"}, "the newest release is not 1.3.0"),
    (version, {version.CHANGELOG: ""}, "the newest release is not 1.2.30"),
    (version, {version.CHANGELOG: "## 1.2.30\n"}, "CHANGELOG.md:1: a heading is [Unreleased], or"),
    (version, {version.CHANGELOG: "## [1.2.30] - 2026-13-01\n"}, "a heading is [Unreleased], or"),
    (version, {version.CHANGELOG: "## [1.2.30] - 2026-11-30\n### News\n"}, "CHANGELOG.md:2: changes are Added"),
    (version, {version.CHANGELOG: "## [1.2.30] - 2026-11-30\n## [1.10.0] - 2026-11-29\n"}, "not in order"),
    (listed, {"include/quire/more.hpp": ""}, "the meson.build of its root does not list quire/more.hpp"),
    (listed, {CORE: None}, "listed, not on disk: quire/detail/core.hpp"),
    (listed, {"policies/quire/detail/core.hpp": ""}, "in two roots: quire/detail/core.hpp"),
    (listed, {UMBRELLA: including(NATIVE), PLATFORM: ""}, f"quire/quire.hpp does not include {POLICY[len('policies/'):]}"),
    (listed, {"test/unit/b.cpp": ""}, "test/unit/meson.build does not list b.cpp"),
    (listed, {"test/unit/area/b.cpp": ""}, "test/unit/meson.build does not list area/b.cpp"),
    (listed, {"test/unit/area/b.cpp": "", "test/unit/area/meson.build": ""}, "area/meson.build does not list b.cpp"),
]


@contextlib.contextmanager
def made_up_tree(files):
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        for name, text in files.items():
            if text is not None:
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_text(text, encoding="utf-8")
        yield tree


def complaints(script, changes):
    names = [path.partition("/")[2] for path in SOUND if path.endswith(".hpp")]
    with made_up_tree({**SOUND, **changes}) as tree:
        return "\n".join(script.problems(tree, names) if script is listed else script.problems(tree))


def rule_cases():
    """Yields what went wrong in each case, or None."""
    for script in (layers, rules, listed, glossary, version):
        found = complaints(script, {})
        yield f"{script.__name__} complains about the sound tree: {found}" if found else None
    for script, changes, expected in BROKEN:
        found = complaints(script, changes)
        yield None if expected in found else f"{script.__name__}, {changes}: no '{expected}' in '{found}'"


def licence_cases():
    """Yields what went wrong in each file that lacks its licence: it is reported, and mended once."""
    texts = {"a.hpp": ("#pragma once\n", "// {}\n#pragma once\n"), "b.py": ('"""Doc."""\n', '# {}\n"""Doc."""\n'),
             "dev": ("#!/bin/sh\nls\n", "#!/bin/sh\n# {}\nls\n"), "c.ld": ("ENTRY(a)\n", "/* {} */\nENTRY(a)\n"),
             "meson.build": ("", "# {}\n"), "cmake/a.cmake.in": ("set(A)\n", "# {}\nset(A)\n"),
             "d.wat": ("(module)\n", ";; {}\n(module)\n"), "e.md": ("# Title\n", "# Title\n"),
             ".github/a.yml": ("on: push\n", "# {}\non: push\n"), "f.dict": ('"a"\n', '"a"\n')}
    with made_up_tree({name: before for name, (before, _) in texts.items()}) as tree:
        found = "\n".join(spdx.problems(tree))
        changed, again = spdx.fix(tree), spdx.fix(tree)
        left = list(spdx.problems(tree))
        for name, (before, wanted) in texts.items():
            after, wanted = (tree / name).read_text(encoding="utf-8"), wanted.format(spdx.LICENCE)
            reported = f"{name}: does not begin with" in found
            yield None if after == wanted and reported == (before != wanted) else f"spdx, {name}: {after!r}, {found}"
        yield None if (changed, again, left) == (8, 0, []) else f"spdx: {changed} files changed, then {again}: {left}"


def tool_cases(project):
    """Tests the configuration of each tool, on a header with one fault and on the same header without it."""
    def format_says(tree, _):
        return formatting.clang_format(tree, "--dry-run", "--Werror").returncode

    def tidy_says(tree, header):
        return tidy.clang_tidy(tree, header, ["-xc++", "-std=c++23"]).returncode

    settings = {name: (project / name).read_text(encoding="utf-8") for name in (".clang-format", ".clang-tidy")}
    for tool, says, sound, broken in (
        (formatting.CLANG_FORMAT, format_says, "struct word {};\n", "struct  word{ };\n"),
        (tidy.CLANG_TIDY, tidy_says, "struct word {};\n", "struct Word {};\n"),
    ):
        if not shutil.which(tool):
            yield f"skipped: {tool} is not installed"
            continue
        for text, should_fail in ((sound, False), (broken, True)):
            with made_up_tree({CORE: text, **settings}) as tree:
                failed = says(tree, tree / CORE) != 0
            yield None if failed == should_fail else f"{tool} on '{text.strip()}': failed is {failed}"


def main(project):
    verdicts = [*rule_cases(), *licence_cases(), *tool_cases(project)]
    skipped = [verdict for verdict in verdicts if verdict and verdict.startswith("skipped: ")]
    failed = [verdict for verdict in verdicts if verdict and verdict not in skipped]
    print(*failed, *skipped, sep="\n")
    passed = len(verdicts) - len(failed) - len(skipped)
    print(f"{len(verdicts)} test cases: {passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(tree_argument()))
