"""opened.py - what is open for the length of a `with`

    class Peer(Opened):
        def open(self): ...     # Start it. Whatever goes wrong here, close() is called
        def close(self): ...    # End what there is of it

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""


class Opened:
    def open(self):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()


def end(processes):
    """Kill them all, a list or a view, and wait for their ends."""
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()
