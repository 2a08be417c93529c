# SPDX-License-Identifier: BSL-1.0
"""A machine without a kernel of its own: programs for another processor, run on this machine's kernel, under a
user-mode emulator or directly."""

import dataclasses
import os
import shutil
import time

import builds
import guest
from machine import Machine
from packages import Unavailable


@dataclasses.dataclass(frozen=True, kw_only=True)
class UserModeMachine(Machine):
    wrapper: tuple = ()  # words before a program's name: the emulator, if one is needed

    def have(self, lab, say):
        if self.wrapper and not shutil.which(self.wrapper[0]):
            raise Unavailable(f"{self.wrapper[0]} is not installed")

    def visit(self, folder, programs, lab, acceleration, tell):
        """Does what init.cpp does in a guest, and reports it in the same format."""
        end = time.monotonic() + self.limit
        environment = os.environ | {"QUIRE_TAP": "1"}
        with guest.Session(guest.log_of(self, lab), programs, tell) as session:
            session.carry_out([*self.wrapper, str(builds.first_program(self.build, lab))], environment, self.limit)
            for program in programs:
                begin = time.monotonic()
                session.line(f"lab: begin {program.name}")
                status = session.carry_out([*self.wrapper, str(folder / program.path), *program.arguments], environment,
                                           max(1, end - begin))
                how = "exit" if status >= 0 else "signal"
                session.line(f"lab: end {program.name} {how} {abs(status)} after {time.monotonic() - begin:.1f} s")
            session.line("lab: done")
        return session.run
