#!/usr/bin/python3
"""The counter of test cases: what each runner prints, and that nothing that did not run counts as passed.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import unittest

import count

CMOCKA = """[==========] Running 3 test(s).
[ RUN      ] test_a
[       OK ] test_a
[ RUN      ] test_b
"""

SAMPLES = [
    # output, did the test end well, (passed, failed)
    ("", True, (1, 0)),
    ("", False, (0, 1)),
    (CMOCKA, False, (1, 1)),    # it crashed in test_b
    (CMOCKA + "[       OK ] test_b\n[       OK ] test_c\n[  PASSED  ] 3 test(s).\n", True, (3, 0)),
    (CMOCKA + "[  FAILED  ] test_b\n[  SKIPPED ] test_c\n[  PASSED  ] 1 test(s).\n"
     "[  SKIPPED ] 1 test(s), listed below:\n[  SKIPPED ] test_c\n"
     "[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] test_b\n", False, (1, 2)),
    ("[==========] Running 0 test(s).\n[  PASSED  ] 0 test(s).\n", True, (0, 1)),
    ("1..3\nok 1 a\nnot ok 2 b\nok 3 c # skip no root\n", False, (1, 2)),
    ("1..2\nok 1 a\nok 2 b\n", False, (2, 1)),
    ("1..0\n", True, (0, 1)),
    ("...\n3 passed in 0.12s\n", True, (3, 0)),
    ("==== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s ====\n", False, (3, 4)),
    ("no tests ran in 0.01s\n", True, (0, 1)),
    ("Ran 5 tests in 0.1s\n\nOK\n", True, (5, 0)),
    ("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)\n", False, (2, 3)),
]


class Counts(unittest.TestCase):
    def test_samples(self):
        for text, ok, expected in SAMPLES:
            with self.subTest(text=text[-60:]):
                self.assertEqual(count.count(text, ok), expected)


if __name__ == "__main__":
    unittest.main()
