# SPDX-License-Identifier: BSL-1.0
"""The base of all machines of the lab. There are two kinds: with a kernel of its own (virtual.py), under an emulator or
as a program of this machine, and without one (user_mode.py)."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    name: str
    says: str  # what distinguishes it from the others
    build: str  # the folder under build/ with its programs, and their description under test/lab/cross
    runs: tuple = ()  # names of its programs; empty: all of them
    quick: tuple = ()  # the programs that ./dev test runs; empty: ./dev test leaves the machine out
    limit: int = 1200  # seconds

    def programs(self, known, quick):
        """Returns the known programs that this machine runs."""
        wanted = self.quick if quick else self.runs
        found = [program for program in known if program.build in ("", self.build)
                 and (program.name in wanted or not wanted)]
        return [program.shortened() for program in found] if quick else found

    # Each kind has two more members:
    #   have(lab, say)                                     gets what it needs; raises Unavailable with the reason
    #   visit(folder, programs, lab, acceleration, tell)   runs it from start to end; returns a guest.Run
