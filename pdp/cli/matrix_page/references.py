"""What the page of a matrix writes once and refers to: deny rules, published sentences, and words."""

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as Tree

from pdp.analysis.boxes import EVERY, naming
from pdp.analysis.sections import Section, rules_of
from pdp.cli import matrix_words as said
from pdp.cli.matrix_page.writing import element, link, say, saying, table, write
from pdp.core.decision import Effect
from pdp.core.policy import ANY, Rule
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet

_KINDS: Final = (WordKind.ROLE, WordKind.CATEGORY, WordKind.ACTION, WordKind.PURPOSE)


class References:
    """Gives deny rules their numbers, and notes which sentences and words the page has used."""

    def __init__(self, policy: PolicySet, sections: Sequence[Section]) -> None:
        self._policy = policy
        rules = {rule for section in sections for part in section.parts for rule in rules_of(part.entry)}
        denying = sorted((rule for rule in rules if rule.effect is Effect.DENY), key=_place)
        self._numbers = {rule.id: at for at, rule in enumerate(denying, 1)}
        self.denying = tuple(denying)
        self._clauses = {rule.clause for rule in rules} | {line.clause for line in policy.lines}
        self._words: dict[tuple[WordKind, str], None] = {}

    def denials(self, rules: Iterable[Rule]) -> list[tuple[str, str]]:
        """Return the deny rules among *rules* by their numbers: what each leads to, and its text.

        More than two in a row are one range, which leads to the first of them.
        """
        numbers = sorted({self._numbers[rule.id] for rule in rules if rule.effect is Effect.DENY})
        runs: list[list[int]] = []
        for number in numbers:
            if runs and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        return [entry for run in runs for entry in _told(run)]

    def name(self, kind: WordKind, words: Iterable[str]) -> Text:
        """Return *words* by their names alone; what a name is in the files stands in the list of words."""
        found = naming(self._policy, kind, words)
        self._words.update(dict.fromkeys((kind, name) for name in found.names))
        listed = join_texts((self._policy.word_text(kind, name) for name in found.names), "; ", "; ")
        if not found.but:
            return listed
        every = EVERY[kind]
        return Text(f"{every.vi} trừ: {listed.vi}", f"{every.en} except: {listed.en}") if found.names else every

    def add_clause(self, inside: Tree.Element, clause: str) -> None:
        """Write the id of a clause, which leads to its sentence."""
        write(inside, " [")
        link(inside, clause, clause)
        write(inside, "]")

    # --- The lists at the end -----------------------------------------------------------------------------------------

    def add_denying(self, inside: Tree.Element, label: str) -> None:
        """Add every deny rule in words."""
        columns = (
            ("c-number", said.NUMBER),
            ("c-who", said.WHO),
            ("", said.DATA),
            ("", said.DOES),
            ("", said.PURPOSE),
            ("c-denies", said.DENIED_IF_ALL),
        )
        rows = element(table(inside, "rules", columns, label), "tbody")
        for number, rule in enumerate(self.denying, 1):
            row = element(rows, "tr", id=f"D{number}")
            element(row, "th", f"D{number}", scope="row")
            region = rule.region
            asked = (region.role, region.category, region.action, region.purpose)
            for kind, word in zip(_KINDS, asked, strict=True):
                saying(row, "td", self._one(kind, word))
            self.add_clause(saying(row, "td", said.say_conditions(self._policy, rule.conditions)), rule.clause)

    def _one(self, kind: WordKind, word: str) -> Text:
        if word == ANY:
            return EVERY[kind]
        self._words[kind, word] = None
        return self._policy.word_text(kind, word)

    def add_sentences(self, inside: Tree.Element) -> None:
        """Add every published sentence that the page refers to, and those that draw a line."""
        drawing = {line.clause for line in self._policy.lines}
        listed = element(inside, "dl")
        for clause in (each for each in self._policy.clauses if each in self._clauses):
            name = element(listed, "dt", clause, id=clause)
            if clause in drawing:
                write(name, " ")
                say(name, said.DRAWS_A_LINE)
            told, text = element(listed, "dd"), said.sentence(self._policy, clause)
            element(element(told, "span", lang="vi"), "q", text.vi)
            element(told, "span", text.en, lang="en")  # the published words are Vietnamese: this is no quotation

    def add_words(self, inside: Tree.Element, label: str) -> None:
        """Add every word that the page has used: its name, what it is in the files, and what lies in it."""
        columns = (("", said.NAME), ("c-code", said.IN_THE_FILES), ("c-inside", said.INSIDE))
        found = table(inside, "words", columns, label)
        for kind in _KINDS:
            used = sorted(word for of, word in self._words if of is kind)
            rows = element(found, "tbody")
            saying(element(rows, "tr", class_="group"), "th", said.KINDS[kind], scope="rowgroup", colspan="3")
            for word in used:
                row = element(rows, "tr")
                saying(row, "th", self._policy.word_text(kind, word), scope="row", class_="plain")
                element(element(row, "td"), "code", word)
                saying(row, "td", self._inside(kind, word))

    def _inside(self, kind: WordKind, word: str) -> Text:
        known = set(self._policy.vocabulary.words(kind))
        inside = sorted((self._policy.hierarchies.downward[kind][word] - {word}) & known)
        return join_texts((self._policy.word_text(kind, each) for each in inside), "; ", "; ")


def _place(rule: Rule) -> tuple[str, int]:
    return rule.file, rule.line


def _told(run: Sequence[int]) -> list[tuple[str, str]]:
    names = [f"D{number}" for number in run]
    return [(names[0], f"{names[0]}–{names[-1]}")] if len(run) > 2 else [(name, name) for name in names]
