# SPDX-License-Identifier: BSL-1.0
"""The model of benchmarks/scaling on networks whose solutions are known, and docs/scaling.md beside what it prints.

usage: scaling.py TREE
"""

import copy
import dataclasses
import pathlib
import sys
import unittest
import xml.dom.minidom

TREE = pathlib.Path(sys.argv[1])
SCALING = TREE / "benchmarks/scaling"
sys.path.insert(0, str(SCALING))

import model
import published
import tables
from model import Costs, Life, Machine
from results import Results, read

MEASURED = read(SCALING / "measured.json")
PLAIN = Costs({}, first_core=3, next_core=2, line=10, far=3, page_moved=5, bandwidth=64)


def rate(life, machine, costs=PLAIN, **how):
    return model.parts_of_a_life(life, costs, machine, **how)[0]


class TheNetwork(unittest.TestCase):
    def test_one_thread_waits_for_nobody(self):
        got, spent = model.solve(1, 100, [20, 5])
        self.assertAlmostEqual(got, 1 / 125)
        self.assertEqual(spent, [20, 5])

    def test_two_threads_at_one_station(self):
        # The second finds the first there with the share of a life that it spends there: 20 of 120 nanoseconds.
        got, spent = model.solve(2, 100, [20])
        self.assertAlmostEqual(spent[0], 20 * (1 + 20 / 120))
        self.assertAlmostEqual(got, 2 / (100 + spent[0]))

    def test_without_a_station_threads_do_not_hinder_each_other(self):
        self.assertAlmostEqual(model.solve(64, 100, [])[0], 64 / 100)

    def test_equal_stations_without_own_work(self):
        # Of n threads at k stations, each takes demand * (n + k - 1): the textbook's balanced network.
        for threads, stations in ((1, 3), (4, 2), (50, 5)):
            got, _ = model.solve(threads, 0, [7] * stations)
            self.assertAlmostEqual(got, threads / (7 * (threads + stations - 1)))

    def test_the_slowest_station_bounds_all(self):
        self.assertAlmostEqual(model.solve(10_000, 100, [20, 5])[0], 1 / 20, places=6)
        before = 0
        for threads in range(1, 200):
            got, _ = model.solve(threads, 100, [20, 5])
            self.assertGreaterEqual(got, before - 1e-15)
            self.assertLessEqual(got, min(threads / 125, 1 / 20) + 1e-15)
            before = got


class ALife(unittest.TestCase):
    def test_one_core_does_the_parts_one_after_the_other(self):
        life = Life(100, shootdowns=1, lines={"a": 2}, held=30)
        self.assertAlmostEqual(1 / rate(life, Machine(1)), 130)  # no line is elsewhere, and no core to interrupt

    def test_shoot_downs_grow_with_the_cores(self):
        life = Life(100, shootdowns=1)
        self.assertAlmostEqual(2 / rate(life, Machine(2)), 103)
        self.assertAlmostEqual(64 / rate(life, Machine(64)), 100 + 3 + 62 * 2)
        self.assertLess(rate(life, Machine(100_000)), 1 / PLAIN.next_core)

    def test_half_a_shoot_down_costs_half(self):
        self.assertAlmostEqual(64 / rate(Life(100, shootdowns=0.5), Machine(64)), 100 + (3 + 62 * 2) / 2)

    def test_other_sockets_are_farther(self):
        self.assertEqual(PLAIN.distance(1, 1), 1)
        self.assertEqual(PLAIN.distance(64, 1), 1)
        self.assertAlmostEqual(PLAIN.distance(2, 2), 3)
        self.assertAlmostEqual(PLAIN.distance(64, 2), (31 * 1 + 32 * 3) / 63)

    def test_a_line_is_taken_once_at_a_time(self):
        self.assertAlmostEqual(rate(Life(1, lines={"a": 2}), Machine(5000)), 1 / 20, places=5)

    def test_others_wait_while_the_holder_interrupts(self):
        alone = rate(Life(0, held=30, shootdowns=1), Machine(64))
        self.assertAlmostEqual(1 / alone, 30 + 3 + 62 * 2)

    def test_processes_share_nothing(self):
        life = Life(100, shootdowns=1, lines={"a": 2})
        self.assertAlmostEqual(rate(life, Machine(256, 4, processes=4)), 4 * rate(life, Machine(64)))

    def test_the_memory_of_a_socket_bounds_what_is_in_no_cache(self):
        life = Life(1, cleared=16)
        moved = 16 * 4096 * 2 / 64
        self.assertAlmostEqual(rate(life, Machine(2000), from_memory=True), 1 / moved, places=6)
        self.assertAlmostEqual(rate(life, Machine(2000, 2), from_memory=True), 2 / moved, places=6)

    def test_a_core_that_cleans_lives_no_life(self):
        deferred = Life(100, aside=90)
        self.assertAlmostEqual(rate(deferred, Machine(1)), 1 / 100)
        self.assertAlmostEqual(rate(deferred, Machine(2)), 2 / 100)  # both clean, as one is not enough
        self.assertAlmostEqual(rate(Life(100, aside=10), Machine(2)), 1 / 90)
        moving = Life(100, aside=90, moved=4)
        self.assertAlmostEqual(rate(moving, Machine(1)), 1 / 100)
        self.assertAlmostEqual(rate(moving, Machine(2)), 2 / (100 + 4 * 5))
        self.assertAlmostEqual(model.nanoseconds_a_life(Life(100, aside=10), PLAIN, Machine(2)), 90)
        self.assertAlmostEqual(model.nanoseconds_a_life(deferred, PLAIN, Machine(2)), 50)

    def test_parts_lie_on_a_line_through_what_was_measured(self):
        costs = Costs({("take", 0): 5, ("scan", 16): 20, ("scan", 256): 260}, 0, 0, 0, 1, 0, 1)
        self.assertEqual([costs.of("take"), costs.of("scan", 16), costs.of("scan", 64), costs.of("scan", 256)],
                         [5, 20, 68, 260])
        self.assertEqual(Costs({("x", 16): 1, ("x", 256): 500}, 0, 0, 0, 1, 0, 1).of("x", 1), 0)  # never negative


class ThePage(unittest.TestCase):
    costs = tables.costs_of(MEASURED)

    def test_the_tables_are_what_the_program_prints(self):
        page = (TREE / "docs/scaling.md").read_text(encoding="utf-8")
        self.assertEqual(page, tables.filled(page, MEASURED),
                         "python3 benchmarks/scaling/tables.py benchmarks/scaling/measured.json --write docs/scaling.md")

    def test_the_picture_is_what_the_program_draws(self):
        drawn = (TREE / "docs/scaling.svg").read_text(encoding="utf-8")
        self.assertEqual(drawn, tables.picture(self.costs, tables.MEASURED_PAGES))
        self.assertEqual(xml.dom.minidom.parseString(drawn).documentElement.tagName, "svg")

    def test_a_page_without_a_table_is_refused(self):
        with self.assertRaises(SystemExit):
            tables.filled("# Scaling\n", MEASURED)

    def test_each_source_and_each_assumption_is_named(self):
        page = " ".join((TREE / "docs/scaling.md").read_text(encoding="utf-8").split())
        for title, address in (published.FLUSHES, published.LINES, published.FAULTS, published.WASMTIME, published.WASMER):
            self.assertIn(f"[{title}]({address})", page)
        for figure in (f"{published.next_core() / 1e3:.2f} us", f"{published.FAR:.1f} times", f"{tables.BANDWIDTH:.0f} GB/s"):
            self.assertIn(figure, page)

    def test_every_recycling_was_measured(self):
        measured = {name for name, _ in tables.medians(MEASURED, "scaling_lives")}
        self.assertEqual(measured, set(model.lives(self.costs, 16)))

    def test_without_scans_the_other_lives_stay(self):
        costs = dataclasses.replace(self.costs, parts={part: time for part, time in self.costs.parts.items()
                                                       if not part[0].startswith("scan")})
        self.assertEqual(set(model.lives(costs, 16)),
                         {"zero_high_water", "zero_all", "batched_decommit", "decommit", "fresh"})
        self.assertNotIn("zero_dirty", tables.picture(costs, 16))

    def test_the_measurement_is_what_the_benchmarks_write(self):
        self.assertEqual(sorted(table.id for table in MEASURED.tables), ["scaling_lives", "scaling_parts"])

    def test_results_without_the_measurement_are_refused(self):
        with self.assertRaisesRegex(SystemExit, "quire-bench --only scaling"):
            tables.costs_of(Results({"schema": 2, "questions": []}))
        changed = copy.deepcopy(MEASURED.data)
        for row in changed["questions"][0]["tables"][0]["rows"]:
            if row["name"].startswith("interrupt"):
                del row["time"]
        with self.assertRaisesRegex(SystemExit, "interrupt.* too busy"):
            tables.costs_of(Results(changed))

    def test_each_life_has_a_positive_cost_for_any_number_of_pages(self):
        for pages in (0, 1, 16, 64, 255, 256):
            for name, life in model.lives(self.costs, pages).items():
                for machine in (*tables.MACHINES.values(), tables.IN_PROCESSES):
                    self.assertGreater(model.lives_a_second(life, self.costs, machine), 0, (name, pages, machine))

    def test_numbers_keep_three_digits(self):
        self.assertEqual([tables.rounded(n) for n in (0.123456, 1.5, 23.45, 999.4, 1234, 12345)],
                         ["0.123", "1.50", "23.4", "999", "1230", "12300"])
        self.assertEqual([tables.amount(n) for n in (12, 1234, 5.4321e6, 7e9)], ["12.0", "1.23 k", "5.43 M", "7.00 G"])
        self.assertEqual([tables.difference(1.5, 1), tables.difference(1, 2)], ["+50 %", "−50 %"])


if __name__ == "__main__":
    ran = unittest.main(argv=sys.argv[:1], exit=False).result
    failed = len(ran.failures) + len(ran.errors)
    print(f"{ran.testsRun} test cases: {ran.testsRun - failed} passed, {failed} failed, 0 skipped")
    sys.exit(failed > 0)
