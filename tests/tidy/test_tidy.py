#!/usr/bin/python3
"""The tidy program is seen to fail: each kind of violation is put into a copy of the tree and has to be found.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ZELECT_BUILD_DIR", ROOT / "build/dev"))
TIDY = ROOT / "tests/tidy/tidy.py"

NOTICE = "//  Mozilla Public License\n"
LONG = "void\nzelect_long (void)\n{\n" + "    ;\n" * 71 + "}\n"
SLASH = "/"    # apart, so that this file is tidy itself

# (check, file, text, what tidy has to say); the text is appended if the file exists.
SEEDS = [
    ("layers", "src/core/seed.c", '#include "zelect_wire.h"\n', 'seed.c:1: may not include "zelect_wire.h"'),
    ("layers", "src/core/seed.c", "#include <czmq.h>\n", "seed.c:1: may not include <czmq.h>"),
    ("layers", "src/core/seed.c", "#include <stdlib.h>\n", "seed.c:1: may not include <stdlib.h>"),
    ("layers", "src/wire/seed.c", "#include <zmq.h>\n", "seed.c:1: may not include <zmq.h>"),
    ("layers", "src/wire/seed.c", '#include "zelect_node.h"\n', 'may not include "zelect_node.h"'),
    ("layers", "src/node/seed.c", '#include "zelect.h"\n', 'may not include "zelect.h"'),
    ("layers", "src/node/seed.c", '#include "zelect.pb-c.h"\n', 'may not include "zelect.pb-c.h"'),
    ("layers", "src/cli/seed.c", '#include "zelect_core.h"\n', 'may not include "zelect_core.h"'),
    ("layers", "examples/seed.c", '#include "zelect_core.h"\n', 'may not include "zelect_core.h"'),
    ("layers", "tests/core/seed.c", '#include "zelect_wire.h"\n', 'may not include "zelect_wire.h"'),
    ("function_length", "src/node/seed.c", LONG, "seed.c:3: a function of 71 lines"),
    ("file_length", "src/node/seed.c", "\n" * 601, "seed.c: 601 lines"),
    ("columns", "src/node/seed.c", "/" * 101 + "\n", "seed.c:1: 101 columns"),
    ("columns", "src/node/seed.c", "\tint a;\n", "seed.c:1: a tab"),
    ("banned_calls", "src/node/seed.c", "int a = atoi (b);\n", "seed.c:1: 'atoi ('"),
    ("banned_calls", "src/cli/seed.c", "strcpy (a, b);\n", "seed.c:1: 'strcpy ('"),
    ("banned_calls", "src/cli/seed.c", "usleep (1);\n", "seed.c:1: 'usleep ('"),
    ("banned_calls", "src/node/seed.c", "a = zclock_mono ();\n", "seed.c:1: 'zclock_mono ('"),
    ("banned_calls", "src/node/seed.c", "assert (false);\n", "seed.c:1: 'assert (false)'"),
    ("banned_calls", "src/api/seed.c", 'printf ("a");\n', "seed.c:1: 'printf ('"),
    ("banned_calls", "src/api/seed.c", "zsys_set_linger (0);\n", "seed.c:1: 'zsys_set_linger ('"),
    ("banned_calls", "tests/node/seed.c", "srand (1);\n", "seed.c:1: 'srand ('"),
    ("banned_words", "src/node/seed.c", "int epo" "ch_count;\n", "'epo" "ch' is no word"),
    ("names", "src/node/seed.c", "static int\nwrong (void)\n{\n}\n", "seed.c:2: static function 'wrong'"),
    ("names", "src/node/seed.c", "int\nwrong (int a,\n       int b)\n{\n}\n", "seed.c:2: function 'wrong'"),
    ("unfinished", "src/node/seed.c", "//  TO" "DO\n", "seed.c:1: "),
    ("machine_paths", "doc/seed.md", f"see {SLASH}home/me\n", f"seed.md:1: absolute path '{SLASH}home'"),
    ("licence", "src/node/seed.c", "int a;\n", "seed.c: has no licence"),
    ("dead_files", "src/node/dead_seed.h", NOTICE, "dead_seed.h: nothing uses it"),
    ("dead_files", "tests/cli/dead_seed.sh", NOTICE, "dead_seed.sh: nothing uses it"),
    ("formatting", "src/node/seed.c", "int a=1;\n", "seed.c: is not as clang-format-14 has it"),
    ("shell_scripts", "tests/seed.sh", "#!/bin/sh\necho $a\n", "seed.sh:2:6"),
    ("headers", "include/seed.h", "uint64_t seed (void);\n", "seed.h: does not compile alone (-std=c11)"),
    ("headers", "include/seed.h", "int seed (int class);\n", "seed.h: does not compile alone (-std=c++11)"),
    ("headers", "src/node/seed.h", "uint64_t seed (void);\n", "seed.h: does not compile alone (-std=c11)"),
    ("exports", "src/libzelect.map", "    zelect_seed;\n", "'zelect_seed' is not in the headers, libzelect.so"),
    ("exports", "include/zelect.h", "ZELECT_EXPORT int\n    zelect_other (int a);\n",
     "'zelect_other' is not in src/libzelect.map, libzelect.so"),
]

# (check, where the object stands, source, what tidy has to say)
OBJECTS = [
    ("pure_core", "CMakeFiles/zelect_core.dir/seed.c.o",
     "#include <stdlib.h>\nvoid *zelect_seed (void) { return malloc (1); }", "the core asks for 'malloc'"),
    ("object_names", "CMakeFiles/zelect_node.dir/seed.c.o", "int seed; ", "defines 'seed'"),
    ("exports", "libzelect.so", "int zelect_seed (void) { return 0; }",
     "'zelect_seed' is not in the headers, src/libzelect.map"),
]


def tidy(root, build, check):
    done = subprocess.run([sys.executable, TIDY, "--root", root, "--build", build, check],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class TidyFails(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="zelect-tidy-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.copy = self.folder / "tree"
        shutil.copytree(ROOT, self.copy, ignore=shutil.ignore_patterns(".git", "build*", "__pycache__"))

    def plant(self, number, name, text):
        """Write or append the text; where a file is new its name gets the number. Returns what undoes it."""
        path = self.copy / name
        if path.exists():
            before = path.read_text()
            path.write_text(before + text)
            return lambda: path.write_text(before)
        path = self.copy / name.replace("seed.", f"seed{number}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path.unlink

    def test_sources(self):
        for check in dict.fromkeys(seed[0] for seed in SEEDS):
            with self.subTest(check=check):
                _, clean = tidy(self.copy, BUILD, check)
                seeds = [seed[1:] for seed in SEEDS if seed[0] == check]
                undo = [self.plant(number, name, text) for number, (name, text, _) in enumerate(seeds)]
                status, dirty = tidy(self.copy, BUILD, check)
                for step in reversed(undo):
                    step()
                self.assertEqual(status, 1)
                for number, (_, _, expected) in enumerate(seeds):
                    expected = expected.replace("seed.", f"seed{number}.")
                    self.assertNotIn(expected, clean)
                    self.assertIn(expected, dirty)

    def test_objects(self):
        for check, name, source, expected in OBJECTS:
            with self.subTest(check=check):
                build = self.folder / "build"
                path = build / name
                path.parent.mkdir(parents=True)
                kind = ["-shared", "-fPIC"] if name.endswith(".so") else ["-c"]
                subprocess.run(["gcc", "-x", "c", "-", *kind, "-o", path], input=source, text=True, check=True)
                status, dirty = tidy(self.copy, build, check)
                shutil.rmtree(build)
                self.assertIn(expected, dirty)
                self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
