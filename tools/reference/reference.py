# SPDX-License-Identifier: BSL-1.0
"""The pages of the reference: one for each public header, with the declarations as they stand in the source."""
import html
import re

LABELS = re.compile(r"(?:^|(?<=\. )|(?<=\.\) )|(?<=\n))(Errors|Cost(?:\s[\w\s]+)?|Throws|Threads|Signals):\s+", re.M)
ORDER = ("Errors", "Throws", "Cost", "Threads", "Signals")
EXCLUSIVE = "Needs exclusive access to the object."
SHARED = "May run beside other members that read."


def split(doc):
    """A docstring as (description, {label: text})."""
    text = "\n".join(doc)
    said, facts = [], {}
    for paragraph in re.split(r"\n\s*\n", text):
        parts = LABELS.split(paragraph)
        said.append(parts[0])
        for label, words in zip(parts[1::2], parts[2::2]):
            label = " ".join(label.split())
            facts[label] = (facts.get(label, "") + " " + words.strip()).strip()
    return "\n\n".join(part for part in said if part.strip()), facts


def grouped(names):
    """Overloads together, at the place of the first."""
    groups = {}
    for name in names:
        groups.setdefault((name.name, name.kind in ("class", "concept")), []).append(name)
    return list(groups.values())


def first_sentence(doc):
    said, _ = split(doc)
    paragraph = re.split(r"\n\s*\n|\n\|", said.strip())[0].replace("\n", " ")
    return re.split(r"(?<=[\w`)»]\.) (?=[A-Z`(])", paragraph)[0]


class Reference:
    def __init__(self, coverage, text):
        self.coverage, self.text = coverage, text

    def page(self, header, introduction, names, included_by, address):
        out = [f'<p class="include"><code>#include &lt;{header}&gt;</code></p>', f"<h1>{header}</h1>"]
        out.append(self.text.markdown("\n".join(introduction), page=address, headings=False))
        if included_by:
            out.append(f'<p class="also">Also part of {self.text.markdown(included_by, page=address)[3:-4]}.</p>')
        top = grouped(names)
        if len(top) > 1:
            rows = "".join(f'<li><a href="#{html.escape(self.anchor(first))}">{html.escape(first.name)}</a></li>'
                           for first, *_ in top)
            out.append(f'<ul class="contents">{rows}</ul>')
        told = set()
        for group in top:
            out.append(self.of_namespace("::".join(group[0].scope), told, address))
            out.append(self.entry(group, None, address))
        return "\n".join(out)

    def of_namespace(self, qualified, told, address):
        """The description of a namespace, before the first of its names."""
        doc = self.coverage.reader.namespaces.get(qualified)
        if not doc or qualified in told:
            return ""
        told.add(qualified)
        short = qualified.removeprefix("quire::")
        text = self.text.markdown("\n".join(doc), page=address, headings=False)
        return f'<h2 id="{short}"><span class="kind">namespace</span> {short}</h2>{text}'

    @staticmethod
    def anchor(name):
        return "::".join((*name.scope[1:], name.name)) or name.name

    def entry(self, group, owner, address):
        """One name, with its overloads or specializations, and its members."""
        first = group[0]
        level, anchor = (3 if owner else 2), html.escape(self.anchor(first))
        title = "::".join((*(() if owner else first.scope[1:]), first.name))
        out = [f'<section class="name"><h{level} id="{anchor}"><span class="kind">{first.kind}</span> '
               f'{html.escape(title)} <a class="anchor" href="#{anchor}">#</a></h{level}>']
        group = sorted(group, key=lambda name: name.kind == "class" and not name.members)  # what is whole comes first
        waiting, said = [], ""
        for name in group:  # overloads without a docstring share the one before them
            if said and (name.doc or name.note):
                out += [self.block(waiting, owner, address), said]
                waiting = []
            waiting.append(name)
            if name.doc or name.note:
                said = self.described(name, owner, address)
        out += [self.block(waiting, owner, address), said or self.undescribed(group, owner)]
        members = [member for name in group for member in name.members]
        if first.kind == "class":
            members = [m for m in members if not (any(n.is_plain for n in group) and m.kind == "field" and not m.doc)]
            out += self.members(members, first, address)
        return "\n".join(out) + "</section>"

    def block(self, names, owner, address):
        shown = [self.whole(name) if name.kind == "enum" or name.is_plain else name.declaration for name in names]
        code = self.text.code(";\n".join(shown), near=owner or names[0], page=address)
        return f"<pre><code>{code}</code></pre>"

    def members(self, members, owner, address):
        trivial, out = [], []
        for group in grouped([each for each in members if each.doc or not each.is_special]):
            own = [each for each in group if each.doc or each.note]
            if own and group[0].name == owner.name:  # a constructor has nothing in common with the others
                out.append(self.entry(own, owner, address))
                trivial += [each for each in group if each not in own]
            elif own:
                out.append(self.entry(group, owner, address))
            else:
                trivial += group
        if trivial:
            shown = ";\n".join(each.declaration for each in trivial) + ";"
            out.append(f'<section class="name"><h3>Members with the usual meaning</h3>'
                       f"<pre><code>{self.text.code(shown, near=owner, page=address)}</code></pre>"
                       f"{self.usual(trivial, members, owner, address)}</section>")
        return out

    def usual(self, trivial, members, owner, address):
        """Where members without a docstring of their own are described."""
        places = []
        for name in trivial:
            reason = self.coverage.reason(name, members, owner)
            if reason == "concept":
                reason = "`" + self.coverage.required[name.name] + "`"
            elif reason in ("std::vector", "page_allocator"):
                reason = f"`{reason}`"
            else:
                continue
            if reason not in places:
                places.append(reason)
        return self.text.markdown("As required by, or described at, " + ", ".join(places) + ".",
                                  page=address) if places else ""

    def whole(self, name):
        """An enumeration or a plain structure, members and their comments included."""
        lines = []
        for member in name.members:
            if member.kind in ("field", "enumerator", "variable"):
                end = "," if name.kind == "enum" else ";"
                lines.append((member.declaration.replace("\n", " ") + end, member.note or first_sentence(member.doc)))
        width = min(max((len(code) for code, _ in lines), default=0), 48)
        body = "\n".join(f"  {code:<{width}}  // {note}" if note else f"  {code}" for code, note in lines)
        return f"{name.declaration} {{\n{body}\n}}"

    def described(self, name, owner, address):
        said, facts = split(name.doc)
        if name.note:
            said = (said + "\n\n" + name.note[0].upper() + name.note[1:] + ".").strip()
        near = owner or name
        out = self.text.markdown(said, near=near, page=address, headings=False)
        if name.kind == "function" and owner and not name.is_special:
            if threads := self.threads(name, owner):
                facts.setdefault("Threads", threads)
        if "Errors" in facts and "result<" in name.declaration:
            facts["Errors"] += f" {self.every_operation(address)}"
        rows = ""
        for label, words in sorted(facts.items(), key=lambda fact: ORDER.index(fact[0].split()[0])):
            said_so = self.text.markdown(words[0].upper() + words[1:], near=near, page=address)
            rows += f"<dt>{label}</dt><dd>{said_so[3:-4]}</dd>"
        return out + (f'<dl class="facts">{rows}</dl>' if rows else "")

    def threads(self, name, owner):
        """What a class says of threads, or else the rule for all classes that own something."""
        if any("thread" in line.lower() for line in owner.doc):
            return f"As [{owner.name}](#{self.anchor(owner)}) says."
        if len(owner.scope) > 1 or name.name == owner.name or re.search(r"^(template.*\n)?(static|friend|constexpr)\b", name.declaration):
            return None
        return SHARED if name.reads_only else EXCLUSIVE

    def every_operation(self, address):
        up = "../" * address.count("/")
        return f"Also [those of every operation]({up}guide/operations.html#errors)."

    @staticmethod
    def undescribed(group, owner):
        """An overload whose description stands in another header."""
        return "" if owner else f"<p>As the other functions <code>{html.escape(group[0].name)}</code>.</p>"
