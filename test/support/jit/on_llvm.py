#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles wasm3, an interpreter of WebAssembly in C, to LLVM's intermediate language, lets ORC compile and run it, in
LLVM's own memory and in Quire's, and compares what it prints. LLVM's headers come as a package of Debian, and wasm3's
sources as a Rust crate of known content; both are fetched into CACHE once. If one cannot be obtained, or a tool is
missing, the test is skipped with the reason.

usage: on_llvm.py CACHE -- CXX FLAG…
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
sys.path[:0] = [str(TEST / "tools"), str(TEST / "support/wasm3")]

import on_sources  # noqa: E402
import rust_crate  # noqa: E402
from debian_package import unpacked  # noqa: E402
from folders import held  # noqa: E402
from library_program import groups, run  # noqa: E402
from python_package import skip  # noqa: E402

CLANG = "clang-19"
MEMORIES = ("own", "dual", "near", "protected")
EXPECTED = "fibonacci(24) = 46368\nprimes_below(1000000) = 78498\n"


def tool(name):
    return shutil.which(name) or skip(f"{name} is not installed")


def compiled(wasm3, folder):
    """Returns the modules of the program in LLVM's intermediate language."""
    clang, assembler = tool(CLANG), tool("wat2wasm")
    run(assembler, HERE / "guest.wat", "-o", folder / "guest.wasm")
    (folder / "guest.inc").write_text(", ".join(map(str, (folder / "guest.wasm").read_bytes())))

    def module_of(source):
        made = folder / (source.stem + ".ll")
        run(clang, "-O1", "-fPIC", "-w", on_sources.SETTING, "-I", wasm3, "-I", folder, "-S", "-emit-llvm", source, "-o",
            made)
        return made

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        return list(workers.map(module_of, [*sorted(wasm3.glob("*.c")), HERE / "interpreter.c"]))


def host(llvm, cxx, folder):
    """Returns the program that holds the JIT, and its environment."""
    library = next(llvm.glob("usr/lib/*/libLLVM.so.19*"), None) or next(
        pathlib.Path("/usr/lib").glob("*/libLLVM.so.19*"), None) or skip("there is no libLLVM of version 19")
    macros = [f"-D__STDC_{name}_MACROS" for name in ("CONSTANT", "FORMAT", "LIMIT")]
    includes = [word for name in ("llvm-19", "llvm-c-19") for word in ("-isystem", llvm / "usr/include" / name)]
    made = folder / "program"
    run(*cxx, "-O1", "-fno-rtti", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror", *macros,
        *includes, HERE / "orc_program.cpp", library, "-Wl,--allow-shlib-undefined", "-lpthread", "-o", made)
    return made, {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}


def main(*words):
    (cache,), cxx = groups(words)
    with held(pathlib.Path(cache).resolve()) as held_cache, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        wasm3 = rust_crate.fetch(on_sources.CRATE, on_sources.VERSION, on_sources.CONTENT, held_cache) / "wasm3/source"
        modules = compiled(wasm3, folder)
        made, environment = host(unpacked("llvm-19-dev", held_cache), cxx, folder)
        wrong = []
        for memory in MEMORIES:
            begin = time.monotonic()
            done = subprocess.run([made, memory, *modules], env=environment, capture_output=True, text=True, timeout=100)
            print(f"{memory:10} {time.monotonic() - begin:6.2f} s  {done.stderr.strip()}")
            if done.returncode != 0 or done.stdout != EXPECTED:
                wrong.append(f"in {memory} memory: status {done.returncode}\n{done.stdout}{done.stderr}")
    if wrong:
        sys.exit("\n".join(wrong))
    print(EXPECTED)


if __name__ == "__main__":
    main(*sys.argv[1:])
