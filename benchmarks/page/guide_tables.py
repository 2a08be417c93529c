# SPDX-License-Identifier: BSL-1.0
"""What the pages of the documentation show of recorded figures: a table for each that compares ways by their times."""

from readme import where_measured, wrapped

# The names of rows, whose least time counts; what the table says of them.
RECYCLINGS = (
    (("zero_high_water",), "`zero_high_water` | what the user says it has written"),
    (("zero_dirty",), "`zero_dirty` | the pages that the kernel says are in memory"),
    (("zero_all",), "`zero_all` | everything"),
    (("decommit",), "`decommit` | nothing: all memory is given back, and faulted in again"),
    (("adaptive",), "`adaptive` | whichever of these is cheapest, without a mark"),
    (("a fresh memory",), "*a fresh memory each time* | "),
    (("Wasmtime, keeps 64 KiB resident", "Wasmtime, keeps all resident"),
     "*Wasmtime's pool, the better of two settings* | up to 64 KiB or 1 MiB, and gives the rest back"),
)
PAGES = (1, 16, 64, 256)

VECTORS = (
    ("vectors, 1 MiB", "append up to 1 MiB"),
    ("vectors, 1 MiB, by blocks", "the same by blocks of 64 KiB"),
    ("vectors, 64 MiB", "append up to 64 MiB"),
    ("vectors, 64 MiB, by blocks", "the same by blocks of 64 KiB"),
    ("vectors, iterating", "add up 64 MiB"),
)


def least(results, table, names, unit):
    """Returns the least median of these rows in so many nanoseconds, to three digits; a dash if none was measured."""
    rows = filter(None, (results.find(table, name) for name in names))
    medians = [found.value for row in rows if (found := row.figure("time/median"))]
    if not medians:
        return "–"
    value = min(medians) / unit
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def text(results, before, head, rows):
    rule = "|---|" + "---|" * (head.count("|") - 2)
    return "\n".join([*wrapped(f"{before}. {where_measured(results)}"), "", head, rule, *rows, ""])


def recyclings(results):
    rows = [f"| {words} | {' | '.join(least(results, f'instances_{n}', names, 1000) for n in PAGES)} |"
            for names, words in RECYCLINGS]
    return text(results, "Microseconds to take a memory of 1 MiB, to write some pages of 4 KiB, and to return it",
                "| | cleans | 1 page | 16 | 64 | 256 |", rows)


def vectors(results):
    ways = (("by hand, as pinned_vector",), ("pinned_vector",), ("std::vector",))
    rows = [f"| {words} | {' | '.join(least(results, table, names, 1e6) for names in ways)} |"
            for table, words in VECTORS]
    return text(results, "Milliseconds for numbers of eight bytes", "| | by hand | `pinned_vector` | `std::vector` |",
                rows)
