# SPDX-License-Identifier: BSL-1.0
"""Markdown and C++ as HTML, with links to the public names that they mention."""
import collections
import html
import re
import sys

sys.path.append("/usr/lib/python3/dist-packages")

import markdown  # noqa: E402
from pygments import lex  # noqa: E402
from pygments.lexers import get_lexer_by_name  # noqa: E402
from pygments.token import Token  # noqa: E402

COLOURS = [(Token.Comment, "c"), (Token.Keyword, "k"), (Token.Literal.String, "s"), (Token.Literal.Number, "m"),
           (Token.Name.Builtin, "k")]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.M | re.S)
WORD = re.compile(r"\b(?:\w+::)*\w+")


def slug(heading):
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"[`*]", "", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")


def is_mentioned(tokens, at):
    """Whether an identifier is the name of a type or of a part of a namespace, and not a name that is declared here."""
    before = "".join(value for _, value in tokens[max(at - 2, 0):at])
    after = "".join(value for _, value in tokens[at + 1:at + 3])
    return before.endswith("::") or bool(re.match(r"\s?(\w|&|\*|<|>|::|\.\.\.)", after))


class Text:
    """`links(name, near)` gives the address of a public name as seen from a page, or None."""

    def __init__(self, links):
        self.links = links

    def code(self, source, language="cpp", near=None, page=""):
        """`near` is the class in whose scope the names are looked up first."""
        if language in ("", "console", "text"):
            return html.escape(source, quote=False)
        out = []
        tokens = list(lex(source, get_lexer_by_name(language)))
        for at, (kind, value) in enumerate(tokens):
            shown = html.escape(value, quote=False)
            css = next((short for token, short in COLOURS if kind in token), "")
            if css:
                shown = f'<span class="{css}">{shown}</span>'
            elif language == "cpp" and kind in Token.Name and is_mentioned(tokens, at) and (
                    to := self.links(value, near, page, types=True)):
                shown = f'<a href="{html.escape(to)}">{shown}</a>'
            out.append(shown)
        return "".join(out).rstrip("\n")

    def markdown(self, source, near=None, page="", headings=True):
        blocks = []

        def keep(found):
            blocks.append(f'<pre><code>{self.code(found[2], found[1], near, page)}</code></pre>')
            return f"\n\nBLOCK{len(blocks) - 1}KCOLB\n\n"

        if not headings:  # a docstring has no HTML; <error.h> is a header
            source = re.sub(r"`[^`]*`|<(?=\w)", lambda found: "&lt;" if found[0] == "<" else found[0], source)
        source = FENCE.sub(keep, re.sub(r"<!--.*?-->\n?", "", source, flags=re.S))
        source = re.sub(r"^((?!\s*[-*\d|]).+)\n(?=[-*] )", r"\1\n\n", source, flags=re.M)  # GitHub needs no blank line
        result = markdown.markdown(source, extensions=["tables", "sane_lists"], output_format="html")
        result = re.sub(r"<p>BLOCK(\d+)KCOLB</p>", lambda found: blocks[int(found[1])], result)
        result = re.sub(r"<table>", '<div class="wide"><table>', result).replace("</table>", "</table></div>")
        if headings:
            taken = collections.Counter()
            result = re.sub(r"<h([1-6])>(.*?)</h\1>", lambda found: self.heading(found, taken), result)
        return re.sub(r"(<a [^>]*>)?<code>([^<]*)</code>", lambda found: found[0] if found[1] else
                      self.linked(found[2], near, page), result)

    @staticmethod
    def heading(found, taken):
        """`taken` counts the headings of the page by their anchors, which are numbered as GitHub numbers them."""
        name = slug(html.unescape(re.sub("<[^>]+>", "", found[2])))
        before = taken[name]
        taken[name] += 1
        name += f"-{before}" if before else ""
        return f'<h{found[1]} id="{name}">{found[2]} <a class="anchor" href="#{name}">#</a></h{found[1]}>'

    def linked(self, shown, near, page):
        """A word in code type becomes a link if it is a public name, with or without arguments."""
        found = re.match(r"^((?:\w+::)*\w+(?:/\w+)*(?:\.hpp)?)(<[^`]*>|\(.*\))?$", html.unescape(shown))
        to = found and self.links(found[1], near, page)
        return f'<a href="{html.escape(to)}"><code>{shown}</code></a>' if to else f"<code>{shown}</code>"
