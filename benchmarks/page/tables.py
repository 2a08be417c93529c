# SPDX-License-Identifier: BSL-1.0
"""A table of the results, as a picture and as the figures below it."""

import html

import charts
from figures import Figure, as_count, as_ratio, as_time
from markup import element, figure, join, scroll
from sentences import SAME

SIDES = {"quire": "quire", "by hand": "hand", "peer": "peer"}


def cell(content):
    if isinstance(content, Figure):
        return element("td", html.escape(content.text), data_figure=content.pointer, class_="number")
    return element("td", html.escape(content or ""))


def simple_table(heads, rows):
    head = element("tr", join(element("th", html.escape(name), scope="col") for name in heads)) if any(heads) else ""
    return scroll(element("table", head + join(element("tr", join(map(cell, row))) for row in rows)))


def badges(row):
    found = []
    if row.is_doubtful:
        found.append(element("span", "noisy", class_="badge"))
    if row.bimodal:
        found.append(element("span", "bimodal", class_="badge"))
    return join(found)


def label(row):
    name = html.escape(row.name.strip())
    return element("div", element("span", name, class_="key " + SIDES[row.side]) + badges(row), class_="label")


def lines_of_time(table):
    """By hand, where the picture has only one such row; a limit of the time itself."""
    by_hand = [row.time["median"] for row in table.rows if row.side == "by hand" and row.get("time")]
    return [("hand-line", by_hand[0])] if len(by_hand) == 1 else []


def limit_of(row, what):
    judged = row.get("judged")
    return [("limit-line", judged["limit"])] if judged and judged["figure"] == row.data[what]["median"] else []


def kind_of(row):
    return SIDES[row.side] + (" doubtful" if row.is_doubtful or "ratio" in row.bimodal else "")


def time_strips(table):
    timed = [row for row in table.rows if row.get("time")]
    axis = charts.Axis([value for row in timed for value in charts.extent(row.time)])
    drawn = {}
    for row in timed:
        lines = charts.references(axis, lines_of_time(table) + limit_of(row, "time"))
        drawn[id(row)] = charts.strip(kind_of(row), lines + charts.spread(axis, row.time),
                                      f"{row.name.strip()}: {as_time(row.time['median'])}")
    return drawn, charts.scale(axis, as_time)


def count_strips(table):
    counted = [row for row in table.rows if row.get("count") is not None]
    axis = charts.Axis([row.count for row in counted], must_show=[0])
    drawn = {}
    for row in counted:
        says = f"{row.name.strip()}: {as_count(row.count)}"
        drawn[id(row)] = charts.strip(kind_of(row), charts.bar(axis, row.count), says)
    return drawn, charts.scale(axis, as_count)


def ratio_strips(table):
    with_ratio = [row for row in table.rows if row.get("ratio")]
    if not with_ratio:
        return None
    limits = {id(row): limit_of(row, "ratio") for row in with_ratio}
    shown = [1, *(value for lines in limits.values() for _, value in lines)]
    axis = charts.Axis([value for row in with_ratio for value in charts.extent(row.ratio)], shown, from_zero=False,
                       most_linear=4)
    drawn = {}
    for row in with_ratio:
        lines = charts.references(axis, [("hand-line", 1), *limits[id(row)]])
        drawn[id(row)] = charts.strip(kind_of(row), lines + charts.spread(axis, row.ratio),
                                      f"{row.name.strip()}: {as_ratio(row.ratio['median'])} times {table.ratio_to}")
    empty = charts.strip("", charts.references(axis, [("hand-line", 1)]), "")
    return drawn, charts.scale(axis, lambda value: f"{value:g}"), empty


def chart(table):
    shown = [row for row in table.rows if row.get("time") or row.get("count") is not None]
    if not shown:
        return ""
    drawn, scale = count_strips(table) if table.counted else time_strips(table)
    ratios = ratio_strips(table)
    heads = ["", table.counted or "time"] + ([f"÷ {table.ratio_to}"] if ratios else [])
    cells = [element("div", html.escape(head), class_="head") for head in heads]
    for row in shown:
        cells += [label(row), drawn[id(row)]]
        if ratios:
            cells.append(ratios[0].get(id(row), ratios[2]))
    cells += [element("div", class_="label"), scale] + ([ratios[1]] if ratios else [])
    return element("div", join(cells), class_="chart" + (" with-ratios" if ratios else ""))


def between(row, low, high):
    ends = [row.figure(low), row.figure(high)]
    if not all(ends):
        return element("td")
    return element("td", " – ".join(figure(end, "span") for end in ends), class_="number")


def modes(row, what):
    low, high, share = (figure(row.figure(f"{what}/modes/{name}"), "span") for name in ("low", "high", "share_of_high"))
    return f"{what} bimodal: {low}, and {high} for {share} of the samples"


def remarks(row):
    found = [html.escape(row.get("remark", ""))] if row.get("remark") else []
    found += [modes(row, what) for what in row.bimodal]
    if row.get("judged"):
        verdict = row.judged["verdict"]
        told = element("span", html.escape(verdict), class_=verdict.replace(" ", "-"))
        found.append(f"limit {figure(row.figure('judged/limit'), 'span')}: {told}")
    return element("small", "; ".join(found)) if found else ""


def columns_of(table):
    """Returns the heads, and what makes a row's cells. Columns that no row fills are left out."""
    if table.counted:
        made = [(table.counted, lambda row: cell(row.figure("count")))]
    else:
        made = [("samples", lambda row: cell(row.figure("time/n"))),
                ("median", lambda row: cell(row.figure("time/median"))),
                ("10 % – 90 %", lambda row: between(row, "time/p10", "time/p90")),
                ("least – most", lambda row: between(row, "time/min", "time/max"))]
    if any(row.get("ratio") for row in table.rows):
        made += [(f"÷ {table.ratio_to}", lambda row: cell(row.figure("ratio/median"))),
                 ("10 % – 90 %", lambda row: between(row, "ratio/p10", "ratio/p90"))]
    if any(row.get("control") for row in table.rows):
        made.append(("control", lambda row: cell(row.figure("control"))))
    over = next((row.gain_over for row in table.rows if row.get("gain")), None)
    if over:
        made.append((f"× as fast as {over}", lambda row: cell(row.figure("gain"))))
    return made


def figures_table(table):
    """The figures of the picture, each with its place in the JSON."""
    columns = columns_of(table)
    head = element("tr", element("th") + join(element("th", html.escape(name).replace("::", "::<wbr>"), scope="col")
                                              for name, _ in columns))
    body = []
    for row in table.rows:
        name = element("span", html.escape(row.name.strip()), class_="key " + SIDES[row.side])
        cells = join(make(row) for _, make in columns)
        body.append(element("tr", element("th", name + remarks(row), scope="row") + cells))
    return scroll(element("table", head + join(body), class_="figures"))


def gains_chart(compared):
    """How many times as fast Quire is as what one would use instead, on one logarithmic scale."""
    axis = charts.Axis([1, *(one.gain.value for one in compared)], most_linear=1)
    cells = [element("div", head, class_="head") for head in ("", "times as fast as what one would use instead")]
    rows = []
    for one in compared:
        kind = "gain" if one.gain.value >= SAME else "cost" if one.gain.value <= 1 / SAME else "same"
        at = axis.at(one.gain.value)
        content = [*charts.references(axis, [("hand-line", 1)]),
                   charts.line("stem", axis.at(1), charts.HEIGHT / 2, at, charts.HEIGHT / 2),
                   charts.line("head-dot", at, charts.HEIGHT / 2, at, charts.HEIGHT / 2)]
        name = one.template.label
        says = f"{name}: {one.gain} times as fast as {one.template.instead}"
        doubt = element("span", one.doubt, class_="badge") if one.doubt else ""
        cells += [element("div", element("span", html.escape(name)) + doubt, class_="label"),
                  charts.strip(kind, content, says)]
        rows.append((one.template.label, one.time, one.template.instead, one.time_of_instead, one.gain, one.doubt))
    cells += [element("div", class_="label"), charts.scale(axis, lambda value: f"{value:g}")]
    caption = element("figcaption", "How many times as fast, on a logarithmic scale; 1 means equally fast")
    return element("figure", caption + element("div", join(cells), class_="chart gains")
                   + simple_table(("", "Quire", "instead", "takes", "times as fast", ""), rows))
