"""The page of a matrix: the overview first, a section for roles that may the same, and what all of them refer to."""

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as Tree

from pdp.analysis.matrix import Permission
from pdp.analysis.sections import Section
from pdp.cli import matrix_words as said
from pdp.cli.matrix_page.references import References
from pdp.cli.matrix_page.rights import add_rights
from pdp.cli.matrix_page.style import STYLE
from pdp.cli.matrix_page.writing import element, link, links, say, saying, table, write
from pdp.core.text import LOCALES, Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet

_LANGUAGES: Final = {"vi": "Tiếng Việt", "en": "English"}


def page(policy: PolicySet, sections: Sequence[Section], lang: str) -> str:
    """Return the page, the same for the same matrix; it is opened in the language *lang*."""
    return _Page(policy, sections, lang).text()


class _Page:
    def __init__(self, policy: PolicySet, sections: Sequence[Section], lang: str) -> None:
        self._policy = policy
        self._sections = sections
        self._lang = lang
        self._references = References(policy, sections)

    def text(self) -> str:
        operator = self._policy.vocabulary.text(WordKind.OPERATOR, self._policy.operator)
        title = Text(f"{said.TITLE.vi}: {operator.vi}", f"{said.TITLE.en}: {operator.en}")
        html = Tree.Element("html", lang=self._lang)
        head = element(html, "head")
        element(head, "meta", charset="utf-8")
        element(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
        element(head, "title", title.in_locale(self._lang))
        element(head, "style", STYLE)
        body = element(html, "body")
        self._add_choices(body)
        main = element(body, "main")
        saying(main, "h1", title)
        saying(main, "p", said.REVISION, class_="revision")
        write(main[-1], f": {self._policy.revision}")
        self._add_reading(main)
        self._add_overview(main)
        for at, section in enumerate(self._sections):
            if section.parts:
                self._add_section(main, at, section)
        self._references.add_denying(_fold(main, "rules", said.RULES), "name-rules")
        self._references.add_sentences(_fold(main, "sentences", said.ALL_SENTENCES))
        self._references.add_words(_fold(main, "words", said.WORDS), "name-words")
        return "<!DOCTYPE html>\n" + Tree.tostring(html, "unicode", method="html") + "\n"

    def _add_choices(self, body: Tree.Element) -> None:
        """Add what the reader picks. It stands before all that it shows or hides: so no script is needed."""
        for locale in LOCALES:
            name = f"in-{locale}"
            choice = element(body, "input", type="radio", name="language", id=name, autocomplete="off")
            if locale == self._lang:
                choice.set("checked", "checked")
            element(body, "label", _LANGUAGES[locale], for_=name, lang_=locale)
        for name, text in (("open-all", said.OPEN_ALL), ("print-open", said.PRINT_OPEN)):
            element(body, "input", type="checkbox", id=name, autocomplete="off")
            saying(body, "label", text, for_=name)

    def _add_reading(self, main: Tree.Element) -> None:
        saying(main, "h2", said.HOW_TO_READ)
        listed = element(main, "ul")
        for text in said.READING:
            saying(listed, "li", text)

    # --- Overview -----------------------------------------------------------------------------------------------------

    def _add_overview(self, main: Tree.Element) -> None:
        section = element(main, "section", id="overview")
        saying(section, "h2", said.OVERVIEW, id="name-overview")
        marks = element(section, "ul", class_="bare")
        for permission in Permission:
            write(element(marks, "li"), f"{said.MARKS[permission]} ")
            say(marks[-1], said.MOST[permission])
        self._add_roles(section)
        columns = [("", said.DATA)] + [("", Text("", "")) for _ in self._sections]
        found = table(section, "overview", columns, "name-overview")
        for at, (heading, each) in enumerate(zip(list(found.iter("th"))[1:], self._sections, strict=True)):
            self._add_letter(heading, at, each)
        rows = element(found, "tbody")
        denied = []
        for word in self._policy.vocabulary.words(WordKind.CATEGORY):
            best = [each.best.get(word, Permission.DENIED) for each in self._sections]
            if any(permission is not Permission.DENIED for permission in best):
                self._add_category(rows, word, best)
            elif any(word in each.best for each in self._sections):
                denied.append(word)
        if denied:
            saying(section, "p", said.DENIED_TO_ALL)
            write(section[-1], ": ")
            say(section[-1], self._references.name(WordKind.CATEGORY, denied))

    def _add_roles(self, section: Tree.Element) -> None:
        saying(section, "h3", said.INDEX)
        listed = element(section, "ol", class_="bare index")
        for at, each in enumerate(self._sections):
            item = element(listed, "li")
            self._add_letter(element(item, "b", class_="name"), at, each)
            say(item, self._roles(each))
            if each.allows_nothing:
                write(item, " – ")
                say(item, said.MOST[Permission.DENIED])

    def _add_letter(self, inside: Tree.Element, at: int, section: Section) -> None:
        name = said.letter(at)
        if section.parts:
            link(inside, f"role-{name}", name)
        else:
            write(inside, name)

    def _add_category(self, rows: Tree.Element, word: str, best: Sequence[Permission]) -> None:
        row = element(rows, "tr")
        saying(row, "th", self._references.name(WordKind.CATEGORY, [word]), scope="row")
        for permission in best:
            cell = element(row, "td", class_=permission.value)
            element(cell, "span", said.MARKS[permission]).set("aria-hidden", "true")
            saying(cell, "span", said.MOST[permission], class_="unseen")

    # --- One section for roles that may the same ----------------------------------------------------------------------

    def _roles(self, section: Section) -> Text:
        return self._references.name(WordKind.ROLE, section.roles)

    def _add_section(self, main: Tree.Element, at: int, section: Section) -> None:
        name = said.letter(at)
        roles = self._roles(section)
        title = Text(f"{name}. {roles.vi}", f"{name}. {roles.en}")
        inside = _fold(main, f"role-{name}", title, "fold role")
        if section.allows_nothing:
            saying(inside, "p", said.NOTHING_ALLOWED)
        else:
            add_rights(inside, self._policy, section, self._references, f"name-role-{name}", title)
        denying = {one.rule for part in section.parts for one in part.entry.denying}
        told = self._references.denials(denying)
        if told:
            saying(inside, "p", said.DENYING_HERE)
            write(inside[-1], ": ")
            links(inside[-1], told)
        back = element(inside, "p", class_="back")
        saying(back, "a", said.BACK, href="#overview")


def _fold(main: Tree.Element, name: str, title: Text, kind: str = "fold") -> Tree.Element:
    """Return the inside of a section that the reader opens; a link to it or into it opens it too."""
    section = element(main, "section", class_=kind, id=name)
    box = element(section, "input", class_="open", type="checkbox", id=f"open-{name}", autocomplete="off")
    box.set("aria-labelledby", f"name-{name}")
    saying(element(section, "h2"), "label", title, for_=f"open-{name}", id=f"name-{name}")
    return element(section, "div", class_="body")
