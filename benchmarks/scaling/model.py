# SPDX-License-Identifier: BSL-1.0
"""Computes what a life of a pooled memory costs on machines of many cores, from what its parts cost on two.

Each core runs one thread that takes a memory, writes to some pages, and returns it, over and over: a closed network of
queues. A life spends its own time on its core, waits for the cores that its shoot-downs interrupt (and is interrupted
by theirs), and queues for what all cores of a process share: cache lines that each life writes, a lock that one core
holds at a time, and the memory of a socket. Exact mean value analysis solves it.
"""

import dataclasses

PAGE = 4096
ACCESSIBLE = 256  # pages of the memory
NANOSECONDS = 1e9


@dataclasses.dataclass(frozen=True)
class Machine:
    cores: int
    sockets: int = 1
    processes: int = 1  # that share nothing; the cores of a socket belong to one process


@dataclasses.dataclass(frozen=True)
class Life:
    own: float  # nanoseconds on the core that runs it
    shootdowns: float = 0  # calls after which the kernel interrupts all other cores of the process
    lines: dict = dataclasses.field(default_factory=dict)  # by name: how often a line that all cores write is taken
    held: float = 0  # nanoseconds under the lock of the address space, held for writing
    cleared: int = 0  # pages
    aside: float = 0  # of its own time, what a core that lives no lives may do
    moved: int = 0  # pages that come from another core's cache then


@dataclasses.dataclass(frozen=True)
class Costs:
    """Nanoseconds. `parts`: by name and number of pages, what it takes on one core."""
    parts: dict
    first_core: float  # a shoot-down, what the initiator waits and what the other core loses
    next_core: float  # the same for each further core of the socket
    line: float  # until another core of the socket has a line that was written
    far: float  # what another socket takes, as a multiple
    page_moved: float  # what it takes longer to clear a page that another core has cleared
    bandwidth: float  # bytes in a nanosecond, of the memory of a socket

    def of(self, part, pages=0):
        """What a part takes for so many pages, on the line through the two numbers that were measured."""
        known = sorted(count for name, count in self.parts if name == part)
        first = self.parts[part, known[0]]
        if len(known) == 1:
            return first
        slope = (self.parts[part, known[1]] - first) / (known[1] - known[0])
        return max(0.0, first + slope * (pages - known[0]))

    def distance(self, cores, sockets):
        """The mean over the other cores: 1 for those of the own socket, `far` for those of others."""
        return 1 + (self.far - 1) * (cores - cores / sockets) / (cores - 1) if cores > 1 else 1

    def shootdown(self, cores, sockets):
        if cores == 1:
            return 0
        return self.first_core + (cores - 2) * self.next_core * self.distance(cores, sockets)


def lives(costs, pages):
    """The life under each recycling, and without a pool, when so many pages are written. Where the kernel could not
    tell which pages were written, the recyclings that ask it are missing."""
    cost = costs.of
    used = cost("take") + cost("write", pages)
    whole = Life(used + cost("clear", ACCESSIBLE), cleared=ACCESSIBLE)
    by_scan = {}
    if any(name == "scan" for name, _ in costs.parts):
        # PAGEMAP_SCAN reads under mmap_lock and counts the users of the descriptor: each is taken and returned.
        lines = {"mmap_lock": 2, "descriptor": 2}
        cleaning = cost("scan", pages) + cost("clear", pages)
        dirty = Life(used + cleaning, lines=lines, cleared=pages)
        by_scan = {
            "zero_dirty": dirty,
            "adaptive": whole if pages == ACCESSIBLE else dirty,
            "zero_dirty from an image": Life(used + cost("scan an image", pages) + cost("copy", pages), lines=lines,
                                             cleared=pages),
            "deferred<zero_dirty>": dataclasses.replace(dirty, aside=cleaning, moved=pages),
        }
    # MADV_DONTNEED counts up and down that a flush is pending, and counts flushes.
    flush_lines = {"pending flushes": 2, "flushes": 1}
    together = 64
    given_back = cost("take") + cost("give back", pages)
    return {
        "zero_high_water": Life(used + cost("clear", pages), cleared=pages),
        **by_scan,
        "zero_all": whole,
        "batched_decommit": Life(given_back - cost("give back") * (1 - 1 / together) + cost("fault, cold", pages),
                                 shootdowns=1 / together, cleared=pages,
                                 lines={name: times / together for name, times in flush_lines.items()}),
        "decommit": Life(given_back + cost("fault", pages), shootdowns=1, lines=flush_lines, cleared=pages),
        "fresh": Life(cost("fault", pages), shootdowns=1, held=cost("map") + cost("give back", pages), cleared=pages),
    }


def solve(threads, own, demands):
    """Lives in a nanosecond and the time of each at the stations, which serve one at a time for `demands`."""
    queued = [0.0] * len(demands)
    for population in range(1, threads + 1):
        spent = [demand * (1 + queue) for demand, queue in zip(demands, queued)]
        rate = population / (own + sum(spent))
        queued = [rate * time for time in spent]
    return rate, spent


def parts_of_a_life(life, costs, machine, from_memory=False):
    """Lives in a nanosecond, and where the time of one goes. `from_memory`: the pages that are cleared are in no cache,
    so that each is read and written back."""
    cores, sockets = machine.cores // machine.processes, max(1, machine.sockets // machine.processes)
    hand_over = costs.line * costs.distance(cores, sockets) if cores > 1 else 0
    interrupted = life.shootdowns * costs.shootdown(cores, sockets)
    stations = {name: times * hand_over for name, times in life.lines.items()}
    if life.held:  # and the others are interrupted meanwhile
        stations["mmap_lock"] = life.held + interrupted
        interrupted = 0
    if from_memory:
        stations["memory"] = life.cleared * 2 * PAGE / (costs.bandwidth * sockets)
    own = life.own + (life.moved * costs.page_moved if cores > 1 else 0)
    rate, spent = solve(cores, own + interrupted, list(stations.values()))
    if life.aside and cores > 1:
        rate = min(rate, (cores - 1) / (life.own - life.aside))
    return machine.processes * rate, {"its own work": own, "shoot-downs": interrupted, **dict(zip(stations, spent))}


def lives_a_second(life, costs, machine, from_memory=False):
    return parts_of_a_life(life, costs, machine, from_memory)[0] * NANOSECONDS


def nanoseconds_a_life(life, costs, machine):
    """On a core that lives them: where a core cleans for the others, it lives none."""
    cleaning = machine.processes if life.aside and machine.cores > machine.processes else 0
    return (machine.cores - cleaning) / parts_of_a_life(life, costs, machine)[0]


def bottleneck(life, costs, machine):
    """What takes most of a life's time."""
    parts = parts_of_a_life(life, costs, machine)[1]
    return max(parts, key=parts.get)
