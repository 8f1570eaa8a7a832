"""A matrix as one self-contained HTML page that can be read aloud and printed. It holds no script."""

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as Tree

from pdp.analysis.matrix import Permission
from pdp.analysis.sections import Part, Section
from pdp.cli import matrix_words as said
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet

_STYLE: Final = """
:root { color-scheme: light; }
body { font: 10.5pt/1.45 "Noto Sans", "DejaVu Sans", Arial, sans-serif; color: #111; background: #fff;
  margin: 2rem auto; max-width: 78rem; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; line-height: 1.35; margin: 2.2rem 0 .6rem; }
p, li { max-width: 60rem; } code { font-size: .88em; overflow-wrap: anywhere; }
.revision { color: #444; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border: 1px solid #999; padding: .35rem .5rem; text-align: left; vertical-align: top; }
thead th { background: #e8ecf1; }
.overview { width: auto; } .overview td, .overview thead th { text-align: center; min-width: 1.4rem; }
.overview th[scope=row] { font-weight: normal; padding: .15rem .5rem; } .overview td { padding: .15rem .3rem; }
.overview thead th:first-child { text-align: left; }
.wide { overflow-x: auto; }
.rights { table-layout: fixed; min-width: 56rem; } .rights td, .rights th { overflow-wrap: anywhere; }
.c-data { width: 19%; } .c-does { width: 14%; } .c-purpose { width: 15%; } .c-answer { width: 28%; }
.allowed { background: #e2f3e5; } .conditional { background: #fff4d6; } .denied { background: #fff; }
ul.answer, ul.sentences { margin: 0; padding: 0; list-style: none; }
.answer li + li, .sentences li + li { margin-top: .3rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 8.5pt; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; } .rights { min-width: 0; }
  thead { display: table-header-group; } tr { break-inside: avoid; } h2, caption { break-after: avoid; }
  h1 { font-size: 16pt; } h2 { font-size: 11pt; margin: 0 0 2mm; }
  section.role, section.lines { break-before: page; }
  .allowed, .conditional, .denied, thead th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .overview th, .overview td { padding: .05rem .3rem; font-size: 8pt; line-height: 1.25; }
}
"""


def page(policy: PolicySet, sections: Sequence[Section], lang: str) -> str:
    """Return the page in the language *lang*, the same for the same matrix."""
    return _Page(policy, sections, lang).text()


class _Page:
    def __init__(self, policy: PolicySet, sections: Sequence[Section], lang: str) -> None:
        self._policy = policy
        self._sections = sections
        self._lang = lang

    def _say(self, text: Text) -> str:
        return text.in_locale(self._lang)

    def text(self) -> str:
        operator = self._say(self._policy.vocabulary.text(WordKind.OPERATOR, self._policy.operator))
        title = f"{self._say(said.TITLE)}: {operator}"
        html = Tree.Element("html", lang=self._lang)
        head = Tree.SubElement(html, "head")
        Tree.SubElement(head, "meta", charset="utf-8")
        Tree.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
        _add(head, "title", title)
        _add(head, "style", _STYLE)
        body = Tree.SubElement(html, "body")
        main = Tree.SubElement(body, "main")
        _add(main, "h1", title)
        revision = f"{self._say(said.REVISION)}: {self._policy.revision}"
        _add(main, "p", revision).set("class", "revision")
        self._add_reading(main)
        self._add_overview(main)
        for at, section in enumerate(self._sections):
            if section.parts:
                self._add_section(main, at, section)
        self._add_lines(main)
        return "<!DOCTYPE html>\n" + Tree.tostring(html, "unicode", method="html") + "\n"

    def _add_reading(self, main: Tree.Element) -> None:
        _add(main, "h2", self._say(said.HOW_TO_READ))
        listed = Tree.SubElement(main, "ul")
        for text in said.READING:
            _add(listed, "li", self._say(text))

    # --- Overview -----------------------------------------------------------------------------------------------------

    def _add_overview(self, main: Tree.Element) -> None:
        section = Tree.SubElement(main, "section", id="overview")
        _add(section, "h2", self._say(said.OVERVIEW))
        marks = Tree.SubElement(section, "ul")
        for permission in Permission:
            _add(marks, "li", f"{said.MARKS[permission]} {self._say(said.MOST[permission])}")
        names = Tree.SubElement(section, "ol", style="list-style: none; padding-left: 0")
        for at, each in enumerate(self._sections):
            item = Tree.SubElement(names, "li")
            name = said.letter(at)
            target = _add(item, "a", name) if each.parts else _add(item, "span", name)
            if each.parts:
                target.set("href", f"#role-{name}")
            target.tail = " "
            self._add_words(item, self._roles(each))
        wide = self._add_wide(section, said.OVERVIEW)
        table = Tree.SubElement(wide, "table", {"class": "overview"})
        row = Tree.SubElement(Tree.SubElement(table, "thead"), "tr")
        _add(row, "th", self._say(said.DATA)).set("scope", "col")
        for at, each in enumerate(self._sections):
            heading = _add(row, "th", said.letter(at))
            heading.set("scope", "col")
            heading.set("title", ", ".join(each.roles))
        rows = Tree.SubElement(table, "tbody")
        for word in self._policy.vocabulary.words(WordKind.CATEGORY):
            if any(word in each.best for each in self._sections):
                self._add_category(rows, word)

    def _add_wide(self, inside: Tree.Element, label: Text) -> Tree.Element:
        """Begin what is moved sideways by itself, with the keyboard too, where it is wider than a phone."""
        named = {"class": "wide", "tabindex": "0", "role": "region", "aria-label": self._say(label)}
        return Tree.SubElement(inside, "div", named)

    def _add_category(self, rows: Tree.Element, word: str) -> None:
        row = Tree.SubElement(rows, "tr")
        _add(row, "th", self._say(self._policy.word_text(WordKind.CATEGORY, word))).set("scope", "row")
        for each in self._sections:
            permission = each.best.get(word, Permission.DENIED)
            cell = Tree.SubElement(row, "td", {"class": permission.value})
            _add(cell, "span", said.MARKS[permission]).set("aria-hidden", "true")
            _add(cell, "span", self._say(said.MOST[permission])).set("class", "unseen")

    # --- One section for roles that may the same ----------------------------------------------------------------------

    def _roles(self, section: Section) -> str:
        return self._say(said.say_roles(self._policy, section))

    def _add_section(self, main: Tree.Element, at: int, section: Section) -> None:
        name = said.letter(at)
        found = Tree.SubElement(main, "section", {"class": "role", "id": f"role-{name}"})
        self._add_words(_add(found, "h2", ""), f"{name}. {self._roles(section)}")
        wide = self._add_wide(found, said.ANSWER)
        table = Tree.SubElement(wide, "table", {"class": "rights"})
        columns = Tree.SubElement(table, "colgroup")
        for column in ("c-data", "c-does", "c-purpose", "c-answer", "c-sentences"):
            Tree.SubElement(columns, "col", {"class": column})
        row = Tree.SubElement(Tree.SubElement(table, "thead"), "tr")
        for text in (said.DATA, said.DOES, said.PURPOSE, said.ANSWER, said.SENTENCES):
            _add(row, "th", self._say(text)).set("scope", "col")
        quoted: set[str] = set()
        rows = Tree.SubElement(table, "tbody")
        for part in section.parts:
            self._add_part(rows, part, quoted)

    def _add_part(self, rows: Tree.Element, part: Part, quoted: set[str]) -> None:
        answer = said.say_answer(self._policy, part.entry)
        clauses = tuple(dict.fromkeys(clause for _, of in answer for clause in of))
        for box in part.regions:
            row = Tree.SubElement(rows, "tr", {"class": part.entry.permission.value})
            data, does, purpose = said.say_region(self._policy, box)
            heading = Tree.SubElement(row, "th", scope="row", style="font-weight: normal")
            self._add_words(heading, self._say(data))
            for text in (does, purpose):
                self._add_words(Tree.SubElement(row, "td"), self._say(text))
            lines = Tree.SubElement(Tree.SubElement(row, "td"), "ul", {"class": "answer"})
            for text, of in answer:
                item = Tree.SubElement(lines, "li")
                shown = f" [{', '.join(of)}]" if of else ""
                self._add_words(item, f"{self._say(text)}{shown}")
            self._add_sentences(Tree.SubElement(row, "td"), clauses, quoted)

    def _add_sentences(self, cell: Tree.Element, clauses: Sequence[str], quoted: set[str]) -> None:
        """Quote each sentence where a section first rests on it, and name it afterwards."""
        listed = Tree.SubElement(cell, "ul", {"class": "sentences"})
        for clause in clauses:
            item = Tree.SubElement(listed, "li")
            _add(item, "b", clause)
            if clause not in quoted:
                quoted.add(clause)
                _add_tail(item, ": ")
                _add(item, "q", self._say(said.sentence(self._policy, clause)))

    def _add_lines(self, main: Tree.Element) -> None:
        lines = said.say_lines(self._policy)
        if not lines:
            return
        section = Tree.SubElement(main, "section", {"class": "lines"})
        _add(section, "h2", self._say(said.LINES))
        listed = Tree.SubElement(section, "ul", {"class": "sentences"})
        for clause, text in lines:
            item = Tree.SubElement(listed, "li")
            _add(item, "b", clause)
            _add_tail(item, ": ")
            _add(item, "q", self._say(text))

    def _add_words(self, inside: Tree.Element, text: str) -> None:
        """Write *text*, with what stands in backticks as code."""
        for at, part in enumerate(text.split("`")):
            if at % 2:
                _add(inside, "code", part)
            elif len(inside):
                inside[-1].tail = (inside[-1].tail or "") + part
            else:
                inside.text = (inside.text or "") + part


def _add(inside: Tree.Element, tag: str, text: str) -> Tree.Element:
    found = Tree.SubElement(inside, tag)
    found.text = text
    return found


def _add_tail(inside: Tree.Element, text: str) -> None:
    inside[-1].tail = text
