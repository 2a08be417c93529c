# SPDX-License-Identifier: BSL-1.0
"""What has changed since an earlier run on the same machine, beyond the noise.

A ratio with a control is taken in pairs within its run, so it can be compared between runs. It has changed if it
differs by more than three standard errors of the two medians, and what the two controls are off, and 5 %: four runs
of one program, on a busy machine, differed by up to 4.4 %. A row without one is compared by its time, which also
depends on how busy and how fast the machine was: it has changed if its median differs by more than 10 % and the
ranges of the two runs, from the 10th to the 90th percentile, do not meet. If one of the runs says that others were at
work, times are not judged. Rows that a run found noisy or bimodal are doubtful and not judged.
"""

import math

# Without these the figures are those of another machine.
MACHINE = ("processor", "cores", "page size")
FLOOR, LEAST_CHANGE_OF_TIME = 0.05, 0.10


class NotComparable(Exception):
    """Two runs whose figures say nothing about each other; the text says why."""


def different_facts(now, then):
    """Returns the facts of the machine that are not the same, except those that are never the same twice."""
    names = [name for name in now.machine if name in then.machine and name not in ("memory", "clock", "pinned to")]
    return [{"fact": name, "now": now.machine[name], "before": then.machine[name]} for name in names
            if now.machine[name] != then.machine[name]]


def total_memory(run):
    return run.machine.get("memory", "").split(",")[0]


def refuse_if_not_comparable(now, then):
    if now.quick != then.quick:
        kinds = {True: "a quick run", False: "a full run"}
        raise NotComparable(f"This is {kinds[now.quick]} and the earlier one was {kinds[then.quick]}: sizes differ.")
    for name in MACHINE:
        if now.machine.get(name) != then.machine.get(name):
            raise NotComparable(f"The earlier run was on another machine: {name} {then.machine.get(name)}, "
                                f"now {now.machine.get(name)}.")
    if total_memory(now) != total_memory(then):
        raise NotComparable(f"The earlier run was on another machine: {total_memory(then)} of memory, now "
                            f"{total_memory(now)}.")


def keyed(run):
    """Returns the rows by question, table, name and, for names that come again, their number."""
    rows = {}
    for table in run.tables:
        for row in table.rows:
            again = 0
            while (key := (table.question.name, table.id, row.name.strip(), again)) in rows:
                again += 1
            rows[key] = row
    return rows


def standard_error(samples):
    """Of the median, as a part of it, as if the middle of the samples were normal."""
    if samples["n"] < 2 or "p25" not in samples or samples["median"] <= 0:
        return None
    deviation = (samples["p75"] - samples["p25"]) / 1.349
    return 1.2533 * deviation / math.sqrt(samples["n"]) / samples["median"]


def noise_of_ratio(now, then):
    errors = [standard_error(row.ratio) for row in (now, then)]
    if None in errors:
        return None
    off = max(abs(row.control - 1) for row in (now, then))
    return 3 * math.hypot(*errors) + off + FLOOR


def compared_by_ratio(now, then):
    is_paired = all(row.get("ratio") and row.get("control") for row in (now, then))
    noise = noise_of_ratio(now, then) if is_paired else None
    if noise is None or min(now.ratio["median"], then.ratio["median"]) <= 0:
        return None
    change = now.ratio["median"] / then.ratio["median"] - 1
    return {"what": "ratio", "before": then.ratio["median"], "now": now.ratio["median"], "change": change,
            "noise": noise, "is_beyond": abs(change) > noise}


def compared_by_time(now, then):
    one, other = now.get("time"), then.get("time")
    if not one or not other or "p10" not in one or "p10" not in other or other["median"] <= 0:
        return None
    change = one["median"] / other["median"] - 1
    is_apart = one["p10"] > other["p90"] or one["p90"] < other["p10"]
    return {"what": "time", "before": other["median"], "now": one["median"], "change": change,
            "noise": LEAST_CHANGE_OF_TIME, "is_beyond": is_apart and abs(change) > LEAST_CHANGE_OF_TIME}


def is_doubtful(row, found, is_disturbed):
    return row.is_doubtful or found["what"] in row.bimodal or (found["what"] == "time" and is_disturbed)


def name_of(key):
    return {"question": key[0], "table": key[1], "row": key[2]}


def compare(now, then):
    """Returns what becomes the member `compared` of the JSON. By-hand rows are not judged: they show the machine."""
    refuse_if_not_comparable(now, then)
    here, there = keyed(now), keyed(then)
    is_disturbed = bool(now.warnings or then.warnings)
    changes, doubtful, judged, by_hand = [], [], 0, []
    for key in (key for key in here if key in there):
        rows = here[key], there[key]
        found = compared_by_ratio(*rows) or compared_by_time(*rows)
        if not found:
            continue
        if rows[0].side == "by hand":
            by_hand.append(found["change"])
        elif any(is_doubtful(row, found, is_disturbed) for row in rows):
            doubtful.append(name_of(key))
        else:
            judged += 1
            if found.pop("is_beyond"):
                changes.append({**name_of(key), **found})
    changes.sort(key=lambda change: change["change"])
    return {"begun": then.begun, "judged": judged, "changes": changes, "doubtful": doubtful,
            "by_hand": sorted(by_hand)[len(by_hand) // 2] if by_hand else 0,
            "facts": different_facts(now, then),
            "only_now": [name_of(key) for key in here if key not in there],
            "only_before": [name_of(key) for key in there if key not in here]}


def as_percent(change):
    return f"{change * 100:+.1f} %"


def as_text(compared):
    """The comparison for a terminal."""
    lines = [f"Changes since {compared['begun']}", "================================"]
    lines += [f"  {fact['fact']}: {fact['before']} then, {fact['now']} now" for fact in compared["facts"]]
    for change in compared["changes"]:
        lines.append(f"  {as_percent(change['change']):>9}  {change['what']:<6}{change['table']}: {change['row']}"
                     f"  (noise: {change['noise'] * 100:.1f} %)")
    lines.append(f"  Beyond the noise: {len(compared['changes'])} of {compared['judged']} rows. Doubtful and not "
                 f"judged: {len(compared['doubtful'])}. The calls by hand themselves: "
                 f"{as_percent(compared['by_hand'])}.")
    return "\n".join(lines)
