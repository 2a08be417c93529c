# SPDX-License-Identifier: BSL-1.0
"""The part of the page that says what has changed since an earlier run."""

import html

from figures import Figure, as_ratio, as_time
from history import as_percent
from markup import element, figure, join
from tables import simple_table


def section(results):
    compared, at = results.compared, "/compared"
    rows = []
    for i, change in enumerate(compared["changes"]):
        place, write = f"{at}/changes/{i}", as_time if change["what"] == "time" else as_ratio
        rows.append((f"{change['table']}: {change['row']}", change["what"],
                     Figure(write(change["before"]), place + "/before", change["before"]),
                     Figure(write(change["now"]), place + "/now", change["now"]),
                     Figure(as_percent(change["change"]), place + "/change", change["change"]),
                     Figure(f"{change['noise'] * 100:.1f} %", place + "/noise", change["noise"])))
    judged = figure(Figure(str(compared["judged"]), at + "/judged", compared["judged"]))
    by_hand = figure(Figure(as_percent(compared["by_hand"]), at + "/by_hand", compared["by_hand"]))
    begun = html.escape(compared["begun"])
    parts = [element("h2", f"Changes since {begun}"),
             element("p", f"Of {judged} rows that both runs have, these differ by more than the noise. The calls by "
                     f"hand themselves, by which the machine can be judged, differ by {by_hand} in the median.")]
    parts.append(simple_table(("", "", "before", "now", "change", "noise"), rows) if rows else
                 element("p", "No row differs by more than the noise."))
    if compared["doubtful"]:
        names = "; ".join(f"{one['table']}: {one['row']}" for one in compared["doubtful"])
        parts.append(element("p", f"Doubtful in one of the runs, and not judged: {html.escape(names)}.", class_="note"))
    if compared["facts"]:
        parts.append(simple_table(("not the same", "before", "now"),
                                  [(fact["fact"], fact["before"], fact["now"]) for fact in compared["facts"]]))
    return element("section", join(parts), id="changes", class_="changes")
