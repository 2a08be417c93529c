# SPDX-License-Identifier: BSL-1.0
"""Prints the tables of docs/scaling.md, or brings them and the picture beside it up to date.

usage: tables.py RESULTS [--pages N | --write PAGE]

RESULTS is the JSON of `quire-bench --only scaling`.
"""

import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "page"))

import published
from model import Costs, Machine, bottleneck, lives, lives_a_second, nanoseconds_a_life
from picture import picture
from results import NotResults, read

MEASURED_PAGES = 16
ALONE, BUSY, PROCESS, THREAD = "alone", "a busy thread beside", "a process beside", "a thread beside"
# Bytes in a nanosecond: eight channels of DDR5-4800, as the standard has them.
BANDWIDTH = 8 * 4800e6 * 8 / 1e9
MACHINES = {"1": Machine(1), "2": Machine(2), "16": Machine(16), "64": Machine(64), "2 × 32": Machine(64, 2),
            "4 × 64": Machine(256, 4)}
LARGEST = Machine(256, 4)
IN_PROCESSES = Machine(256, 4, processes=4)


def medians(results, identifier):
    rows = [row for table in results.tables if table.id == identifier for row in table.rows]
    if not rows:
        raise SystemExit(f"there is no table '{identifier}': quire-bench --only scaling measures it, on two processors")
    return {tuple(row.name.rsplit(", ", 2 if identifier == "scaling_parts" else 1)): median.value
            for row in rows if (median := row.figure("time/median"))}


def costs_of(results):
    rows = medians(results, "scaling_parts")
    busy, interrupt, line = ("give back", str(MEASURED_PAGES), BUSY), ("interrupt", "0", BUSY), ("hand over", "0", THREAD)
    turns = "clear in turns", str(MEASURED_PAGES), THREAD
    for row in (busy, interrupt, line, turns):
        if row not in rows:
            raise SystemExit(f"'{', '.join(row)}' could not be measured: others kept the machine too busy")
    parts = {(name, int(pages)): time for (name, pages, beside), time in rows.items() if beside == ALONE}
    waited = rows[busy] - parts["give back", MEASURED_PAGES]
    return Costs(parts, first_core=max(0.0, waited) + max(0.0, rows[interrupt]), next_core=published.next_core(),
                 line=rows[line], far=published.FAR, bandwidth=BANDWIDTH,
                 page_moved=max(0.0, rows[turns] - parts["clear", MEASURED_PAGES]) / MEASURED_PAGES)


def rounded(number):
    """Three significant digits, without an exponent."""
    text = f"{number:#.3g}"
    return f"{float(text):.0f}" if "e" in text or text.endswith(".") else text


def amount(number):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{rounded(number / size)} {unit}"
    return rounded(number)


def time(nanoseconds):
    return f"{nanoseconds / 1e3:.2f}" if nanoseconds < 1e5 else f"{nanoseconds / 1e3:.0f}"


def difference(predicted, measured):
    return f"{100 * (predicted / measured - 1):+.0f} %".replace("-", "−")


def table(heads, rows):
    def line(cells):
        return "| " + " | ".join(cells) + " |"
    return "\n".join([line(heads), "|" + "---|" * len(heads), *map(line, rows)])


def parts_table(results, pages):
    rows = medians(results, "scaling_parts")
    told = []
    for name, count in dict.fromkeys(row[:2] for row in rows if row[1] in ("0", str(pages))):
        told.append([name, *(time(rows[name, count, beside]) if (name, count, beside) in rows else ""
                             for beside in (ALONE, BUSY, PROCESS, THREAD))])
    machine = "{processor}, {kernel}, {compiler}:".format(**results.machine)
    return f'{machine}\n\n{table([f"microseconds, {pages} pages", ALONE, BUSY, PROCESS, THREAD], told)}'


def checked_here(results, _pages):
    measured, costs = medians(results, "scaling_lives"), costs_of(results)
    told = []
    for name, life in lives(costs, MEASURED_PAGES).items():
        cells = [f"`{name}`" if name != "fresh" else "*a fresh memory*"]
        for beside, machine in ((ALONE, Machine(1)), (THREAD, Machine(2)), (PROCESS, Machine(2, processes=2))):
            predicted, found = nanoseconds_a_life(life, costs, machine), measured.get((name, beside))
            cells += [time(predicted), *([time(found), difference(predicted, found)] if found else ["-", "-"])]
        told.append(cells)
    return table(["", "1 core", "", "", "2 cores", "", "", "2 processes", "", ""], told)


def larger_machines(results, pages):
    costs = costs_of(results)
    told = []
    for name, life in lives(costs, pages).items():
        def rate(machine, **how):
            return amount(lives_a_second(life, costs, machine, **how))
        told.append([f"`{name}`" if name != "fresh" else "*a fresh memory*", *map(rate, MACHINES.values()),
                     bottleneck(life, costs, LARGEST), rate(IN_PROCESSES), rate(IN_PROCESSES, from_memory=True)])
    return table(["cores", *MACHINES, "where most time goes", "4 × 64, 4 processes", "those, from memory"], told)


def checked_elsewhere(results, _pages):
    told = []
    for what, figures in published.checks(costs_of(results)):
        theirs, ours = ([rounded(figure[i]) for figure in figures.values()] for i in (0, 1))
        told.append([what, *(" / ".join(cells) for cells in (
            map(str, figures), theirs, ours, (difference(ours, theirs) for theirs, ours in figures.values())))])
    return table(["", "threads", "published", "predicted", ""], told)


TABLES = {"parts": parts_table, "here": checked_here, "machines": larger_machines, "elsewhere": checked_elsewhere}


def filled(page, results):
    """The page with each table between its two comments as it is now."""
    for name, make in TABLES.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
        if not marks.search(page):
            raise SystemExit(f"the page has no place for the table '{name}'")
        page = marks.sub(lambda found, made=make(results, MEASURED_PAGES): f"{found[1]}{made}\n{found[2]}", page)
    return page


def main(path, *words):
    results = read(path)
    if words[:1] == ("--write",):
        page = pathlib.Path(words[1])
        page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")
        page.with_suffix(".svg").write_text(picture(costs_of(results), MEASURED_PAGES), encoding="utf-8")
        return
    pages = int(words[1]) if words[:1] == ("--pages",) else MEASURED_PAGES
    print(*(make(results, pages) for make in TABLES.values()), sep="\n\n")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4) or sys.argv[2:3] not in ([], ["--write"], ["--pages"]):
        raise SystemExit(__doc__)
    try:
        main(*sys.argv[1:])
    except NotResults as problem:
        sys.exit(str(problem))
