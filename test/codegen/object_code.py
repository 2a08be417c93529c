# SPDX-License-Identifier: BSL-1.0
"""Reads an object file: the instructions that a function executes and the functions that it calls, including the parts
that the compiler put out of line."""

import collections
import re
import subprocess

# Target: the function that it calls or jumps to
Instruction = collections.namedtuple("Instruction", "mnemonic operands target")

# Classes of instructions by mnemonic; the first match counts. An instruction without a match is a class of its own.
X86 = [
    ("padding", r"nop\w*|data16|cs|endbr64"),
    ("call", r"callq?"),
    ("jump", r"jmpq?"),
    ("return", r"retq?"),
    ("conditional jump", r"j\w+"),
    ("stack", r"(push|pop|leave)q?"),
    ("select", r"cmov\w+|set\w+"),
    ("move", r"mov\w*|cltq|cwtl|cltd|cqto"),
    ("compare", r"cmp[bwlq]?|test[bwlq]?|bt[wlq]?"),
    ("add", r"(add|sub|inc|dec|neg|lea|adc|sbb)[bwlq]?"),
    ("bits", r"(and|or|xor|not|shl|shr|sar|sal|rol|ror|btr|bts|btc|shld|shrd)[bwlq]?|xorps|pxor"),
]
AARCH64 = [
    ("padding", r"nop|bti"),
    ("call", r"blr?"),
    ("jump", r"br?"),
    ("return", r"ret"),
    ("conditional jump", r"b\.\w+|cbn?z|tbn?z"),
    ("select", r"csel|csetm?|csinc|csinv|csneg|cinc|cinv|cneg"),
    ("move", r"mov[knzi]?|mvni|adrp?|(ld|st)(r|p|ur)(b|h|sb|sh|sw)?"),
    ("compare", r"cmp|cmn|tst|ccmp|ccmn"),
    ("add", r"(add|sub|neg|adc|sbc)s?"),
    ("bits", r"(and|bic|orr|orn|eor|mvn)s?|ls[lr]|asr|ror|[su]?bfx|[su]?bfi\w?|bfc|bfxil|[su]xt[bhw]|extr"),
]
CLASSES = {"elf64-x86-64": X86, "elf64-littleaarch64": AARCH64}
INDIRECT = r"\*|(blr|br)\b"


class UnknownMachine(Exception):
    pass


class Profile:
    """Counts of each class of instructions and of calls out of the object; parts out of line count at every use."""

    def __init__(self):
        self.classes = collections.Counter()
        self.calls = collections.Counter()

    def add(self, other):
        self.classes += other.classes
        self.calls += other.calls

    @property
    def instructions(self):
        return sum(self.classes.values())

    @property
    def jumps(self):
        return self.classes["conditional jump"]


class ObjectFile:
    def __init__(self, path, objdump="objdump", cxxfilt="c++filt"):
        self.functions = {}  # name: its instructions
        self.starts = {}  # section: where functions start in it
        self.path = path
        text = run(objdump, "-dr", "--no-show-raw-insn", path)
        format_name = re.search(r"file format (\S+)", text)[1]
        if format_name not in CLASSES:
            raise UnknownMachine(f"no classes of instructions are known for {format_name}")
        self.classes = CLASSES[format_name]
        # An x86 operand is counted from the end of its field.
        self.bias = 4 if format_name == "elf64-x86-64" else 0
        self._read_code(text)
        self._read_data(run(objdump, "-t", path), run(objdump, "-r", path))
        self._resolve_aliases()
        names = [*self.functions, *self.symbols]
        self.plain = dict(zip(names, run(cxxfilt, *names).splitlines()))

    def _read_code(self, text):
        section, lines, function = None, [], None
        for line in text.splitlines():
            if match := re.match(r"Disassembly of section (\S+):", line):
                section = match[1]
            elif match := re.match(r"([0-9a-f]+) <(.+)>:$", line):
                function = self.functions.setdefault(match[2], [])
                self.starts.setdefault(section, []).append((int(match[1], 16), match[2]))
            elif match := re.match(r"\s+[0-9a-f]+:\s+R_\w+\s+(\S+)$", line):
                lines[-1][1] = match[1]
            elif match := re.match(r"\s+[0-9a-f]+:\t(.+)", line):
                lines.append([re.sub(r"\s*(# |//).*", "", match[1]).strip(), None, function])
        for code, relocation, function in lines:  # all functions are known by now
            function.append(self._instruction(code, relocation))

    def _instruction(self, code, relocation):
        words = re.match(r"(?:(?:lock|rep\w*|notrack|bnd)\s+)*\S+", code)[0].split()
        mnemonic = " ".join(word for word in words if word not in ("notrack", "bnd"))
        operands = code[code.index(words[-1]) + len(words[-1]):].strip()
        place = re.search(r"<([^>+]+)(\+0x[0-9a-f]+)?>$", operands)
        target = self._symbol(relocation, self.bias) if relocation else place and place[1]
        return Instruction(mnemonic, operands, target)

    def _symbol(self, relocation, bias=0):
        """Returns the symbol of a relocation; for a local function that is its section."""
        name, offset = re.match(r"(.+?)([-+]0x[0-9a-f]+)?$", relocation).groups()
        if name not in self.starts:
            return name
        return [function for start, function in self.starts[name] if start <= int(offset or "0", 16) + bias][-1]

    def _read_data(self, symbols, relocations):
        self.symbols = {}  # name: (section, offset)
        for match in re.finditer(r"^([0-9a-f]+) .{7} (\S+)\t[0-9a-f]+ (?:\.\w+ )?(\S+)$", symbols, re.MULTILINE):
            self.symbols[match[3]] = (match[2], int(match[1], 16))
        self.pointers = {}  # (section, offset): the function whose address lies there
        section = None
        for line in relocations.splitlines():
            if match := re.match(r"RELOCATION RECORDS FOR \[(.+)\]", line):
                section = match[1]
            elif section and section.startswith(".data") and (match := re.match(r"([0-9a-f]+) R_\w+\s+(\S+)$", line)):
                self.pointers[section, int(match[1], 16)] = self._symbol(match[2])

    def _resolve_aliases(self):
        """Adds the second name of a function, as GCC 14 gives one to constrained functions: callers may use either."""
        at = {(section, start): name for section, starts in self.starts.items() for start, name in starts}
        second = {name: at[place] for name, place in self.symbols.items() if place in at and name not in self.functions}
        for name, code in self.functions.items():
            self.functions[name] = [one._replace(target=second.get(one.target, one.target)) for one in code]

    def table(self, name, count):
        """Returns the functions whose addresses lie in a table of member pointers, two words each."""
        section, offset = self.symbols[name]
        return [self.pointers[section, offset + 16 * index] for index in range(count)]

    def parts(self, function):
        """Returns a function and the part that GCC split off as cold."""
        return [part for part in (function, function + ".cold") if part in self.functions]

    def kind(self, instruction):
        if instruction.mnemonic.startswith("xchg") and instruction.operands == "%ax,%ax":
            return "padding"
        if "%fs:" in instruction.operands:
            return "thread-local"
        for kind, pattern in self.classes:
            if re.fullmatch(pattern, instruction.mnemonic):
                return kind
        return instruction.mnemonic

    def reached(self, function, seen=None):
        """Returns the function and all parts of the object that it calls."""
        seen = set() if seen is None else seen
        if function in self.functions and function not in seen:
            seen.add(function)
            for part in self.parts(function):
                for instruction in self.functions[part]:
                    self.reached(instruction.target, seen)
        return seen

    def profile(self, function, common=(), callers=()):
        """Counts a function; `common` functions count as calls out of the object."""
        total, own = Profile(), self.parts(function)
        for instruction in (one for part in own for one in self.functions[part]):
            kind = self.kind(instruction)
            if kind == "padding":
                continue
            total.classes[kind] += 1
            if kind not in ("call", "jump", "conditional jump"):
                continue
            if re.match(INDIRECT, instruction.operands) or re.match(INDIRECT, instruction.mnemonic):
                total.classes["indirect " + kind] += 1
            elif instruction.target in (*own, *callers):
                continue  # a jump inside, or recursion
            elif instruction.target in self.functions and instruction.target not in common:
                total.add(self.profile(instruction.target, common, (*callers, *own)))
            elif instruction.target:
                total.calls[instruction.target] += 1
        return total


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
