# SPDX-License-Identifier: BSL-1.0
"""Checks that memory tagging instructions occur where tags were requested, and nowhere else: searches the object code.

usage: tag_instructions.py FOLDER OBJDUMP NM CXXFILT -- COMPILER FLAG...

For 64-bit ARM. Operations of an allocator without hardware tags must contain no instruction that writes, reads or makes
a tag, and none that inspects the tag bits of a pointer. Those of an allocator with tags must contain theirs, so that a
checker that finds nothing is noticed. An operation of a tagged_ptr is at most one instruction. The sources in
sabotage_of_tags/ show that all of this can fail.
"""

import re

import object_test

WRITES = r"irg|gmi|st2?g|stz2?g|stz?gm|stgp|ldgm?|addg|subg|subps?|cmpp|dc (c|i|ci)?g\w+"
LOOKS = r"(and|bic|orr|tst)s? .*#0x(f0f{14}|f0{14})|\w*bf\w* .*#(56|0x38), #(4|0x4)|(ls[lr]|asr|ror) .*#(56|0x38)"
UNTAGGED_POINTER = "#0xf0ffffffffffffff"
TAGGED = {  # the instructions that each operation must contain
    "allocate": ("irg", "dc gva", "st2g", "ldg"),
    "grow": ("dc gva", "st2g", "ldg"),
    "shrink": (),
    "reset": ("dc gva", "st2g", "dc gzva", "stz2g", "ldg"),
    "discard": ("dc gzva", "stz2g", "ldg"),
    "protect": (UNTAGGED_POINTER,),
    "deallocate": (UNTAGGED_POINTER,),
    "zone_of": (UNTAGGED_POINTER,),
    "contains": (UNTAGGED_POINTER,),
}
NAME = re.compile(r"(?:operations<(untagged|tagged)::(\w+), .+>|(pointers))::(\w+)\(")


def untagged(_, instructions):
    for pattern, what in ((WRITES, "handles tags"), (LOOKS, "looks at a tag in a pointer")):
        yield from (f"{text} {what}" for text in instructions if re.match(rf"({pattern})\b", text))


def tagged(operation, instructions):
    yield from (f"no {wanted}" for wanted in TAGGED[operation] if not any(wanted in text for text in instructions))


def pointers(_, instructions):
    if len(instructions) > 2 or instructions[-1] != "ret":
        yield f"not one instruction: {'; '.join(instructions)}"


JUDGES = {"untagged": untagged, "tagged": tagged, "pointers": pointers}


class Checker(object_test.Checker):
    def judge(self, source):
        """Returns what was inspected, by kind, and all complaints."""
        code, _ = self.build(source)
        found = {}
        complaints = []
        for symbol in code.functions:
            if match := NAME.match(code.plain[symbol]):
                kind, who, operation = match[1] or match[3], match[2] or match[3], match[4]
                found.setdefault(kind, {}).setdefault(who, set()).add(operation)
                judged = JUDGES[kind](operation, instructions_of(code, symbol))
                complaints += [f"{who}::{operation}: {text}" for text in judged]
        complaints += [f"{who}::{operation}: not found" for kind in ("untagged", "tagged")
                       for who, there in found.get(kind, {}).items() for operation in TAGGED.keys() - there]
        return found, complaints


def instructions_of(code, function):
    """Returns the instructions as text, including those of all parts of the object that it calls."""
    return [f"{one.mnemonic} {one.operands}".strip() for called in sorted(code.reached(function))
            for part in code.parts(called) for one in code.functions[part] if code.kind(one) != "padding"]


def main(folder, checker):
    found, complaints = checker.judge(folder / "tags.cpp")
    for kind, those in sorted(found.items()):
        for who, operations in sorted(those.items()):
            print(f"{kind:10}{who:28}{' '.join(sorted(operations))}")
    complaints += [f"nothing {kind} was found" for kind in JUDGES.keys() - found.keys()]
    dear = {text.split(": ")[0] for text in complaints}
    passed = sum(f"{who}::{one}" not in dear for those in found.values() for who in those for one in those[who])
    return object_test.conclude(passed, len(dear), complaints, checker, folder / "sabotage_of_tags")


if __name__ == "__main__":
    object_test.start(main, Checker)
