"""zelect - makes zelect.binpb from the one schema, src/wire/zelect.proto, when the package is built.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

WIRE = Path(__file__).resolve().parent.parent.parent / "src" / "wire"


class BuildWithSchema(build_py):
    """Puts the descriptor set beside the modules."""

    def run(self):
        super().run()
        folder = Path(self.build_lib) / "zelect"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(["protoc", f"--proto_path={WIRE}", "--include_imports",
                            f"--descriptor_set_out={folder / 'zelect.binpb'}",
                            str(WIRE / "zelect.proto")], check=True)
        except FileNotFoundError:
            raise SystemExit("zelect: protoc is missing; apt install protobuf-compiler") from None


setup(cmdclass={"build_py": BuildWithSchema})
