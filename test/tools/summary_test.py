# SPDX-License-Identifier: BSL-1.0
"""What summary.py says of runs that went well, of failures, and of programs that were not built."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import summary  # noqa: E402


class Summary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "gcc"
        self.folder.mkdir()

    def ran(self, *tests):
        (self.folder / "meson-logs").mkdir()
        (self.folder / "build-seconds").write_text("7\n")
        log = [{"name": f"quire:{name}", "result": result, "stdout": said, "duration": 2.0} for name, result, said in tests]
        (self.folder / "meson-logs/testlog.json").write_text("\n".join(map(json.dumps, log)))

    def told(self):
        """Returns whether something failed, and the lines."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            failed = summary.main([self.folder])
        return failed, out.getvalue().splitlines()

    def test_cases_are_added_up(self):
        self.ran(("unit / a", "OK", "2 test cases: 1 passed, 0 failed, 1 skipped"), ("unit+threads / b", "OK", "fine"))
        failed, lines = self.told()
        self.assertFalse(failed)
        self.assertEqual(lines[-1], "3 passed, 0 failed, 1 skipped")
        self.assertEqual(lines[-3].split(), ["gcc", "unit", "2", "0", "1", "4"])

    def test_a_failure_comes_with_its_case(self):
        self.ran(("unit / a", "FAIL", "failed: the case\n2 test cases: 1 passed, 1 failed, 0 skipped"))
        failed, lines = self.told()
        self.assertTrue(failed)
        self.assertEqual(lines[-2:], ["gcc, unit: FAILED: a: the case", "2 passed, 1 failed, 0 skipped"])

    def not_built(self, complaints):
        (self.folder / "complaints").write_text(complaints)
        failed, lines = self.told()
        self.assertTrue(failed)
        return lines[-2]

    def test_what_was_not_built_comes_with_the_compiler_s_error(self):
        self.assertEqual(self.not_built("In file included from error.hpp:3\na.cpp:1: error: real\n  1 | a\n\n  | ^\nninja"),
                         "gcc, build: FAILED: build | a.cpp:1: error: real |   1 | a |   | ^")

    def test_what_was_not_built_comes_with_what_was_said_last(self):
        self.assertEqual(self.not_built("one line\n"), "gcc, build: FAILED: build | one line")
        self.assertEqual(self.not_built("Meson test encountered an error:\n\nb does not exist.\n"),
                         "gcc, build: FAILED: build | Meson test encountered an error: | b does not exist.")

    def test_a_build_without_a_word(self):
        self.assertEqual(self.told()[1][-2], "gcc, build: FAILED: build")

    def test_a_configuration_that_cannot_be_had(self):
        (self.folder / "not-here").write_text("there is no compiler\n")
        failed, lines = self.told()
        self.assertFalse(failed)
        self.assertIn("gcc, build: skipped: there is no compiler", lines)


if __name__ == "__main__":
    unittest.main()
