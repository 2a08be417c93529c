# SPDX-License-Identifier: BSL-1.0
"""Sentences that answer the questions. Each is declared here once, with a name for each row that it speaks of; its
figures come from the JSON of a run. A sentence whose rows a run lacks is left out, so that a place of a row may be
tried for the quick run and another for the full one.
"""

import dataclasses
import string

from figures import Figure

# Up to here two ways count as equally fast: a difference that a user would hardly notice.
SAME = 1.15

PATHS = {"time": "time/median", "ratio": "ratio/median", "count": "count", "gain": "gain", "instead": "time_of_instead"}


class Fastest:
    """The fastest of several rows: a peer in its better setting."""

    def __init__(self, table_id, *row_names):
        self.places = [(table_id, name) for name in row_names]

    def find(self, results):
        found = [row for place in self.places if (row := results.find(*place)) and row.figure("time/median")]
        return min(found, key=lambda row: row.figure("time/median").value, default=None)


@dataclasses.dataclass
class Template:
    """`text` names rows: "{ours.time}", or ratio and count of it; `instead` is the time of what it is compared with. A
    template with a `label` compares what Quire offers with what a user would have instead: it belongs to the gains or
    to the costs, as the figures have it. Of a family only the first whose rows are there is compared."""

    question: str
    text: str
    rows: dict
    label: str = ""
    instead: str = ""
    family: str = ""


@dataclasses.dataclass
class Sentence:
    template: Template
    parts: list  # strings and figures
    rows: dict

    def __str__(self):
        return "".join(map(str, self.parts))

    @property
    def figures(self):
        return [part for part in self.parts if isinstance(part, Figure)]

    @property
    def gain(self):
        return self.rows["ours"].figure("gain")

    @property
    def time(self):
        return self.rows["ours"].figure("time/median")

    @property
    def time_of_instead(self):
        return self.rows["ours"].figure("time_of_instead") or self.rows["peer"].figure("time/median")

    @property
    def other(self):
        """The row of what is compared with, if the run has one."""
        ours = self.rows["ours"]
        named = (row for row in ours.table.rows if row.name.strip() == ours.get("gain_over"))
        return self.rows.get("peer") or next(named, None)

    @property
    def doubt(self):
        """What makes the sentence doubtful, if anything: a noisy or bimodal row, or times that overlap."""
        rows = [row for row in self.rows.values() if row]
        differs = self.template.label and not 1 / SAME < self.gain.value < SAME
        if any(row.is_doubtful for row in rows) or (differs and self.other and overlap(self.rows["ours"], self.other)):
            return "noisy"
        return "bimodal" if any(row.bimodal for row in rows) else ""


def overlap(one, other):
    """Whether the times of two rows, from the 10th to the 90th percentile, have values in common."""
    low, high = ([row.figure(f"time/{end}") for row in (one, other)] for end in ("p10", "p90"))
    return all(low + high) and max(end.value for end in low) <= min(end.value for end in high)


def fill(template, results):
    """Returns the sentence, or None if the run lacks one of its rows or figures."""
    rows = {}
    for name, place in template.rows.items():
        rows[name] = place.find(results) if isinstance(place, Fastest) else results.find(*place)
    parts = []
    for text, name, _, _ in string.Formatter().parse(template.text):
        parts += [text] if text else []
        if name:
            row, what = name.split(".")
            figure = rows[row] and rows[row].figure(PATHS[what])
            if figure is None:
                return None
            parts.append(figure)
    made = Sentence(template, parts, rows)
    return None if template.label and made.gain is None else made


def declared(results, templates=None):
    """Returns the sentences that the figures of a run fill."""
    from declared_sentences import TEMPLATES  # which needs the classes of this module
    made = [fill(template, results) for template in (TEMPLATES if templates is None else templates)]
    return [sentence for sentence in made if sentence]


def comparisons(sentences):
    """Those that compare, one of each family, by how much is gained."""
    first = {}
    for sentence in sentences:
        if sentence.template.label:
            first.setdefault(sentence.template.family or sentence.template.label, sentence)
    return sorted(first.values(), key=lambda sentence: -sentence.gain.value)


def sorted_by_gain(compared):
    """Returns what gains, what is about the same, and what costs, the largest difference first."""
    gains = [one for one in compared if one.gain.value >= SAME]
    costs = [one for one in compared if one.gain.value <= 1 / SAME]
    same = [one for one in compared if 1 / SAME < one.gain.value < SAME]
    return gains, same, costs[::-1]


def answer(question, sentences):
    """Returns the sentences that answer a question: the declared ones, or what its first compared row says."""
    of_this = [sentence for sentence in sentences if sentence.template.question == question.name]
    if of_this:
        return of_this
    for table in question.tables:
        for row in table.rows:
            made = undeclared(table, row)
            if made:
                return [made]
    return []


def undeclared(table, row):
    """A sentence of a row that Quire has beside something, for questions without declared ones."""
    time, ratio, gain = (row.figure(PATHS[what]) for what in ("time", "ratio", "gain"))
    if row.side != "quire" or not time or not (ratio or gain):
        return None
    title = table.title.strip()
    parts = [f"{title[0].upper()}{title[1:]}: {row.name} takes ", time, ", "]
    if gain and row.gain_over != table.get("ratio_to"):
        parts += [gain, f" times as fast as {row.gain_over}."]
    else:
        parts += [ratio, f" times as long as {table.ratio_to}."]
    return Sentence(Template(table.question.name, "", {}), parts, {"ours": row})
