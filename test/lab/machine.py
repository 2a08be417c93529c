"""What every machine of the lab has. There are two kinds: with a kernel of its own (virtual.py), under an emulator or as a
program of this machine, and without (user_mode.py)."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    name: str
    says: str  # what it has that others have not
    build: str  # the folder under build/ that the programs come from, and its description under test/lab/cross
    runs: tuple = ()  # the programs, by name; all of them where none is named
    quick: tuple = ()  # those that ./dev test runs; a machine without any is none of its
    limit: int = 1200  # seconds

    def programs(self, known, quick):
        """Those of the known programs that it runs."""
        wanted = self.quick if quick else self.runs
        found = [program for program in known if program.build in ("", self.build)
                 and (program.name in wanted or not wanted)]
        return [program.shortened() for program in found] if quick else found

    # Each kind has two more:
    #   have(lab, say)                                     gets what it needs; Unavailable with the reason
    #   visit(folder, programs, lab, acceleration, tell)   from its start to its end: a guest.Run
