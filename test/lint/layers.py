# SPDX-License-Identifier: BSL-1.0
"""Which layer may include which, and which headers may use system headers.

usage: layers.py TREE
"""

import re
from graphlib import CycleError, TopologicalSorter

from tree import headers, report, tree_argument

# A layer is a folder: the first one below quire/ in its root. Users include the headers directly in include/quire/:
# some of them make up the core together with its folders, others build on it.
CORE = {"detail", "policy", "store"}
INCLUDE = CORE | {"top", "system"}
BACKENDS = {"backing", "calls", "detect", "platform", "reading"}
MAY_INCLUDE = {
    **{folder: CORE | {"top"} for folder in CORE},
    "top": INCLUDE,
    "system": INCLUDE,
    "engine": CORE | {"top", "engine"},
    "heap": CORE | {"top", "heap"},
    "policies": CORE | {"top", "policies"},
    "calls": CORE | {"top", "calls"},
    "reading": INCLUDE | {"reading"},
    "backing": INCLUDE | {"reading", "backing"},
    "detect": INCLUDE | {"reading", "calls", "detect"},
    "platform": INCLUDE | BACKENDS | {"policies"},
    "native": INCLUDE | BACKENDS | {"policies", "native"},  # native.hpp and the headers beside it
}
ASKS_NO_SYSTEM = "quire/page_allocator.hpp"  # nor may any header that it includes
ABOVE_THE_CORE = {"system", "engine", "heap"}

STANDARD = re.compile(r"<[a-z_]+>")
KNOWS_THE_SYSTEM = {"<cerrno>", "<csetjmp>", "<csignal>"}
PORTABLE = re.compile(r"<boost/config(\.hpp|/.*)>")
OF_ENGINES = {  # and of heaps, and of memory error detectors
    "quire/detail/poisoning.hpp": {
        "<sanitizer/asan_interface.h>", "<sanitizer/common_interface_defs.h>", "<valgrind/memcheck.h>",
    },
    "quire/engine/asmjit.hpp": {"<asmjit/core.h>"},
    "quire/engine/boost_context.hpp": {
        "<boost/context/stack_context.hpp>", "<boost/context/stack_traits.hpp>", "<boost/throw_exception.hpp>",
    },
    "quire/engine/jitlink.hpp": {
        "<llvm/ExecutionEngine/JITLink/JITLink.h>", "<llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>",
    },
    "quire/engine/v8.hpp": {"<v8-platform.h>"},
    "quire/engine/wamr.hpp": {"<wasm_export.h>"},
    "quire/engine/wasm2c.hpp": {"<wasm-rt.h>"},
    "quire/engine/wasm2c_image.hpp": {"<wasm-rt.h>"},
    "quire/engine/detail/wasmtime_refusal.hpp": {"<wasmtime.h>"},
    "quire/engine/wasmtime.hpp": {"<wasmtime.h>"},
    "quire/engine/wasmtime_stacks.hpp": {"<wasmtime.h>"},
    "quire/heap/jemalloc.hpp": {"<jemalloc/jemalloc.h>"},
    "quire/heap/memkind.hpp": {"<memkind.h>"},
    "quire/heap/mimalloc.hpp": {"<mimalloc.h>"},
    "quire/heap/mimalloc_elastic.hpp": {"<mimalloc.h>"},
    "quire/heap/umf.hpp": {"<umf/base.h>", "<umf/memory_provider.h>", "<umf/memory_provider_ops.h>"},
}


def layer(root, name):
    folder = (re.match(r"quire/(\w+)/", name) or [None, None])[1]
    if root == "include":
        return folder or "top"
    if root == "policies":
        return "policies"
    return "reading" if folder == "system" else folder or "native"


def system_include(header, spelling):
    """Returns what is wrong with an include of a header outside Quire, or None."""
    if STANDARD.fullmatch(spelling) and spelling not in KNOWS_THE_SYSTEM or PORTABLE.fullmatch(spelling):
        return None
    if layer(header.root, header.name) == "calls":
        return None
    if spelling in OF_ENGINES.get(header.name, ()):
        return None
    if spelling.startswith('"'):
        return f"{spelling}: write <quire/...>"
    return f"{spelling} belongs to backends/quire/calls/"


def reached(name, included):
    """Returns the headers that a header includes, directly or not."""
    found, waiting = set(), [name]
    while waiting:
        news = set(included.get(waiting.pop(), ())) - found
        found |= news
        waiting += news
    return found


def whole_problems(everything, layers):
    """Yields problems across headers: cycles, and headers that the core reaches indirectly."""
    included = {header.name: [spelling[1:-1] for _, spelling in header.includes() if spelling[1:-1] in layers]
                for header in everything}
    try:
        TopologicalSorter(included).prepare()
    except CycleError as circle:
        yield f"these include each other: {' -> '.join(reversed(circle.args[1]))}"
        return
    for name in sorted(reached(ASKS_NO_SYSTEM, included)):
        if layers[name] in ABOVE_THE_CORE:
            yield f"{ASKS_NO_SYSTEM} is the core, and comes to include {name}"


def problems(tree):
    everything = headers(tree)
    layers = {header.name: layer(header.root, header.name) for header in everything}
    for header in everything:
        here = layers[header.name]
        if here not in MAY_INCLUDE:
            yield f"{header.path}: no layer is called {here}"
            continue
        for number, spelling in header.includes():
            if not spelling.startswith("<quire/"):
                wrong = system_include(header, spelling)
            elif spelling[1:-1] not in layers:
                wrong = f"there is no {spelling}"
            else:
                there = layers[spelling[1:-1]]
                wrong = None if there in MAY_INCLUDE[here] else f"{here} may not include {there}: {spelling}"
            if wrong:
                yield f"{header.path}:{number}: {wrong}"
    yield from whole_problems(everything, layers)


if __name__ == "__main__":
    report(list(problems(tree_argument())), f"{len(headers(tree_argument()))} headers keep to their layer")
