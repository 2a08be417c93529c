# SPDX-License-Identifier: BSL-1.0
"""The page: what Quire is good for and where it is not, and every question with its pictures and tables."""

import html
import pathlib

import sentences
from figures import Figure
from markup import element, figure, join, scroll
from tables import chart, figures_table, gains_chart, simple_table

STYLE = pathlib.Path(__file__).with_name("style.css")


def told(sentence):
    """A sentence with each figure marked by its place in the JSON."""
    return join(figure(part) if isinstance(part, Figure) else html.escape(part) for part in sentence.parts)


def mark(sentence):
    return element("a", sentence.doubt, class_="badge", href="#reading") if sentence.doubt else ""


def verdict(title, kind, found, otherwise, advice=""):
    """Each sentence with how many times as fast Quire is in front of it."""
    items = [element("li", figure(one.gain) + " ×: " + told(one) + mark(one)
                     + element("a", "", class_="to", href=f"#{one.template.question}", aria_label="more on this"))
             for one in found]
    content = element("ul", join(items)) if items else element("p", otherwise)
    return element("section", element("h2", title) + (element("p", advice) if advice and items else "") + content,
                   class_="verdict " + kind)


def head(results):
    machine = results.machine
    kind = "A quick run: fewer repetitions and smaller memories. " if results.quick else ""
    facts = " · ".join(machine[name] for name in ("processor", "memory", "kernel", "compiler") if name in machine)
    return element("header", join([
        element("h1", "Quire, measured"),
        element("p", "Quire is a C++ library for memory that a program reserves, grows, protects and uses again in "
                "pages: for WebAssembly runtimes, JIT compilers, arenas. Here is what it gains and costs compared with "
                "what the program would use instead, and with the same system calls written by hand. It is not a "
                "heap: for small buffers and short lives, malloc is the better choice.", class_="lead"),
        element("p", html.escape(facts), class_="machine"),
        element("p", f"{kind}Begun {html.escape(results.begun)}. Every figure on this page is in the JSON beside it, "
                "and every sentence with a figure is made from that.", class_="note")]))


def held_to(results):
    """How many limits are met, and where they are listed."""
    counts = {name: results.figure(f"verdicts/{name}") for name in ("met", "not_met", "too_noisy")}
    if not any(count and count.value for count in counts.values()):
        return ""
    met, not_met, too_noisy = map(figure, counts.values())
    return element("p", f'Of the <a href="#limits">limits that Quire is held to</a>, {met} are met, {not_met} are not '
                   f"met, and {too_noisy} were too noisy to tell.")


AGAINST_A_HEAP = ("Where the other is a heap that keeps its pages, Quire asks the system for fresh ones: a pool, an arena "
                  "or a memory that is kept avoids that.")


def overview(results, compared):
    gains, same, costs = sentences.sorted_by_gain(compared)
    parts = [element("p", "Each line begins with how many times as fast Quire is as the other; below 1 it is slower.",
                     class_="note"),
             element("div", verdict("Where Quire gains", "gain", gains, "Nothing was measured that gains.")
                     + verdict("Where it costs", "cost", costs, "Nothing was measured that costs.", AGAINST_A_HEAP),
                     class_="verdicts")]
    if same:
        parts.append(verdict("Where it makes little difference", "same", same, ""))
    parts.append(held_to(results))
    if compared:
        parts.append(gains_chart(compared))
    return join(parts)


READING = f"""
<p>What takes up to {sentences.SAME:g} times as long as the other makes <b>little difference</b>. The two are measured
in turns, within moments of each other, and compared in pairs. A ratio is the median over these pairs, so that it may
differ from that of the two medians, which may be from faster or slower moments. Where the tables have no row of the
other for each of Quire's, a sentence gives the time that follows from Quire's time and the ratio.</p>
<p>Each strip shows one row. Its <b>twenty dots</b> stand for a twentieth of the samples each, where two heaps of dots
are two kinds of samples; the line goes from the 10th to the 90th percentile; the tick is the median. Dots at the edge
lie beyond it. Scales are logarithmic where the rows differ widely, and otherwise begin at zero.</p>
<p>On the right are <b>ratios</b> to what their heading names, mostly to the same by hand, and then taken in pairs: one
by hand, Quire, one by hand, within a moment of each other. The grey line is 1, as fast as that; on the left it is the
time by hand. The dashed line is the limit that Quire is held to. A row is <b>noisy</b> if two
identical measurements by hand differ by more than 1 % (its control), and then judges nothing. A sentence is noisy,
too, if the times of the two that it compares overlap from the 10th to the 90th percentile. Rows that are noisy, or
whose ratio is bimodal, are pale. A time from which another was taken off may be below zero.</p>
<p><b>Bimodal</b> means that the samples form two separate groups. To tell, the lowest and the highest twentieth are
left out, and the rest is split into the two groups that vary least within themselves, in logarithms. They are two modes
if each has a tenth of the samples, and at least eight; if their medians are 5 % and more than three steps of the clock
apart; and if the middle third between the medians is nearly empty: of the samples between them it has less than an
eighth, and fewer than a third by three standard errors. Fewer than forty samples are not judged.</p>
"""


def reading():
    legend = join(element("span", name, class_="key " + kind) for kind, name in
                  (("quire", "Quire"), ("hand", "the same by hand"), ("peer", "what one would use instead")))
    parts = [element("h2", "How to read the pictures"), element("p", legend, class_="legend"), READING]
    return element("section", join(parts), class_="reading", id="reading")


def doubtful_tables(results):
    """Each table with noisy or bimodal rows, and how many of its rows are."""
    for table in results.tables:
        doubtful = [row for row in table.rows if row.is_doubtful or row.bimodal]
        if doubtful:
            link = element("a", html.escape(table.title.strip()), href=f"#{table.question.name}")
            yield f"{link} ({len(doubtful)} of {len(table.rows)})"


def doubts(results):
    parts = [element("li", html.escape(text)) for text in results.warnings]
    tables = list(doubtful_tables(results))
    if tables:
        parts.append(element("li", "These tables have noisy or bimodal rows, which are marked there: "
                             + "; ".join(tables) + "."))
    missing = simple_table(("not measured", "why"), [(one["what"], one["why"]) for one in results.left_out])
    if not parts and not results.left_out:
        return ""
    return element("section", element("h2", "What to doubt") + (element("ul", join(parts)) if parts else "")
                   + (missing if results.left_out else ""), class_="doubts")


def history(results):
    from changes import section
    return section(results) if results.get("compared") else ""


def facts(results):
    parts = [element("h2", "Where this was measured"), simple_table(("", ""), results.machine.items())]
    if results.peers:
        parts += [element("h2", "What Quire was measured beside"),
                  simple_table(("", "version", "configuration"),
                               [(peer["name"], peer["version"], peer["configuration"]) for peer in results.peers])]
    return element("section", join(parts), class_="facts")


def ask(question, declared):
    parts = [element("h3", html.escape(question.title))]
    parts += [element("p", told(one) + mark(one), class_="answer") for one in sentences.answer(question, declared)]
    parts += [element("p", html.escape(heading["how"]), class_="note") for heading in question.headings]
    for table in question.tables:
        parts.append(element("figure", element("figcaption", html.escape(table.title.strip())) + chart(table)
                             + figures_table(table)))
    return element("section", join(parts), id=question.name, class_="question")


def grouped(results):
    """Returns the questions by group, in the order of the groups."""
    from declared_sentences import GROUPS
    by_name = {question.name: question for question in results.measured if question.tables}
    for title, names in GROUPS.items():
        yield title, [by_name.pop(name) for name in names if name in by_name]
    yield "Other questions", list(by_name.values())


def contents(groups):
    items = [element("li", html.escape(title) + element("ul", join(
        element("li", element("a", html.escape(question.title), href="#" + question.name)) for question in questions)))
        for title, questions in groups]
    return element("nav", element("h2", "Questions") + element("ul", join(items)), aria_label="Questions")


def limits(results):
    first = ("not met", "too noisy")  # a reader looks for these
    rows = sorted(((limit.what, limit.figure("figure"), limit.figure("limit"), limit.verdict,
                    limit.figure("by_hand") or "")
                   for question in results.measured for limit in question.limits),
                  key=lambda row: first.index(row[3]) if row[3] in first else len(first))
    if not rows:
        return ""
    heads = ("", "figure", "at most", "verdict", "hand-written code misses it, too")
    return element("section", element("h2", "Limits that Quire is held to") + simple_table(heads, rows), id="limits",
                   class_="limits")


def render(results):
    declared = sentences.declared(results)
    compared = sentences.comparisons(declared)
    groups = [(title, questions) for title, questions in grouped(results) if questions]
    body = [head(results), overview(results, compared), history(results), contents(groups), reading(), doubts(results),
            facts(results)]
    for title, questions in groups:
        body.append(element("h2", html.escape(title), class_="group"))
        body += [ask(question, declared) for question in questions]
    body.append(limits(results))
    style = STYLE.read_text(encoding="utf-8")
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Quire, measured</title>'
            f'<style>{style}</style></head>\n<body><main>{join(body)}</main></body></html>\n')
