# SPDX-License-Identifier: BSL-1.0
"""The JSON that quire-bench writes: its questions, tables and rows."""

import json

from figures import Figure, as_count, as_gain, as_ratio, as_share, as_time

SCHEMA = 2

# How a number is written, by its name or else by the member that it is in.
WRITTEN = {"time": as_time, "time_of_instead": as_time, "ratio": as_ratio, "control": as_ratio,
           "ratio_to_instead": as_ratio, "figure": as_ratio, "by_hand": as_ratio,
           "limit": lambda value: f"{value:g}", "gain": as_gain, "share_of_high": as_share, "count": as_count,
           "n": as_count, "verdicts": as_count}


class NotResults(Exception):
    """A file that no run of this version wrote; the text says which and why."""


class Node:
    """An object of the JSON and the pointer to it."""

    def __init__(self, data, pointer):
        self.data, self.pointer = data, pointer

    def __getattr__(self, name):
        try:
            return self.data[name]
        except KeyError:
            raise AttributeError(name) from None

    def get(self, name, otherwise=None):
        return self.data.get(name, otherwise)

    def figure(self, path):
        """Returns the number at a path such as `time/median`, or None. How it is written follows from the path: a part
        of the time is a time."""
        value, names = self.data, path.split("/")
        for name in names:
            if not isinstance(value, dict) or value.get(name) is None:
                return None
            value = value[name]
        write = WRITTEN.get(names[-1]) or WRITTEN[names[0]]
        return Figure(write(value), f"{self.pointer}/{path}", value)


def is_finite(samples):
    """Whether no sample was divided by a time of zero, which the JSON cannot say as a number."""
    return None not in samples.values() and None not in samples.get("quantiles", ())


class Row(Node):
    def __init__(self, data, pointer, table):
        super().__init__({name: value for name, value in data.items()
                          if value is not None and (name not in ("time", "ratio") or is_finite(value))}, pointer)
        self.table = table

    @property
    def is_doubtful(self):
        return self.data.get("is_doubtful", False)

    @property
    def bimodal(self):
        """What has two modes: the time, the ratio, both or nothing."""
        return [what for what in ("time", "ratio") if self.data.get(what, {}).get("bimodal")]


class Table(Node):
    def __init__(self, data, pointer, question):
        super().__init__(data, pointer)
        self.question = question
        self.rows = [Row(row, f"{pointer}/rows/{i}", self) for i, row in enumerate(data["rows"])]

    @property
    def counted(self):
        return self.data.get("counted", "")


class Question(Node):
    def __init__(self, data, pointer):
        super().__init__(data, pointer)
        self.tables = [Table(table, f"{pointer}/tables/{i}", self) for i, table in enumerate(data["tables"])]
        self.limits = [Node(limit, f"{pointer}/limits/{i}") for i, limit in enumerate(data["limits"])]

    @property
    def title(self):
        return self.data["headings"][0]["question"] if self.data["headings"] else self.name


class Results(Node):
    def __init__(self, data, path=""):
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            found = f"schema {data['schema']}" if isinstance(data, dict) and "schema" in data else "no schema"
            raise NotResults(f"{path}: {found}; this reads schema {SCHEMA}")
        super().__init__(data, "")
        self.questions = [Question(one, f"/questions/{i}") for i, one in enumerate(data["questions"])]
        self.measured = [one for one in self.questions if one.tables or one.limits]

    @property
    def tables(self):
        return [table for question in self.questions for table in question.tables]

    def find(self, table_id, row_name):
        for table in self.tables:
            if table.id == table_id:
                for row in table.rows:
                    if row.name.strip() == row_name:
                        return row
        return None


def refuse_constant(name):
    raise ValueError(f"{name} is no number of JSON")


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return Results(json.load(file, parse_constant=refuse_constant), path)
    except (OSError, ValueError) as problem:
        raise NotResults(f"{path}: {problem}") from None
    except (AttributeError, KeyError, TypeError) as problem:
        raise NotResults(f"{path} is not as quire-bench writes it: {problem}") from None
