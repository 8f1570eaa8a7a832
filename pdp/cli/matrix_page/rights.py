"""The table of a section: by data, for which action and purpose something is allowed, and under which conditions."""

from collections.abc import Iterable
from xml.etree import ElementTree as Tree

from pdp.analysis.boxes import Box
from pdp.analysis.matrix import Bearing, Entry, Permission
from pdp.analysis.sections import Section
from pdp.cli import matrix_words as said
from pdp.cli.matrix_page.references import References
from pdp.cli.matrix_page.writing import element, links, say, saying, table, write
from pdp.core.policy import Rule
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet


def add_rights(
    inside: Tree.Element, policy: PolicySet, section: Section, references: References, label: str, title: Text
) -> None:
    """Add what the roles of *section* may; *label* is the id of its *title*.

    What is denied alone is left out: the deny rules that speak of it are told together.
    """
    columns = (("c-does", said.DOES), ("c-purpose", said.PURPOSE), ("", said.ANSWER))
    found = table(inside, "rights", columns, label, title)
    for categories, rows in _by_data(policy, section):
        group = element(found, "tbody")
        heading = element(element(group, "tr", class_="group"), "th", scope="rowgroup", colspan="3")
        say(heading, said.DATA)
        write(heading, ": ")
        say(heading, references.name(WordKind.CATEGORY, categories))
        for box, entry in rows:
            row = element(group, "tr", class_=entry.permission.value)
            saying(row, "th", references.name(WordKind.ACTION, box.actions), scope="row", class_="plain")
            saying(row, "td", references.name(WordKind.PURPOSE, box.purposes))
            _add_answer(element(row, "td"), policy, entry, references)


def _by_data(policy: PolicySet, section: Section) -> list[tuple[tuple[str, ...], list[tuple[Box, Entry]]]]:
    """Return the regions that are not denied alone, those of the same data together, in the vocabulary's order."""
    found: dict[tuple[str, ...], list[tuple[Box, Entry]]] = {}
    for part in section.parts:
        if part.entry.permission is not Permission.DENIED or part.entry.emptied:
            for box in part.regions:
                found.setdefault(box.categories, []).append((box, part.entry))
    order = {word: at for at, word in enumerate(policy.vocabulary.words(WordKind.CATEGORY))}
    return sorted(found.items(), key=lambda each: (sorted(order[word] for word in each[0]), -len(each[0])))


def _add_answer(cell: Tree.Element, policy: PolicySet, entry: Entry, references: References) -> None:
    lines = element(cell, "ul", class_="bare")
    mark = f"{said.MARKS[entry.permission]} "
    for at, one in enumerate(entry.allowing):
        line = element(lines, "li")
        write(line, "" if at else mark)
        say(line, said.say_allowing(policy, entry, one, first=not at))
        references.add_clause(line, one.rule.clause)
    if not entry.allowing:
        line = element(lines, "li", mark)
        say(line, said.SAID[Permission.DENIED])
        write(line, " ")
        links(line, references.denials(_rules(entry.denying)))
    elif entry.denying:
        line = saying(lines, "li", said.UNLESS)
        write(line, " ")
        links(line, references.denials(_rules(entry.denying)))
    for bearings, words in said.kept_alike(entry):
        line = saying(lines, "li", said.WITHOUT)
        write(line, " ")
        say(line, references.name(WordKind.CATEGORY, words))
        write(line, ": ")
        links(line, references.denials(_rules(bearings)))
    if entry.emptied:
        saying(lines, "li", said.EMPTIED)


def _rules(bearings: Iterable[Bearing]) -> list[Rule]:
    return [one.rule for one in bearings]
