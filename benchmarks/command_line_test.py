# SPDX-License-Identifier: BSL-1.0
"""quire-bench refuses what it cannot do before it measures anything.

usage: command_line_test.py QUIRE_BENCH
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refusal(self, *arguments):
        """Returns what is said on standard error; the program fails, and has found nothing."""
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertNotIn("All figures", done.stdout)
        return done.stderr

    def test_results_that_cannot_be_written(self):
        (self.folder / "file").write_text("")
        results = self.folder / "file/results.json"
        self.assertIn(str(results), self.refusal("--json", results))

    def test_a_folder_for_the_results(self):
        self.assertIn(str(self.folder), self.refusal("--json", self.folder))

    def test_results_over_those_to_compare_with(self):
        results = self.folder / "results.json"
        results.write_text("{}")
        self.assertIn("would be overwritten", self.refusal("--json", results, "--compare", results))
        self.assertEqual(results.read_text(), "{}")

    def test_earlier_results_that_are_not_there(self):
        self.assertIn("absent.json", self.refusal("--json", self.folder / "new.json", "--compare",
                                                  self.folder / "absent.json"))

    def test_a_question_that_does_not_exist(self):
        self.assertIn("usage:", self.refusal("--only", "everything"))

    def test_an_option_without_its_value(self):
        self.assertIn("usage:", self.refusal("--json"))


if __name__ == "__main__":
    unittest.main()
