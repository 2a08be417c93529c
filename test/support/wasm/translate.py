#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Translates a WebAssembly module to C with wasm2c, with the same names for every release.

Debian 12's 1.0.32 names functions Z_mZ_f where later releases use w2c_m_f (the spelling chosen here, for imports
as well), and later releases escape a leading underscore (undone here). With one spelling, the code that calls the module is written once.
`--table` additionally redirects the calls of the three memory functions through a table declared by the given header,
so that one compiled program can run on several runtimes.
"""
import argparse
import pathlib
import re
import subprocess


def one_spelling(text, module):
    for old, new in (
        (r"\bZ_([a-z0-9]+)Z_(\w+)", r"w2c_\1_\2"),
        (rf"\bw2c_{module}_0x5F(\w+)", rf"w2c_{module}__\1"),
        (r"\bZ_([a-z0-9]+)_instance_t\b", r"w2c_\1"),
        (r"\bZ_([a-z0-9]+)_instance\b", r"w2c_\1_instance"),
        (rf"\bZ_{module}_(instantiate|free|init_module)\b", rf"wasm2c_{module}_\1"),
    ):
        text = re.sub(old, new, text)
    return text


def with_init_module(header, module):
    """Adds an empty initialization of the module's function types, which later releases do not need."""
    name = f"wasm2c_{module}_init_module"
    if name in header:
        return header
    return header.replace("#include \"wasm-rt.h\"", f"#include \"wasm-rt.h\"\nstatic inline void {name}(void) {{}}", 1)


def through_table(source, header):
    calls = re.compile(r"\bwasm_rt_(allocate|grow|free)_memory\(")
    return f"#include \"{header}\"\n" + calls.sub(r"memory_in_use.\1(", source)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wasm2c", required=True)
    parser.add_argument("--module", required=True, help="name of the module, letters and digits only")
    parser.add_argument("--table", help="header that declares memory_in_use")
    parser.add_argument("wasm")
    parser.add_argument("output", type=pathlib.Path, help="the .c file; the header lies beside it")
    options = parser.parse_args()

    subprocess.run([options.wasm2c, "-n", options.module, options.wasm, "-o", options.output], check=True)
    header = options.output.with_suffix(".h")
    source = one_spelling(options.output.read_text(), options.module)
    if options.table:
        source = through_table(source, options.table)
    options.output.write_text(source)
    header.write_text(with_init_module(one_spelling(header.read_text(), options.module), options.module))


if __name__ == "__main__":
    main()
