# SPDX-License-Identifier: BSL-1.0
"""Pretty-printers of GDB for Quire's types.

GDB reads this file by `source quire_gdb.py`, in ~/.gdbinit or at the prompt, or by itself if it lies beside a program
and is called `PROGRAM-gdb.py`. The printers read memory and call no function, so that they serve core files as well.
"""

import gdb
import gdb.printing

UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def in_bytes(count):
    """A number of bytes, in the largest unit that divides it."""
    return next((f"{count // size} {name}" for size, name in UNITS if count and count % size == 0), f"{count} bytes")


def plural(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def fields(value):
    return {field.name for field in value.type.strip_typedefs().fields()}


def loaded(value):
    """The value of a std::atomic of libstdc++ or libc++, or of a word that is kept twice."""
    while value.type.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        known = fields(value)
        inner = next((n for n in ("_M_base", "_M_i", "__a_", "__a_value", "value_") if n in known), None)
        if inner is None:  # a base class holds it
            value = value[value.type.strip_typedefs().fields()[0]]
        else:
            value = value[inner]
    return value


def number(value):
    return int(loaded(value))


def enumerator(value):
    return str(loaded(value)).rsplit("::", 1)[-1]


def address(value):
    return f"{number(value):#x}"


def span(begin, end):
    return f"[{begin:#x}, {end:#x})"


class PageAllocator:
    """page_allocator<…>: the four words of a memory, and its zones."""

    def __init__(self, value):
        region = value["region_"]
        self.protection = value.type.strip_typedefs().template_argument(1)
        self.parts = region["parts"]
        self.base, self.size, self.limit = (number(region[name]) for name in ("base", "size", "limit"))
        word = loaded(region["capacity_"])
        top = 1 << (8 * word.type.sizeof - 1)
        capacity = int(word)
        self.capacity = capacity % top
        self.state = "owned" if capacity < top else "vacant" if capacity == 2 * top - 1 else "broken"

    def to_string(self):
        if self.state == "vacant":
            return f"quire::page_allocator without a region, limit {in_bytes(self.limit)}"
        broken = "broken, " if self.state == "broken" else ""
        return (f"quire::page_allocator, {broken}{in_bytes(self.size)} of {in_bytes(self.capacity)} at "
                f"{self.base:#x}")

    def children(self):
        if self.state == "vacant":
            return
        yield "limit", in_bytes(self.limit)
        if "slot_" in fields(self.parts["store"]):
            yield "slot", number(self.parts["store"]["slot_"]) - 1
        yield from self.zones()

    def zones(self):
        """As the protection policy states them: the reservation may round the guards up."""
        before, after, reach = guards_and_reach(self.protection)
        base = self.base & ((1 << 56) - 1)  # without the tag of hardware
        reserved = max(self.capacity, reach)
        if before:
            yield "guard before", span(base - before, base)
        yield "accessible", span(base, base + self.size)
        yield "reserved", span(base + self.size, base + reserved)
        if after:
            yield "guard after", span(base + reserved, base + reserved + after)


def arguments(kind):
    """The template arguments of a type."""
    given = []
    while True:
        try:
            given.append(kind.template_argument(len(given)))
        except (RuntimeError, gdb.error):
            return given


def guards_and_reach(policy):
    """What quire/protection/ has for the guards before and after a memory, and for what an index reaches."""
    policy = policy.strip_typedefs()
    name, given = policy.name.split("<")[0], arguments(policy)
    if name == "quire::all_of":
        each = [guards_and_reach(one) for one in given]
        return tuple(max(values) for values in zip(*each))
    if name == "quire::protection::guarded":
        return int(given[0]), int(given[1]), 0
    if name == "quire::protection::index_space":
        return 0, 0, (1 << int(given[0])) + (1 << int(given[1])) + int(given[2])
    return 0, 0, 0


class Pages:
    """basic_pages<Bytes>"""

    def __init__(self, value):
        self.count, self.unit = int(value["n"]), int(value.type.strip_typedefs().template_argument(0))

    def to_string(self):
        return f"{plural(self.count, 'page')} of {in_bytes(self.unit)}"


class Error:
    """error: its code, the step that failed, and the system's own code."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        native = int(self.value["native"])
        own = f", native {native}" if native else ""
        return f"{enumerator(self.value['code'])} at {enumerator(self.value['at'])}{own}"


class Result:
    """result<T>, which is std::expected<T, error>, of libstdc++."""

    def __init__(self, value):
        self.value = value
        self.holds = bool(value["_M_has_value"])

    def to_string(self):
        if self.holds:
            return "quire::result with a value"
        return f"quire::result, {Error(self.value['_M_unex']).to_string()}"

    def children(self):
        if self.holds and "_M_val" in all_fields(self.value.type):
            yield "value", self.value["_M_val"]


def all_fields(kind):
    """The names of members, also those of unions without a name."""
    for field in kind.strip_typedefs().fields():
        if field.name:
            yield field.name
        else:
            yield from all_fields(field.type)


class Slots:
    """What pool and stack_pool have in common: the records of slots that were ever used."""

    name, noun = "quire::pool", "slot"

    def __init__(self, value):
        self.source = value["source_"]

    def records(self):
        first = self.source["records"]
        return (first[i] for i in range(number(self.source["fresh_"])))

    def is_open(self):
        return int(self.source) != 0

    def to_string(self):
        if not self.is_open():
            return f"{self.name}, not open"
        states, resident = {}, 0
        for record in self.records():
            bytes_kept, state = number(record["resident"]), enumerator(record["state"])
            state = "warm" if state == "free" and bytes_kept else state
            states[state] = states.get(state, 0) + 1
            resident += bytes_kept
        usable = number(self.source["usable"])
        unused = usable - sum(states.values())
        if unused:
            states["never used"] = unused
        counts = ", ".join(f"{count} {state}" for state, count in states.items())
        return f"{self.name}, {plural(usable, self.noun)} of {in_bytes(self.capacity())}: {counts}" + (
            f"; {in_bytes(resident)} resident" if resident else "")

    def capacity(self):
        return number(self.source["layout"]["capacity"])

    def children(self):
        if self.is_open():
            for i, record in enumerate(self.records()):
                yield f"{self.noun} {i}", self.describe(record)

    def describe(self, record):
        key = number(record["key"])
        last = f", key {key:#x}" if key else ""
        return (f"{enumerator(record['state'])}, {in_bytes(number(record['open']))} accessible at "
                f"{address(record['base'])}, {plural(number(record['uses']), 'earlier use')}{last}")


class Stacks(Slots):
    name, noun = "quire::stack_pool", "stack"

    def describe(self, record):
        base = number(record["base"])
        return (f"{enumerator(record['state'])}, {span(base, base + self.capacity())}, "
                f"{plural(number(record['uses']), 'earlier use')}")


class Arena:
    """basic_arena<A>"""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        end = int(self.value["end_"])
        if end == 0:
            return "quire::arena without a region"
        region = PageAllocator(self.value["region_"])
        used = int(self.value["top_"]) - region.base
        most = max(used, int(self.value["most_"]) - region.base)
        return (f"quire::arena, {in_bytes(used)} used of {in_bytes(region.size)} committed, "
                f"{in_bytes(most)} at most")

    def children(self):
        yield "region", self.value["region_"]
        piece = self.value["last_large_"]
        while int(piece) != 0:
            yield f"large piece {int(piece['number'])}", piece["memory"]
            piece = piece["before"]


class Regions:
    """region_allocator<A>"""

    def __init__(self, value):
        self.value = value
        self.first, self.last = value["regions_"]["first_"], value["regions_"]["last_"]

    def to_string(self):
        return (f"quire::region_allocator, {plural(int(self.last - self.first), 'region')}, "
                f"{in_bytes(number(self.value['reserved_']))} reserved, "
                f"{in_bytes(number(self.value['pages_']['bytes_']))} committed")

    def children(self):
        record = self.first
        while record != self.last:
            begin = int(record["base"]) + int(record["before"])
            broken = ", broken" if bool(record["broken"]) else ""
            yield f"region {int(record - self.first)}", span(begin, begin + int(record["bytes"])) + broken
            record += 1


class Elements:
    """Elements that follow each other in memory."""

    def children(self):
        for i in range(self.size):
            yield f"[{i}]", (self.first + i).dereference()

    def display_hint(self):
        return "array"


class PinnedVector(Elements):
    """basic_pinned_vector<T, A>"""

    def __init__(self, value):
        self.first = value["begin_"]
        self.size = int(value["end_"] - self.first)
        self.room = int(value["committed_"] - self.first)

    def to_string(self):
        return f"quire::pinned_vector of length {self.size}, capacity {self.room}"


class RingBuffer(Elements):
    """basic_ring_buffer<T, A>: the elements that were written and not consumed yet, contiguous in mirrored memory."""

    def __init__(self, value):
        kind = value.type.strip_typedefs().template_argument(0)
        self.room = int(value["capacity_"])
        written, read = (loaded(value[side]["done"]) for side in ("writer_", "reader_"))
        self.size = min(int(written - read), self.room)  # counts wrap around
        self.first = (value["base_"] + int(value["reader_"]["offset"])).cast(kind.pointer())

    def to_string(self):
        if self.room == 0:
            return "quire::ring_buffer, not open"
        return f"quire::ring_buffer of length {self.size}, capacity {self.room}"


class Printers(gdb.printing.RegexpCollectionPrettyPrinter):
    """Results are std::expected, which other libraries use as well."""

    def __init__(self):
        super().__init__("quire")
        for template, printer in (("page_allocator", PageAllocator), ("basic_pages", Pages), ("pool", Slots),
                                  ("stack_pool", Stacks), ("basic_arena", Arena), ("region_allocator", Regions),
                                  ("basic_pinned_vector", PinnedVector), ("basic_ring_buffer", RingBuffer)):
            self.add_printer(template, rf"^quire::{template}<.*>$", printer)
        self.add_printer("error", "^quire::error$", Error)
        self.add_printer("result", r"^std::expected<.*, quire::error>$", Result)

    def __call__(self, value):
        try:
            return super().__call__(value)
        except gdb.error:  # a member that this version of a library, or an incomplete type, does not have
            return None


gdb.printing.register_pretty_printer(gdb.current_objfile(), Printers(), replace=True)
