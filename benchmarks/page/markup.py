# SPDX-License-Identifier: BSL-1.0
"""HTML elements, and figures that name their place in the JSON."""

import html


def join(parts):
    return "".join(parts)


def element(tag, content="", **attributes):
    """`class_` is class, and `aria_label` is aria-label."""
    named = "".join(f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
                    for name, value in attributes.items())
    return f"<{tag}{named}>{content}</{tag}>"


def figure(one, tag="b"):
    """A figure of results.Figure; the tests read its place, and compare."""
    return element(tag, html.escape(one.text), data_figure=one.pointer) if one else ""


def scroll(content):
    """What may be wider than a telephone."""
    return element("div", content, class_="scroll", tabindex="0")
