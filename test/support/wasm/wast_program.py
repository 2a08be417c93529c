# SPDX-License-Identifier: BSL-1.0
"""Turns a file of WebAssembly's official test suite, as wast2json reports it, into a C program over the modules that
wasm2c translated. The program prints how many of the assertions hold, and the lines of the others.
"""
import re

TRAPS = {  # the suite's words for what the memory is about
    "out of bounds memory access": "WASM_RT_TRAP_OOB",
    "integer overflow": "WASM_RT_TRAP_INT_OVERFLOW",
    "integer divide by zero": "WASM_RT_TRAP_DIV_BY_ZERO",
    "unreachable": "WASM_RT_TRAP_UNREACHABLE",
}
# Whether a module is valid is the translator's business, and none of a program's.
NOT_RUN = ("assert_invalid", "assert_malformed", "assert_unlinkable", "assert_exhaustion")
LANES = {"i8": 1, "i16": 2, "i32": 4, "i64": 8, "f32": 4, "f64": 8}
EXPRESSED = ("i32", "i64", "f32", "f64", "v128")
EXPORT = re.compile(r"/\* export: '(.*?)' \*/\n(.*?)\(", re.S)


class Unsupported(Exception):
    """Why a file cannot be turned into a program."""


def mangled(name):
    """Returns a name as wasm2c spells it in C."""
    return "".join(c if c.isalnum() or c == "_" else f"0x{ord(c):02X}" for c in name)


class Module:
    is_translated = True

    def __init__(self, number, command, registered, folder):
        self.told = registered or f"module{number}"  # to wasm2c
        self.name = mangled(self.told)
        self.binary = folder / command["filename"]
        self.source = folder / f"translated_{number}.c"
        self.header = self.source.with_suffix(".h")
        self.instance = f"instance_{number}"

    def exports(self):
        """Returns, for each exported name, the C type and the function."""
        found = EXPORT.findall(self.header.read_text())
        return {name: (" ".join(words.split()[:-1]), words.split()[-1]) for name, words in found}

    def parameters_of_instantiation(self):
        found = re.search(rf"void wasm2c_{self.name}_instantiate\((.*?)\);", self.header.read_text(), re.S)
        if found is None:
            raise Unsupported(f"wasm2c does not call a module {self.name}")
        return re.findall(r"struct w2c_(\w+)\*", found.group(1))


def names_of_modules(commands):
    """Returns what each defining command's module is registered as, for those that are."""
    by_name, last, registered = {}, None, {}
    for command in commands:
        if command["type"] == "module":
            last = id(command)
            by_name[command.get("name")] = last
        elif command["type"] == "register":
            registered[by_name[command["name"]] if "name" in command else last] = command["as"]
    return registered


class Program:
    def __init__(self, script, folder):
        self.commands, self.folder = script["commands"], folder
        registered = names_of_modules(self.commands)
        defining = [each for each in self.commands if each["type"] in ("module", "assert_uninstantiable")]
        self.module_of = {id(command): Module(number, command, registered.get(id(command)), folder)
                          for number, command in enumerate(defining)}
        self.modules = list(self.module_of.values())
        names = [module.name for module in self.modules]
        if len(set(names)) != len(names):
            raise Unsupported("two modules bear one name")

    def translated(self):
        return [module for module in self.modules if module.is_translated]

    def sources(self):
        return [self.folder / "main.c", *(module.source for module in self.translated())]

    def write(self):
        lines = ['#include "wast_program.h"', *(f'#include "{module.header.name}"' for module in self.translated())]
        lines += [f"static w2c_{module.name} {module.instance};" for module in self.translated()]
        calls, self.known, self.current = [], {}, None
        for command in self.commands:
            if command["type"] == "register" or command["type"] in NOT_RUN:
                continue
            step = self.step(command)
            if step is None:
                calls.append("  not_run();")
            else:
                lines.append(f"static void step_{len(calls)}(void) {{\n  const int trap = wasm_rt_impl_try();\n{step}}}")
                calls.append(f"  at_line({command['line']});\n  step_{len(calls)}();")
        lines += ["int main(void) {", "  begin();", *calls, "  return end();", "}", ""]
        (self.folder / "main.c").write_text("\n".join(lines))

    def step(self, command):
        """Returns the code of a command, or None for one whose module or values are not expressed here."""
        kind = command["type"]
        if kind == "module":
            self.current = self.known[command.get("name")] = self.module_of[id(command)]
            return self.instantiation(self.current, None)
        if kind == "assert_uninstantiable":
            return self.instantiation(self.module_of[id(command)], command["text"])
        if kind in ("assert_return", "assert_trap", "action"):
            return self.invocation(command)
        raise Unsupported(f"{kind} in line {command['line']}")

    def instantiation(self, module, trap):
        if not module.is_translated:
            return None
        given = [f"&{module.instance}"]
        for struct in module.parameters_of_instantiation():
            other = next((each for each in self.translated() if each.name == struct), None)
            if struct != "spectest" and other is None:
                raise Unsupported(f"a module {struct} is wanted")
            given.append("&spectest" if other is None else f"&{other.instance}")
        call = f"wasm2c_{module.name}_instantiate({', '.join(given)})"
        return expecting_trap(trap, call) if trap else expecting(call + ";\n  judge(1)")

    def invocation(self, command):
        action = command["action"]
        module = self.known[action["module"]] if "module" in action else self.current
        exports = module.exports() if module.is_translated else {}
        if action["field"] not in exports:
            return None
        kind, function = exports[action["field"]]
        if action["type"] == "get":
            call, kind = f"*{function.lstrip('*')}(&{module.instance})", kind.rstrip("* ")
        else:
            arguments = [argument(each) for each in action["args"]]
            if None in arguments:
                return None
            call = f"{function}({', '.join([f'&{module.instance}', *arguments])})"
        if command["type"] == "assert_trap":
            return expecting_trap(command["text"], call)
        expected = command["expected"] if command["type"] == "assert_return" else []
        if not expected:
            return expecting(call + ";\n  judge(1)")
        if len(expected) > 1 or expected[0]["type"] not in EXPRESSED:
            return None
        return expecting(f"const {kind} got = {call};\n  judge({comparison(expected[0])})")


def expecting(code):
    return f"  if (trap != 0) return failed();\n  {code};\n"


def expecting_trap(text, call):
    holds = f"trap == {TRAPS[text]}" if text in TRAPS else "1"
    return f"  if (trap != 0) return judge({holds});\n  {call};\n  failed();\n"


def bits(kind, value):
    return f"{int(value) % (1 << 8 * LANES[kind])}u" + ("ll" if LANES[kind] == 8 else "")


def argument(value):
    """Returns a value in C, or None for a reference, or a NaN that the suite leaves open."""
    kind, told = value["type"], value.get("value")
    if kind not in EXPRESSED or any(each.startswith("nan") for each in ([told] if kind != "v128" else told)):
        return None
    if kind == "v128":
        lane = value["lane_type"]
        lanes = ((int(each) % (1 << 8 * LANES[lane])).to_bytes(LANES[lane], "little") for each in told)
        return "v128_of((const u8[]){" + ", ".join(map(str, b"".join(lanes))) + "})"
    return f"{kind}_of({bits(kind, told)})" if kind[0] == "f" else bits(kind, told)


def comparison(expected):
    kind, told = expected["type"], expected["value"]
    if kind != "v128":
        return lane_comparison(kind, told, "&got")
    lane = expected["lane_type"]
    return " && ".join(lane_comparison(lane, each, f"(const char*)&got + {place * LANES[lane]}")
                       for place, each in enumerate(told))


def lane_comparison(kind, value, at):
    if value.startswith("nan"):
        return f"is_nan_{kind}({at})"
    return f"u{8 * LANES[kind]}_at({at}) == {bits(kind, value)}"
