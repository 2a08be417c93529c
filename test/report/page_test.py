# SPDX-License-Identifier: BSL-1.0
"""The page of the benchmarks: its sentences, gains, figures, and what has changed since an earlier run.

usage: page_test.py FOLDER      where the page's program lies
"""

import contextlib
import copy
import html.parser
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop(1))

import charts  # noqa: E402
import declared_sentences  # noqa: E402
import guide_tables  # noqa: E402
import history  # noqa: E402
import page  # noqa: E402
import readme  # noqa: E402
import recorded  # noqa: E402
import results  # noqa: E402
import sentences  # noqa: E402
from sentences import Fastest, Template  # noqa: E402

from shown_figures import problems  # noqa: E402
from synthetic import question, row, run, samples_of, spread, table  # noqa: E402


class Figures(html.parser.HTMLParser):
    """The elements that name a place of the JSON, and their text; and all text outside the style."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.text, self.tags, self.labels = [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "svg":
            self.labels.append(dict(attributes).get("aria-label"))
        if pointer := dict(attributes).get("data-figure"):
            self.figures.append([pointer, ""])

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.text += data
        if self.figures and not self.figures[-1][1]:
            self.figures[-1][1] = data


def vectors(ours, theirs, **more):
    made = row("pinned_vector", ours, ratio=spread(1.01), control=1.0, ratio_to_instead=ours / theirs,
               gain=theirs / ours, gain_over="std::vector", time_of_instead=theirs, **more)
    return question("vectors", table("vectors, 1 MiB", row("by hand, as pinned_vector", ours / 1.01, "by hand"), made,
                                     row("std::vector", theirs, "peer"), ratio_to="by hand", instead="std::vector"))


def every_template():
    """A run that has each row that a declared sentence speaks of."""
    tables = {}
    for template in declared_sentences.TEMPLATES:
        for place in template.rows.values():
            for table_id, name in place.places if isinstance(place, Fastest) else [place]:
                of = tables.setdefault(template.question, {}).setdefault(table_id, {})
                of[name] = row(name, 1000.0 + len(name), count=12345, ratio=spread(1.5), control=1.001,
                               ratio_to_instead=0.5, gain=2.0, gain_over="others", time_of_instead=2000.0)
    return run(*(question(name, *(table(table_id, *rows.values(), ratio_to="by hand") for table_id, rows in of.items()))
                 for name, of in tables.items()))


def recorded_run():
    return results.read(pathlib.Path(declared_sentences.__file__).parents[2] / recorded.RESULTS)


class Sentences(unittest.TestCase):
    def test_each_declared_one_is_filled_from_a_run_that_has_its_rows(self):
        made = sentences.declared(results.Results(every_template()))
        self.assertEqual(len(made), len(declared_sentences.TEMPLATES))
        for one in made:
            self.assertRegex(str(one), r"^[A-Z\d].*\.$")
            self.assertNotIn("{", str(one))

    def test_each_question_of_the_recorded_run_has_an_answer(self):
        found = recorded_run()
        made = sentences.declared(found)
        silent = [one.name for one in found.questions if one.tables and not sentences.answer(one, made)]
        self.assertEqual(silent, [])

    def test_what_a_user_would_have_instead_is_nothing_by_hand(self):
        found = recorded_run()
        for table_of in found.tables:
            by_hand = [row.time["median"] for row in table_of.rows if row.side == "by hand" and row.get("time")]
            for one in table_of.rows:
                self.assertNotIn(one.get("time_of_instead"), by_hand, f"{table_of.id}: {one.name}")

    def test_where_even_the_best_row_is_slower_the_head_of_the_page_tells(self):
        found = recorded_run()
        told = {one.rows["ours"].table.id for one in sentences.comparisons(sentences.declared(found))}
        no_peers = ("native", "the headers that it includes")
        slower = set()
        for table_of in found.tables:
            compared = [one for one in table_of.rows
                        if one.side == "quire" and one.get("gain") and one.gain_over not in no_peers]
            if compared and max(one.gain for one in compared) <= 1 / sentences.SAME:
                slower.add(table_of.id)
        self.assertEqual(slower - told, set())

    def test_their_figures_are_those_of_the_rows(self):
        data = run(vectors(400_000, 100_000))
        one = sentences.declared(results.Results(data))[0]
        self.assertEqual(problems(data, [(figure.pointer, figure.text) for figure in one.figures]), [])
        self.assertEqual(one.figures[1].text, "100 µs")

    def test_a_sentence_whose_row_or_figure_is_missing_is_left_out(self):
        data = run(question("vectors", table("vectors, 1 MiB", row("pinned_vector"))))
        self.assertEqual(sentences.declared(results.Results(data)), [])
        self.assertEqual(sentences.declared(results.Results(run())), [])

    def test_the_better_setting_is_the_faster_row(self):
        place = Fastest("t", "slow", "fast", "missing")
        data = results.Results(run(question("q", table("t", row("slow", 20), row("fast", 10)))))
        self.assertEqual(place.find(data).name, "fast")
        self.assertIsNone(Fastest("t", "missing").find(data))

    def test_the_figures_decide_what_is_a_gain(self):
        for ours, theirs, expected in ((100, 200, (1, 0, 0)), (200, 100, (0, 0, 1)), (100, 105, (0, 1, 0))):
            compared = sentences.comparisons(sentences.declared(results.Results(run(vectors(ours, theirs)))))
            self.assertEqual(tuple(map(len, sentences.sorted_by_gain(compared))), expected)

    def test_times_that_overlap_make_a_sentence_doubtful(self):
        for deviation, expected in ((0.02, ""), (0.5, "noisy")):
            data = run(vectors(100, 130))
            rows = data["questions"][0]["tables"][0]["rows"]
            rows[1]["time"], rows[2]["time"] = spread(100, deviation), spread(130, deviation)
            self.assertEqual(sentences.declared(results.Results(data))[0].doubt, expected)

    def test_of_a_family_the_first_that_is_there_is_compared(self):
        templates = [Template("q", "It takes {ours.time}.", {"ours": (size, "x")}, f"at {size}", "y", "family")
                     for size in ("large", "middle", "small")]
        rows = {size: row("x", 10, gain=2.0, time_of_instead=20.0) for size in ("middle", "small")}
        data = results.Results(run(question("q", *(table(size, one) for size, one in rows.items()))))
        compared = sentences.comparisons(sentences.declared(data, templates))
        self.assertEqual([one.template.label for one in compared], ["at middle"])

    def test_a_question_without_declared_ones_still_has_an_answer(self):
        new = question("new", table("taking", row("a pool", 10, gain=2.5, gain_over="mmap"), row("mmap", 25, "peer")))
        one, = sentences.answer(results.Results(run(new)).questions[0], [])
        self.assertEqual(str(one), f"Taking: a pool takes {one.figures[0]}, 2.5 times as fast as mmap.")
        new = question("new", table("taking", row("a pool", 10, ratio=spread(2.0), gain=0.5, gain_over="others"),
                                    ratio_to="others"))
        one, = sentences.answer(results.Results(run(new)).questions[0], [])
        self.assertRegex(str(one), r"^Taking: a pool takes .*, [12]\.\d+ times as long as others\.$")

    def test_each_line_of_the_readme_is_the_name_of_a_comparison(self):
        known = {template.family or template.label for template in declared_sentences.TEMPLATES}
        self.assertEqual([name for name in declared_sentences.README if name not in known], [])


class Page(unittest.TestCase):
    def figures_agree(self, data):
        found = Figures(page.render(results.Results(copy.deepcopy(data))))
        self.assertEqual(problems(data, found.figures), [])
        return found

    def test_every_figure_that_it_shows_is_in_the_json(self):
        found = self.figures_agree(every_template())
        self.assertGreater(len(found.figures), 500)

    def test_it_needs_nothing_but_itself(self):
        text = page.render(results.Results(every_template()))
        self.assertEqual(re.findall(r"<script|<link|<img|https?:|url\(|@import", text), [])

    def test_a_run_without_anything_is_a_page(self):
        self.figures_agree(run())
        self.figures_agree(run(question("nothing")))
        self.figures_agree(run(question("empty", table("of no rows"), table("of no figures", row("none")))))

    def test_what_a_row_lacks_is_not_shown(self):
        one = row("x", time={"n": 1, "median": 5.0})
        broken = row("y", 7, ratio={**spread(1), "p90": None})
        zero = row("z", time=samples_of([0.0] * 50))
        negative = row("less another", time=samples_of([-3.0, 1.0, 2.0] * 20))
        self.figures_agree(run(question("q", table("t", one, broken, zero, negative, ratio_to="by hand"))))

    def test_names_are_text_and_no_html(self):
        found = self.figures_agree(run(question("q", table("t", row("transparent_huge<b>\"&", 5)))))
        self.assertIn("transparent_huge<b>\"&", found.text)
        self.assertIn("transparent_huge<b>\"&", found.labels[0])

    def test_doubts_are_named(self):
        doubtful = vectors(100, 200, is_doubtful=True)
        modes = {"low": 90.0, "high": 120.0, "share_of_high": 0.4}
        twice = row("twice", time={**spread(100), "bimodal": True, "modes": modes})
        found = self.figures_agree(run(doubtful, question("other", table("t", twice)), warnings=["It was loud."],
                                       left_out=[{"what": "a peer", "why": "it is not here"}],
                                       peers=[{"name": "heap", "version": "1.2", "configuration": "as it comes"}]))
        for words in ("noisy", "bimodal", "time bimodal: ", "40 %", "It was loud.", "a peer", "it is not here",
                      "as it comes"):
            self.assertIn(words, found.text)

    def test_limits_are_shown_with_their_verdicts(self):
        limit = {"what": "a vector, to by hand", "figure": 1.234, "limit": 1.02, "verdict": "not met"}
        data = run(question("q", table("t", row("x", 5)), limits=[limit]),
                   verdicts={"met": 0, "not_met": 1, "too_noisy": 0})
        found = self.figures_agree(data)
        self.assertIn("0 are met, 1 are not met, and 0 were too noisy to tell", found.text)
        for words in ("a vector, to by hand", "1.234", "1.02", "not met"):
            self.assertIn(words, found.text)

    def test_a_limit_that_hand_written_code_misses_says_so(self):
        limit = {"what": "take: nanoseconds", "figure": 28, "limit": 20, "verdict": "not met", "by_hand": 23.7}
        found = self.figures_agree(run(question("q", table("t", row("x", 5)), limits=[limit])))
        self.assertIn("23.7", found.text)


class Pictures(unittest.TestCase):
    def test_an_axis_keeps_the_order_and_shows_ticks_within(self):
        for values in ([1, 2, 3], [5, 5], [0, 0], [1, 1e9], [0.98, 1.03], [-4, 7], [13]):
            for from_zero in (True, False):
                axis = charts.Axis(values, from_zero=from_zero)
                places = [axis.at(value) for value in sorted(values)]
                self.assertEqual(places, sorted(places), values)
                self.assertTrue(all(0 <= place <= 1 for place in places))
                self.assertTrue(all(axis.low <= tick <= axis.high for tick in axis.ticks()), values)
                self.assertLessEqual(len(axis.ticks()), 6)

    def test_dots_that_would_cover_each_other_are_piled_up(self):
        places = charts.pile([0.5] * 20)
        self.assertEqual(len(set(places)), 20)
        self.assertTrue(all(0 < y < charts.HEIGHT for _, y in places))
        self.assertEqual(len({y for _, y in charts.pile([i / 20 for i in range(20)])}), 1)


def changed(data, **samples):
    """The run with a changed pinned_vector."""
    made = copy.deepcopy(data)
    made["questions"][0]["tables"][0]["rows"][1].update(samples)
    return made


class History(unittest.TestCase):
    def compare(self, now, then):
        return history.compare(results.Results(now), results.Results(then))

    def setUp(self):
        self.data = run(vectors(100, 200))

    def test_a_run_has_not_changed_since_itself(self):
        found = self.compare(self.data, self.data)
        self.assertEqual((found["changes"], found["doubtful"], found["judged"]), ([], [], 2))

    def test_a_ratio_that_differs_by_more_than_the_noise_has_changed(self):
        found, = self.compare(changed(self.data, ratio=spread(1.10)), self.data)["changes"]
        self.assertEqual((found["what"], found["row"]), ("ratio", "pinned_vector"))
        self.assertAlmostEqual(found["change"], 1.10 / 1.01 - 1, delta=0.01)

    def test_within_the_noise_nothing_has_changed(self):
        for other in (spread(1.015), spread(1.10, deviation=0.9, count=20)):
            self.assertEqual(self.compare(changed(self.data, ratio=other), self.data)["changes"], [])

    def test_two_draws_from_one_distribution_do_not_differ(self):
        beyond = sum(bool(self.compare(changed(self.data, ratio=spread(1, 0.05, 100, seed)),
                                       changed(self.data, ratio=spread(1, 0.05, 100, -seed - 1)))["changes"])
                     for seed in range(200))
        self.assertLessEqual(beyond, 1)

    def test_noisy_and_bimodal_rows_are_not_judged(self):
        bimodal = {**spread(1.5), "bimodal": True, "modes": {"low": 1.0, "high": 2.0, "share_of_high": 0.5}}
        for other in ({"ratio": spread(1.5), "is_doubtful": True}, {"ratio": bimodal}):
            found = self.compare(changed(self.data, **other), self.data)
            self.assertEqual(found["changes"], [])
            self.assertEqual([one["row"] for one in found["doubtful"]], ["pinned_vector"])

    def test_a_control_that_is_off_widens_the_noise(self):
        found = self.compare(changed(self.data, ratio=spread(1.10), control=1.2), self.data)
        self.assertEqual(found["changes"], [])

    def test_a_ratio_of_nothing_is_not_judged(self):
        one = vectors(1.0, 2.0)
        one["tables"][0]["rows"][1]["ratio"] = samples_of([0.0] * 50)
        self.compare(run(one), run(one))

    def test_times_without_a_ratio_must_not_overlap(self):
        def other(time):
            return run(question("q", table("t", row("x", time))))
        self.assertEqual(self.compare(other(104), other(100))["changes"], [])
        self.assertEqual(self.compare(other(50), other(100))["changes"][0]["what"], "time")

    def test_times_are_not_judged_if_others_were_at_work(self):
        def other(time, **more):
            return run(question("q", table("t", row("x", time))), **more)
        found = self.compare(other(50, warnings=["Others were at work."]), other(100))
        self.assertEqual((found["changes"], len(found["doubtful"])), ([], 1))

    def test_a_ratio_without_a_control_is_not_taken_in_pairs(self):
        def other(ratio):
            return run(question("q", table("t", row("x", 100, ratio=spread(ratio)), ratio_to="by hand")))
        self.assertEqual(self.compare(other(1.0), other(2.0))["changes"], [])

    def test_calls_by_hand_are_not_judged_but_told(self):
        made = copy.deepcopy(self.data)
        made["questions"][0]["tables"][0]["rows"][0]["time"] = spread(300)
        found = self.compare(made, self.data)
        self.assertEqual(found["changes"], [])
        self.assertGreater(found["by_hand"], 1)

    def test_rows_of_one_name_are_paired_in_their_order(self):
        data = run(question("q", table("t", row("x", 10), row("x", 1000))))
        found = self.compare(data, data)
        self.assertEqual((found["judged"], found["changes"]), (2, []))

    def test_rows_of_one_run_alone_are_named(self):
        found = self.compare(self.data, run(question("q", table("t", row("gone", 1)))))
        self.assertEqual([one["row"] for one in found["only_before"]], ["gone"])
        self.assertEqual(len(found["only_now"]), 3)

    def test_another_machine_or_another_kind_of_run_is_refused(self):
        machine = self.data["machine"]
        for other in ({"quick": True}, {"machine": {**machine, "processor": "Another"}},
                      {"machine": {**machine, "memory": "2000 MiB, 900 MiB available"}}):
            with self.assertRaises(history.NotComparable):
                self.compare({**self.data, **other}, self.data)

    def test_another_kernel_is_told(self):
        other = {**self.data["machine"], "kernel": "Linux 7", "memory": "1000 MiB, 1 MiB available"}
        found = self.compare({**self.data, "machine": other}, self.data)
        self.assertEqual(found["facts"], [{"fact": "kernel", "now": "Linux 7", "before": "Linux 6"}])

    def test_what_has_changed_is_on_the_page_and_in_its_json(self):
        now = changed(self.data, ratio=spread(1.10))
        now["compared"] = self.compare(now, self.data)
        found = Figures(page.render(results.Results(now)))
        self.assertEqual(problems(now, found.figures), [])
        self.assertIn("/compared/changes/0/change", [pointer for pointer, _ in found.figures])


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, data):
        path = self.folder / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    def test_a_file_that_is_no_run_is_named_with_the_reason(self):
        for data in ("", "[]", "{}", {"schema": 1, "questions": []}, {"schema": 2}, {"schema": 2, "questions": None},
                     {"schema": 2, "questions": [{}]}, {"schema": 2, "questions": [], "seconds": float("nan")}):
            with self.assertRaisesRegex(results.NotResults, "some.json"):
                results.read(self.write("some.json", data))
        with self.assertRaisesRegex(results.NotResults, "missing.json"):
            results.read(self.folder / "missing.json")

    def test_a_page_does_not_overwrite_its_figures(self):
        path = self.write("figures.html", run())
        done = subprocess.run([sys.executable, pathlib.Path(page.__file__).with_name("report.py"), "--results", path],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("figures.html would be overwritten", done.stderr)
        self.assertEqual(json.loads(path.read_text()), run())

    def test_a_table_of_a_page_has_the_least_of_several_times(self):
        data = run(question("instances", table("instances_16", row("Wasmtime, keeps 64 KiB resident", 4000, "peer"),
                                               row("Wasmtime, keeps all resident", 3500, "peer"))))
        made = guide_tables.recyclings(results.read(self.write("run.json", data)))
        self.assertRegex(made, r"Wasmtime's pool[^|]*\|[^|]*\| – \| 3\.5\d? \| – \| – \|")

    def test_a_recorded_run_has_the_same_figures(self):
        data = every_template()
        (self.folder / "docs").mkdir()
        recorded.record(self.write("run.json", data), self.folder)
        self.assertEqual(json.loads((self.folder / recorded.RESULTS).read_text()), data)

    def test_a_quick_run_is_not_recorded(self):
        with self.assertRaises(SystemExit):
            recorded.record(self.write("run.json", run(quick=True)), self.folder)

    def test_the_table_replaces_itself_and_nothing_else(self):
        data = results.Results(every_template())
        made = readme.text(data, readme.shown(data))
        self.assertEqual(made.count("\n| ") - 1, 10)
        text = "before\n" + recorded.BEGIN + "old\n" + recorded.END + "after\n"
        once = recorded.renewed(text, made)
        self.assertEqual(recorded.renewed(once, made), once)
        self.assertEqual(once, "before\n" + recorded.BEGIN + made + recorded.END + "after\n")
        with self.assertRaises(SystemExit):
            recorded.renewed("no marks", made)


def main():
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        done = unittest.main(exit=False).result
    failed = [*done.failures, *done.errors]
    for case, why in failed:
        print(why, f"failed: {case}", sep="\n")
    print(f"{done.testsRun} test cases: {done.testsRun - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
